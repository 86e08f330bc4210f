"""Gateways that do not call us are asked: the newest soon, older ones ever more rarely, and nothing told gets lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from admin_api.webhooks.desk import SmsDutyDesk
from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorPhone, InboundMessage, Message, MessageEvent
from config.wakeup import WakeUp
from messaging.gateways import InboundSms, Receipt, TellsReceipts
from messaging.rules import MessagingRules
from messaging.sparing import Budget
from messaging.telling import Intake, ReceiptPoller
from routing.rules import DEFAULT_RULES
from tests.integration.messaging.promises import promise, stored

NUMBER = "+919893012345"
EVERYBODY = ("controller", "messenger", "console")


class FakeProvider:
    """Tells what it was told to tell; notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.tells: dict[str, Receipt] = {}
        self.pushes: list[Receipt] = []
        self.messages: list[InboundSms] = []
        self.fails = False

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        self.asked.append(provider_ids)
        if self.fails:
            raise OSError("away")
        pushed, messages, self.pushes, self.messages = self.pushes, self.messages, [], []
        return [*pushed, *(self.tells[id] for id in provider_ids if id in self.tells)], messages

    @property
    def ids(self) -> list[str]:
        """What was asked for since the last look."""
        asked, self.asked = [id for ids in self.asked for id in ids], []
        return asked


class House:
    def __init__(self, database: Database, socket_dir: Path) -> None:
        self.database, self.provider = database, FakeProvider()
        self.seconds, self.changes = 0.0, list[str]()
        self.begun = utc_now()
        wake_up = WakeUp(database, socket_dir)
        desk = SmsDutyDesk(database, DEFAULT_RULES, wake_up)
        self.intake = Intake(database, self._changed, desk, MessagingRules(), wake_up, self._clock)
        gateway: TellsReceipts = self.provider
        self.poller = ReceiptPoller(database, self.intake, {"cdac": gateway}, self._clock, lambda: self.seconds)

    def sent(self, id: str, ago: timedelta, gateway: str = "cdac", state: str = "sent") -> str:
        message_id = promise(self.database, key=id, at=self.begun - ago)
        values = {"state": state, "provider_id": id, "gateway": gateway, "attempts": 1, "sent_at": self.begun - ago}
        with self.database.writing() as session:
            session.execute(update(Message).where(Message.id == message_id).values(values))
        return message_id

    def after(self, seconds: float) -> list[str]:
        """A round so many seconds after the last one; what was asked for."""
        self.seconds += seconds
        self.poller.run_once()
        return self.provider.ids

    def _clock(self) -> datetime:
        return self.begun + timedelta(seconds=self.seconds)

    def _changed(self, session: Session, message: Message) -> None:
        self.changes.append(message.state)


@pytest.fixture
def house(database: Database, socket_dir: Path) -> House:
    return House(database, socket_dir)


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_only_what_is_not_settled_is_asked_for_the_oldest_first_and_of_that_gateway(house: House) -> None:
    for id, ago in (("b", 20 * MINUTE), ("a", 30 * MINUTE), ("d", timedelta(seconds=1)), ("c", timedelta(seconds=9))):
        house.sent(id, ago)
    house.sent("delivered", MINUTE, state="delivered"), house.sent("elsewhere", MINUTE, gateway="twilio")
    house.sent("too old", 3 * DAY + MINUTE)
    assert house.after(0) == ["c", "d", "a", "b"]


def test_the_older_a_message_the_more_rarely_it_is_asked_for(house: House) -> None:
    for id, ago in (
        ("seconds", timedelta(seconds=20)),
        ("minutes", 9 * MINUTE),
        ("hours", 5 * HOUR),
        ("days", 2 * DAY),
    ):
        house.sent(id, ago)
    house.after(0)
    counted = {"seconds": 0, "minutes": 0, "hours": 0, "days": 0}
    for _ in range(200):
        for id in house.after(5):
            counted[id] += 1
    assert counted["seconds"] in range(34, 38), "each five seconds for two minutes, then each minute"
    assert counted["minutes"] in range(15, 18)
    assert (counted["hours"], counted["days"]) == (1, 0)


def test_what_is_told_settles_the_message_and_it_is_not_asked_for_again(house: House) -> None:
    message_id = house.sent("a", MINUTE)
    house.provider.tells["a"] = Receipt("a", "failed", "dnd", "D1")
    assert house.after(0) == ["a"]
    assert (stored(house.database, message_id).state, stored(house.database, message_id).receipt_reason) == (
        "failed",
        "dnd",
    )
    assert house.changes == ["failed"]
    assert house.after(60) == []


def test_many_are_asked_for_in_portions(house: House) -> None:
    for number in range(23):
        house.sent(f"{number:03}", timedelta(seconds=100 - number / 2))
    house.poller.run_once()
    assert [len(ids) for ids in house.provider.asked] == [0, 10, 10, 3]
    assert house.provider.ids == [f"{number:03}" for number in range(23)]


