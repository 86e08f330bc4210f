"""A doctor's SMS changes the duty and is answered once; a patient's is kept; a stranger's costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from admin_api.webhooks.desk import SmsDutyDesk
from config.database import Database
from config.ids import new_id
from config.schema import AuditEntry, CommandRow, ControlRoom, Doctor, DoctorPhone, InboundMessage, Message
from config.wakeup import WakeUp
from messaging.gateways import InboundSms
from messaging.inbound import MOST_CHANGES, MOST_KEPT, MOST_REPLIES, receive
from messaging.rules import MessagingRules
from routing.rules import DEFAULT_RULES
from routing.store import RoutingStore
from tests.integration.messaging.promises import promise

NUMBER = "+919893012345"
THREE_IN_THE_AFTERNOON = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)  # in India; a Sunday


class Line:
    """Where SMS come in."""

    def __init__(self, database: Database, socket_dir: Path) -> None:
        self.database = database
        self.desk = SmsDutyDesk(database, DEFAULT_RULES, WakeUp(database, socket_dir))
        self.at = THREE_IN_THE_AFTERNOON

    def says(self, text: str, sender: str = NUMBER, id: str = "") -> str | None:
        """What became of it; None: it was nothing new."""
        sms = InboundSms(id or new_id("SM"), sender, "+911234567890", text)
        with self.database.writing() as session:
            row = receive(session, "twilio", sms, self.at, self.desk, MessagingRules())
            return row.result if row is not None else None

    def replies(self) -> list[Message]:
        with self.database.reading() as session:
            return list(session.scalars(select(Message).where(Message.purpose == "duty_reply").order_by(Message.id)))

    @property
    def answered(self) -> str:
        """The last reply's text."""
        return self.replies()[-1].text

    def doctor(self, id: str = "doc-1") -> Doctor:
        with self.database.reading() as session:
            return session.get_one(Doctor, id)

    def results(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as session:
            rows = session.scalars(select(InboundMessage).order_by(InboundMessage.id))
            return [(row.result, row.doctor_id) for row in rows]

    def offered(self, at: datetime) -> bool:
        """Whether the doctor could be claimed for a call then."""
        store, offer = RoutingStore(self.database), new_id("offer")
        return store.claim("doc-1", offer, at) and store.release(offer, at, keep_place=True)


@pytest.fixture
def line(database: Database, socket_dir: Path) -> Line:
    return Line(database, socket_dir)


AddDoctor = Callable[..., str]


@pytest.fixture
def add_doctor(database: Database) -> AddDoctor:
    """Stores a doctor with NUMBER among the phones; answers the id."""

    def add(id: str = "doc-1", phones: tuple[str, ...] = (NUMBER,), **changes: Any) -> str:
        values: dict[str, Any] = {"name": "Dr. Asha Verma", "duty": "off", "created_at": THREE_IN_THE_AFTERNOON}
        with database.writing() as session:
            session.add(Doctor(id=id, registration_number=f"MP-{id}", council="MPMC", **{**values, **changes}))
            session.flush()
            for position, number in enumerate(phones):
                phone = DoctorPhone(id=f"{id}-{position}", doctor_id=id, number=number, position=position)
                phone.quarantined_at = THREE_IN_THE_AFTERNOON if changes.get("unanswered") == 9 else None
                session.add(phone)
        return id

    return add


def after(hours: float) -> datetime:
    return THREE_IN_THE_AFTERNOON + timedelta(hours=hours)


def test_on_and_off_change_the_duty_tell_the_controller_and_are_audited(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    assert line.says("ON") == "on"
    assert (line.doctor().duty, line.doctor().duty_until) == ("on", None)
    assert "आपकी ड्यूटी चालू है" in line.answered
    assert line.offered(after(0))
    assert line.says("बंद") == "off"
    assert line.doctor().duty == "off"
    assert "ड्यूटी बंद है" in line.answered
    with line.database.reading() as session:
        commands = [(row.recipient, row.kind, row.data) for row in session.scalars(select(CommandRow))]
        audit = [(row.action, row.subject_id, row.source, row.detail) for row in session.scalars(select(AuditEntry))]
    assert commands == [
        ("controller", "duty_changed", {"doctor": "doc-1", "duty": "on"}),
        ("controller", "duty_changed", {"doctor": "doc-1", "duty": "off"}),
    ]
    assert audit == [
        ("doctor.duty_changed", "doc-1", "sms", {"duty": "on"}),
        ("doctor.duty_changed", "doc-1", "sms", {"duty": "off"}),
    ]


def test_hours_later_today_begin_and_end_by_the_clock(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor(schedule={"weekly": {"mon": [["09:00", "14:00"]]}})  # hours of duty go beyond the agreed ones
    assert line.says("ON 18-20") == "on"
    assert "ड्यूटी 22-11-2026 को 18:00 से 20:00 तक दर्ज है" in line.answered
    assert [line.offered(after(hours)) for hours in (0, 2.99, 3, 4.99, 5)] == [False, False, True, True, False]
    RoutingStore(line.database).end_duties(after(5))
    assert line.doctor().duty == "off"


def test_hours_that_are_over_are_tomorrows_and_the_reply_says_so(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    line.at = after(6)
    assert line.says("ON 18-20") == "on"
    assert "23-11-2026 को 18:00 से 20:00" in line.answered


def test_hours_that_have_begun_hold_at_once(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    line.at = after(3.5)
    line.says("on till 8 pm.")
    assert "22-11-2026 को 18:30 से 20:00" in line.answered
    assert line.offered(line.at)


def test_times_are_of_the_doctors_own_zone(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor(time_zone="Europe/London", languages=["en"])
    line.says("ON 18-20")
    assert "22-11-2026 from 18:00 to 20:00" in line.answered
    assert line.doctor().duty_from == datetime(2026, 11, 22, 18, tzinfo=UTC)


def test_a_later_word_replaces_an_earlier_one(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    line.says("ON 18-20"), line.says("ON")
    assert (line.doctor().duty_from, line.doctor().duty_until) == (None, None)
    assert line.offered(after(0))
    line.says("ON 18-20"), line.says("OFF")
    assert not line.offered(after(4))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"duty": "on"}, "अभी चालू है"),
        ({"duty": "off"}, "अभी बंद है"),
        ({"duty": "paused"}, "अभी रोकी गई है"),
        ({"duty": "on", "duty_until": after(2)}, "22-11-2026 को 15:00 से 17:00"),
        ({"duty": "on", "duty_until": after(-1)}, "अभी बंद है"),
        ({"duty": "on", "schedule": {"weekly": {"mon": [["09:00", "14:00"]]}}}, "अभी आपके तय समय पर चालू है"),
        ({"duty": "on", "schedule": {"leave": [["2026-11-22", "2026-11-23"]]}}, "अभी छुट्टी के कारण रुकी है"),
        ({"duty": "on", "unanswered": 9}, "अभी फ़ोन न लगने से रुकी है"),
        ({"duty": "on", "schedule": {"weekly": "what"}}, "अभी आपके तय समय पर चालू है"),
    ],
)
def test_status_tells_what_holds_and_changes_nothing(
    line: Line, add_doctor: AddDoctor, changes: dict[str, Any], says: str
) -> None:
    add_doctor(**changes)
    assert line.says("STATUS?") == "status"
    assert says in line.answered
    assert line.doctor().duty == changes["duty"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schedule": {"leave": [["2026-11-22", "2026-11-23"]]}}, "छुट्टी के कारण रुकी"),
        ({"unanswered": 9}, "फ़ोन न लगने से रुकी"),
        ({"time_zone": "Europe/London"}, "तय समय पर चालू"),
    ],
)
def test_on_that_lets_no_call_through_says_so(
    line: Line, add_doctor: AddDoctor, changes: dict[str, Any], says: str
) -> None:
    add_doctor(**changes)
    assert line.says("ON") == "on"
    assert says in line.answered
    assert not changes.get("schedule") or line.says("ON TILL 20") == "on"


def test_what_is_not_understood_changes_nothing_and_is_answered_with_the_way(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor(duty="on")
    assert line.says("I am not ON duty today") == "help"
    assert line.doctor().duty == "on"
    assert "ON 18-20" in line.answered


def test_any_number_of_the_doctors_will_do_and_the_reply_goes_there(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor(phones=("+919893000001", NUMBER))
    assert line.says("ON", sender="0 98930 12345") == "on"
    assert [reply.recipient for reply in line.replies()] == [NUMBER]
    assert line.replies()[0].doctor_id == "doc-1"


def test_nobodys_duty_is_changed_by_guessing_who_of_a_control_room_writes(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor("doc-1"), add_doctor("doc-2"), add_doctor("doc-3", active=False)
    with line.database.writing() as session:
        session.add(ControlRoom(id="room-1", name="Bhopal", number=NUMBER))
    assert line.says("ON") == "shared"
    assert [line.doctor(id).duty for id in ("doc-1", "doc-2", "doc-3")] == ["off"] * 3
    assert [reply.template for reply in line.replies()] == ["duty_help"]


def test_a_retired_doctor_is_told_nothing_and_changes_nothing(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor(active=False)
    assert line.says("ON") == "retired"
    assert line.results() == [("retired", "doc-1")]
    assert (line.doctor().duty, line.replies()) == ("off", [])


def test_a_patient_who_answers_is_kept_for_a_person_and_a_stranger_gets_nothing(line: Line) -> None:
    promise(line.database, recipient="+919876543210")
    assert line.says("धन्यवाद, दवा कब लूँ?", sender="919876543210") == "patient"
    assert line.says("ON", sender="+919876500000") == "stranger"
    assert line.says("You won a prize", sender="VM-PRIZES") == "stranger"
    assert line.says("ON", sender="") == "stranger"
    assert line.replies() == []


def test_a_message_told_a_hundred_times_is_one(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: line.says("ON 18-20", id="SM1"), range(100)))
    assert sorted(filter(None, told)) == ["on"]
    assert len(line.replies()) == 1
    assert line.results() == [("on", "doc-1")]
    assert line.says("OFF", id="SM2") == "off"
    assert line.says("ON 18-20", id="SM1") is None
    assert line.doctor().duty == "off"


def test_a_provider_without_ids_is_understood_all_the_same(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    for id in ("", "\x00", "x" * 500):
        sms = InboundSms(id, NUMBER, "", f"ON {len(id)}")
        with line.database.writing() as session:
            assert receive(session, "http", sms, line.at, line.desk, MessagingRules()) is not None
        with line.database.writing() as session:
            assert receive(session, "http", sms, line.at, line.desk, MessagingRules()) is None


def test_no_number_is_answered_more_often_than_five_times_an_hour(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    for _ in range(MOST_REPLIES + 3):
        assert line.says("STATUS") == "status"
    assert len(line.replies()) == MOST_REPLIES
    assert line.says("ON") == "on", "it is followed all the same"
    assert line.doctor().duty == "on"
    assert len(line.replies()) == MOST_REPLIES + 1, "and told: the sender's number may be forged"
    line.at = after(1.1)
    line.says("STATUS")
    assert len(line.replies()) == MOST_REPLIES + 2


def test_no_duty_is_changed_so_often_that_the_doctor_would_not_be_told(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    told = [line.says(word) for _ in range(MOST_CHANGES) for word in ("ON", "OFF")]
    assert told == ["on", "off"] * (MOST_CHANGES // 2) + ["too_many"] * MOST_CHANGES
    assert len(line.replies()) == MOST_CHANGES
    assert (line.doctor().duty, line.results()[-1]) == ("off", ("too_many", "doc-1"))


def test_a_bombing_by_one_number_is_not_kept(line: Line) -> None:
    told = [line.says("x", sender="+919876500000") for _ in range(MOST_KEPT + 5)]
    assert told == ["stranger"] * MOST_KEPT + [None] * 5
    assert line.says("x", sender="+919876500001") == "stranger"


def test_whatever_stands_in_a_message_is_kept_as_it_can_be(line: Line, add_doctor: AddDoctor) -> None:
    add_doctor()
    assert line.says("ON\r\n\x00\ud800", sender=f"{NUMBER}") == "on"
    assert line.says("नमस्ते " * 1000) == "help"
    assert line.says("ON", sender="+91\r\nX: y" + "9" * 200) == "stranger"
    with line.database.reading() as session:
        rows = session.scalars(select(InboundMessage).order_by(InboundMessage.id)).all()
    assert rows[0].text == "ON"
    assert len(rows[1].text) <= 1600
    assert all(character.isprintable() for character in rows[2].sender)
    assert len(rows[2].sender) <= 40