def test_a_round_that_takes_too_long_goes_on_where_it_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(13):
        house.sent(f"{number:03}", 10 * MINUTE - timedelta(seconds=number))
    ask = house.provider.receipts

    def slowly(ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        house.seconds += 6 if ids else 0
        return ask(ids)

    monkeypatch.setattr(house.provider, "receipts", slowly)
    assert house.after(0) == [f"{number:03}" for number in range(10)]
    assert house.after(2) == [f"{number:03}" for number in range(10, 13)]


def test_what_comes_over_the_gateways_own_connection_is_taken_each_round(house: House) -> None:
    message_id = house.sent("a", DAY - HOUR)
    house.after(0)
    house.provider.pushes = [Receipt("a", "delivered")]
    house.provider.messages = [InboundSms("SM1", NUMBER, "", "ON")]
    house.after(2)
    assert stored(house.database, message_id).state == "delivered"
    with house.database.reading() as session:
        assert session.scalars(select(InboundMessage.result)).all() == ["stranger"]


def test_a_gateway_that_fails_is_asked_again_and_does_not_keep_the_others(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.sent("a", MINUTE)
    house.provider.fails = True
    with caplog.at_level(logging.WARNING):
        assert house.after(0) == ["a"]
    assert "away" not in caplog.text, "a provider's words may hold a number"
    house.provider.fails = False
    assert house.after(5) == ["a"]


def test_what_was_told_while_the_database_was_away_is_stored_when_it_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = house.sent("a", MINUTE)

    @contextmanager
    def away() -> Iterator[Session]:
        raise OperationalError("", {}, Exception())
        yield

    house.provider.pushes = [Receipt("a", "delivered"), Receipt("b", "delivered")]
    with monkeypatch.context() as patched:
        patched.setattr(house.database, "writing", away)
        with pytest.raises(OperationalError):  # the thread says so, and goes on
            house.after(0)
        assert house.provider.asked == [()]
        house.poller.run_once()
        assert house.provider.asked == [()], "to ask again would say that what was told is kept"
    assert stored(house.database, message_id).state == "sent"
    house.after(2)
    assert stored(house.database, message_id).state == "delivered"
    with house.database.reading() as session:
        assert len(session.scalars(select(MessageEvent).where(MessageEvent.kind == "receipt")).all()) == 2


def test_one_that_cannot_be_stored_does_not_hold_up_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = house.sent("a", MINUTE)
    take = house.intake.receipt

    def choosy(gateway: str, told: Receipt) -> bool:
        if told.provider_id == "poison":
            raise ValueError("no")
        return take(gateway, told)

    monkeypatch.setattr(house.intake, "receipt", choosy)
    house.provider.pushes = [Receipt("poison", "delivered"), Receipt("a", "delivered")]
    house.after(0)
    assert stored(house.database, message_id).state == "delivered"


def test_whoever_has_to_know_is_woken(house: House, socket_dir: Path) -> None:
    with house.database.writing() as session:
        session.add(Doctor(id="doc-1", name="Dr A", registration_number="1", duty="off", created_at=utc_now()))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doc-1", number=NUMBER))
    house.sent("a", MINUTE)
    wake_up, woken = WakeUp(house.database, socket_dir), {name: threading.Event() for name in EVERYBODY}
    forget = [wake_up.subscribe(name, event.set) for name, event in woken.items()]
    house.intake.message("cdac", InboundSms("SM1", NUMBER, "", "ON"))
    assert [event.wait(5) for event in woken.values()] == [True] * 3, "the doctor is offered calls at once"
    woken["console"].clear()
    house.intake.receipt("cdac", Receipt("a", "delivered"))
    assert woken["console"].wait(5)
    for each in forget:
        each()


def test_strays_are_brought_home_within_seconds(house: House) -> None:
    house.intake.receipt("cdac", Receipt("a", "delivered"))
    message_id = house.sent("a", MINUTE)
    house.after(5)
    assert stored(house.database, message_id).state == "delivered"
    assert house.changes == ["delivered"]


def test_receipts_of_nobody_are_kept_for_days_only_and_not_without_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = iter([True, True, False, False])
    monkeypatch.setattr(house.intake, "_unknown", type("Budget", (), {"spend": lambda self: next(budget)})())
    assert [house.intake.receipt("cdac", Receipt(f"x{n}", "delivered")) for n in range(4)] == [False] * 4
    assert strays(house) == 2
    house.after(2 * 86_400)
    assert strays(house) == 2
    house.after(2 * 86_400)
    assert strays(house) == 0


def strays(house: House) -> int:
    with house.database.reading() as session:
        return len(session.scalars(select(MessageEvent).where(MessageEvent.message_id.is_(None))).all())


def test_the_thread_ends_when_it_is_told(house: House) -> None:
    house.poller.start()
    house.poller.stop()


def test_a_flood_of_senders_fills_no_disk_and_keeps_no_doctor_from_being_heard(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.intake, "_strangers", Budget(3, 0))
    with house.database.writing() as session:
        session.add(Doctor(id="doc-1", name="Dr A", registration_number="1", duty="off", created_at=utc_now()))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doc-1", number=NUMBER))
    for number in range(10):
        house.intake.message("exotel", InboundSms(f"s{number}", f"+9198765000{number:02}", "56161", "x" * 1600))
    house.intake.message("exotel", InboundSms("from the doctor", NUMBER, "56161", "STATUS"))
    with house.database.reading() as session:
        results = session.scalars(select(InboundMessage.result).order_by(InboundMessage.id)).all()
    assert sorted(results) == ["status", "stranger", "stranger", "stranger"]
