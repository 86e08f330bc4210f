"""A doctor is held by one offer at most, whoever asks and whatever happens at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from config.database import Database
from config.schema import Call, ControlRoom, Doctor, DoctorPhone, ServiceLine
from routing.errors import RoutingError
from routing.policy import Choice, NobodyFree, Phone, WaitingCall, choose, rank
from routing.store import RoutingStore, Staffing

AddDoctor = Callable[..., str]


@pytest.fixture
def store(database: Database) -> RoutingStore:
    return RoutingStore(database)


def duty_of(database: Database, doctor_id: str) -> Doctor:
    with database.reading() as session:
        return session.get_one(Doctor, doctor_id)


def test_the_snapshot_has_who_is_on_duty_with_categories_and_phones_in_order(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1", categories=("fever", "general"), phones=2, free_since=now - timedelta(hours=1))
    add_doctor("doc-2", duty="off")
    add_doctor("doc-3", active=False)
    with database.writing() as session:
        session.execute(update(DoctorPhone).where(DoctorPhone.id == "doc-1-phone-0").values(position=5))
    [doctor] = store.snapshot(now).doctors
    assert doctor.id == "doc-1"
    assert doctor.categories == {"fever": "general", "general": "general"}
    assert [phone.id for phone in doctor.phones] == ["doc-1-phone-1", "doc-1-phone-0"]
    assert doctor.free_since == now - timedelta(hours=1)
    assert not doctor.claimed


def test_a_phone_that_is_switched_off_is_not_in_the_snapshot(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(phones=2)
    with database.writing() as session:
        session.execute(update(DoctorPhone).where(DoctorPhone.position == 0).values(active=False))
    assert [phone.id for phone in store.snapshot(now).doctors[0].phones] == ["doc-1-phone-1"]


def test_a_snapshot_takes_at_most_three_queries(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1"), add_doctor("doc-2")
    queries: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    store.snapshot(now)
    assert len([query for query in queries if query.startswith("SELECT")]) <= 3


def test_twenty_at_once_claim_a_doctor_and_one_wins(store: RoutingStore, add_doctor: AddDoctor, now: datetime) -> None:
    add_doctor()
    start = threading.Barrier(20)

    def claim(n: int) -> bool:
        start.wait()
        return store.claim("doc-1", f"offer-{n}", now)

    with ThreadPoolExecutor(20) as threads:
        won = list(threads.map(claim, range(20)))
    assert sum(won) == 1
    assert store.claims() == {f"offer-{won.index(True)}": "doc-1"}


@pytest.mark.parametrize("changes", [{"duty": "off"}, {"duty": "paused"}, {"active": False}])
def test_a_doctor_who_is_not_there_is_not_claimed(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime, changes: dict[str, object]
) -> None:
    add_doctor(**changes)
    assert not store.claim("doc-1", "offer-1", now)
    assert not store.claim("doc-none", "offer-1", now)


def test_no_claim_succeeds_after_the_doctor_went_off_duty(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    """Eight threads claim and release as fast as they can while the doctor goes off duty: who starts later loses."""
    add_doctor()
    off = threading.Event()
    stop = threading.Event()
    broken: list[str] = []
    successes = [0] * 8

    def claim_on_and_on(n: int) -> None:
        while not stop.is_set():
            was_off = off.is_set()
            if store.claim("doc-1", f"offer-{n}", now):
                successes[n] += 1
                if was_off:
                    broken.append(f"offer-{n}")
                store.release(f"offer-{n}", now)

    threads = [threading.Thread(target=claim_on_and_on, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    threading.Event().wait(0.3)
    store.set_duty("doc-1", "off", now)
    off.set()
    threading.Event().wait(0.2)
    stop.set()
    for thread in threads:
        thread.join(timeout=15)
    assert sum(successes) > 0
    assert broken == []
    assert not store.claim("doc-1", "offer-late", now)
    assert store.claims() == {}


def test_two_snapshots_that_choose_the_same_doctor_end_with_one_claim(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1"), add_doctor("doc-2", free_since=now)
    stale = store.snapshot(now)
    calls = [WaitingCall("call-1", "fever", now), WaitingCall("call-2", "fever", now)]
    choices = [choose(stale, call) for call in calls]
    assert [c.doctor_id for c in choices if isinstance(c, Choice)] == ["doc-1", "doc-1"]
    assert store.claim("doc-1", "offer-1", now)
    assert not store.claim("doc-1", "offer-2", now)
    again = choose(store.snapshot(now), calls[1])
    assert isinstance(again, Choice)
    assert store.claim(again.doctor_id, "offer-2", now)
    assert store.claims() == {"offer-1": "doc-1", "offer-2": "doc-2"}


def test_a_released_doctor_is_free_and_has_been_since_then(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    store.claim("doc-1", "offer-1", now)
    assert store.release("offer-1", now + timedelta(minutes=5))
    assert not store.release("offer-1", now + timedelta(minutes=6))
    doctor = duty_of(database, "doc-1")
    assert (doctor.claimed_by, doctor.claimed_at) == (None, None)
    assert doctor.free_since == now + timedelta(minutes=5)


def test_nobody_is_claimed_before_the_wrap_up_has_ended(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    store.claim("doc-1", "offer-1", now)
    store.release("offer-1", now, free_since=now + timedelta(seconds=30))
    assert not store.claim("doc-1", "offer-2", now + timedelta(seconds=29))
    assert store.claim("doc-1", "offer-2", now + timedelta(seconds=30))


def test_wrap_up_ends_early(store: RoutingStore, add_doctor: AddDoctor, now: datetime) -> None:
    """The complaint; here neither a new controller, nor duty switched off and on, nor a long wait ends it."""
    add_doctor()
    store.claim("doc-1", "offer-1", now, node="one")
    store.release("offer-1", now, free_since=now + timedelta(seconds=30))
    store.release_all_except([], now + timedelta(seconds=5))
    for duty in ("off", "on"):
        store.set_duty("doc-1", duty, now + timedelta(seconds=10))
    at = now + timedelta(seconds=29)
    waits_long = WaitingCall("call-1", "fever", now - timedelta(hours=1), priority="red_flag")
    assert rank(store.snapshot(at), waits_long).excluded == {"wrap_up": 1}
    assert not store.claim("doc-1", "offer-2", at)
    assert isinstance(choose(store.snapshot(now + timedelta(seconds=30)), waits_long), Choice)


def test_an_offer_that_was_released_late_does_not_free_its_successors_doctor(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    store.claim("doc-1", "offer-1", now)
    store.release("offer-1", now)
    store.claim("doc-1", "offer-2", now)
    assert not store.release("offer-1", now)
    assert store.claims() == {"offer-2": "doc-1"}


def test_a_starting_controller_frees_whoever_no_living_offer_holds(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    for n in (1, 2, 3):
        add_doctor(f"doc-{n}")
        store.claim(f"doc-{n}", f"offer-{n}", now)
    assert store.release_all_except({"offer-2"}, now) == 2
    assert store.claims() == {"offer-2": "doc-2"}
    assert store.release_all_except([], now) == 1
    assert store.claims() == {}


def test_a_claim_is_undone_with_the_transaction_it_was_part_of(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()

    def claim_and_fail() -> None:
        with database.writing() as session:
            assert store.claim("doc-1", "offer-1", now, session=session)
            raise RuntimeError("the journal could not be written")

    with pytest.raises(RuntimeError):
        claim_and_fail()
    assert store.claims() == {}


def test_duty_is_switched_with_its_time_and_a_running_call_is_kept(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    store.claim("doc-1", "offer-1", now)
    store.set_duty("doc-1", "paused", now)
    doctor = duty_of(database, "doc-1")
    assert (doctor.duty, doctor.duty_changed_at, doctor.claimed_by) == ("paused", now, "offer-1")


def test_an_unknown_duty_or_doctor_is_refused(store: RoutingStore, add_doctor: AddDoctor, now: datetime) -> None:
    add_doctor()
    with pytest.raises(RoutingError, match="asleep"):
        store.set_duty("doc-1", "asleep", now)
    with pytest.raises(RoutingError, match="doc-none"):
        store.set_duty("doc-none", "on", now)


def test_a_line_is_made_once_and_left_as_the_administrator_changed_it(database: Database, store: RoutingStore) -> None:
    made = store.ensure_line("104", "line_104")
    assert (made.dialled_number, made.flow, made.ambulance_number) == ("104", "line_104", "108")
    with database.writing() as session:
        session.execute(update(ServiceLine).values(active=False, flow="night"))
    assert store.ensure_line("104", "line_104").id == made.id
    assert store.service_line("104") is None


def test_a_dialled_number_without_a_line_has_none(store: RoutingStore) -> None:
    made = store.ensure_line("104", "line_104")
    found = store.service_line("104")
    assert found is not None
    assert found.id == made.id
    assert store.service_line("105") is None


def test_two_processes_that_make_a_line_at_once_make_one(store: RoutingStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: store.ensure_line("104", "line_104").id, range(8)))) == 1


def test_duty_for_some_hours_ends_by_the_clock(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(duty="off")
    store.set_duty("doc-1", "on", now, until=now + timedelta(hours=2))
    assert store.snapshot(now).doctors[0].duty_until == now + timedelta(hours=2)
    assert not store.claim("doc-1", "offer-1", now + timedelta(hours=2))
    assert store.claim("doc-1", "offer-1", now + timedelta(hours=1))
    store.set_duty("doc-1", "on", now)
    assert duty_of(database, "doc-1").duty_until is None


def test_duty_that_is_meant_for_later_begins_by_the_clock(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(duty="off")
    begins, ends = now + timedelta(hours=3), now + timedelta(hours=5)
    store.set_duty("doc-1", "on", now, until=ends, begins=begins)
    assert not store.claim("doc-1", "offer-1", begins - timedelta(seconds=1))
    assert store.staffing("fever", now) == Staffing(0, 0)
    assert store.claim("doc-1", "offer-1", begins)
    assert store.release("offer-1", begins)
    assert store.end_duties(ends) == 1
    store.set_duty("doc-1", "on", now)
    assert duty_of(database, "doc-1").duty_from is None
    assert store.claim("doc-1", "offer-2", now + timedelta(hours=4))


def test_the_staffing_of_a_category_is_what_the_policy_would_find(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("free"), add_doctor("busy", claimed_by="offer-1"), add_doctor("resting", free_since=now + timedelta(1))
    add_doctor("over", duty_until=now), add_doctor("off", duty="off"), add_doctor("silent", phones=0)
    add_doctor("gone", active=False), add_doctor("heart", categories=("heart",))
    add_doctor("general", categories=("general",), free_since=now)
    for category, on_duty, free in (("fever", 3, 1), ("heart", 1, 1), ("skin", 1, 1)):
        assert store.staffing(category, now) == Staffing(on_duty, free)
        assert isinstance(choose(store.snapshot(now), WaitingCall("c", category, now)), Choice) is (free > 0)


def test_a_duty_that_is_over_is_switched_off_for_everybody_to_see(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("over", duty_until=now), add_doctor("lasting", duty_until=now + timedelta(1)), add_doctor("open")
    assert store.end_duties(now) == 1
    assert [duty_of(database, id).duty for id in ("over", "lasting", "open")] == ["off", "on", "on"]
    assert duty_of(database, "over").duty_changed_at == now
    assert store.end_duties(now) == 0


# --- shared telephones, limits, several controllers ---------------------------------------------------------------


def test_two_doctors_who_share_a_telephone_are_never_rung_at_the_same_time(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1"), add_doctor("doc-2")
    assert store.claim("doc-1", "offer-1", now, seat="+917551234567/1")
    assert not store.claim("doc-2", "offer-2", now, seat="+917551234567/1")
    assert store.claims() == {"offer-1": "doc-1"}
    assert store.claim("doc-2", "offer-2", now, seat="+917551234567/2")
    store.release("offer-1", now)
    assert store.claim("doc-1", "offer-3", now, seat="+917551234567/1")


def test_a_seat_that_is_taken_does_not_spoil_the_callers_transaction(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1"), add_doctor("doc-2"), add_doctor("doc-3")
    store.claim("doc-1", "offer-1", now, seat="s/1")
    with database.writing() as session:
        assert not store.claim("doc-2", "offer-2", now, session, seat="s/1")
        assert store.claim("doc-3", "offer-3", now, session, seat="s/2")
    assert store.claims() == {"offer-1": "doc-1", "offer-3": "doc-3"}


def test_who_was_never_rung_keeps_the_place_among_the_idle(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(free_since=now - timedelta(hours=3))
    store.claim("doc-1", "offer-1", now)
    store.release("offer-1", now, keep_place=True)
    assert duty_of(database, "doc-1").free_since == now - timedelta(hours=3)


def test_talks_count_for_the_day_and_a_new_day_begins_at_zero(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    for number, at in enumerate((now, now, now + timedelta(days=1))):
        store.claim("doc-1", f"offer-{number}", at)
        store.release(f"offer-{number}", at, talked_seconds=60 + number)
        doctor = duty_of(database, "doc-1")
        assert (doctor.calls_today, doctor.seconds_today) == ((1, 60), (2, 121), (1, 62))[number]
    store.claim("doc-1", "offer-9", now + timedelta(days=1))
    store.release("offer-9", now + timedelta(days=1))
    assert duty_of(database, "doc-1").calls_today == 1, "an offer without a talk is no call"


def test_who_did_not_answer_is_not_claimed_until_cooled_down(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    store.claim("doc-1", "offer-1", now)
    store.release("offer-1", now, cool_down_until=now + timedelta(seconds=60))
    assert not store.claim("doc-1", "offer-2", now + timedelta(seconds=59))
    assert store.claim("doc-1", "offer-2", now + timedelta(seconds=60))


def test_a_starting_controller_leaves_others_claims_alone_unless_they_are_dead(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    for number, node in enumerate(("one", "two", "three")):
        add_doctor(f"doc-{number}")
        store.claim(f"doc-{number}", f"offer-{number}", now, node=node)
    store.seen("two", now - timedelta(seconds=59))
    store.seen("three", now - timedelta(seconds=61))
    assert store.release_all_except([], now, node="one") == 2
    assert store.claims() == {"offer-1": "doc-1"}


def test_what_has_changed_is_read_and_nothing_else(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1"), add_doctor("doc-2", duty="off")
    everything = store.changes()
    assert [doctor.id for doctor in everything.doctors] == ["doc-1", "doc-2"]
    assert everything.mark is not None
    long_ago = everything.mark - timedelta(minutes=1)
    with database.writing() as session:
        session.execute(update(Doctor).values(changed_at=long_ago))
    assert store.changes(everything.mark).doctors == ()
    assert [doctor.id for doctor in store.changes(everything.mark, also=["doc-2"]).doctors] == ["doc-2"]
    store.set_duty("doc-2", "on", now)
    assert [doctor.id for doctor in store.changes(everything.mark).doctors] == ["doc-2"]
    store.claim("doc-1", "offer-1", now, seat="s/1")
    [claimed, _] = store.changes(everything.mark).doctors
    assert (claimed.claimed, claimed.seat) == (True, "s/1")


def test_a_control_room_and_a_number_in_quarantine_show_in_the_snapshot(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(phones=2)
    with database.writing() as session:
        first, second = session.scalars(select(DoctorPhone).order_by(DoctorPhone.position))
        first.quarantined_at = now
        session.add(ControlRoom(id="room-1", name="Bhopal", number=second.number, lines=3))
    assert store.snapshot(now).doctors[0].phones == (Phone(second.id, second.number, 3, "Bhopal"),)


def test_hours_that_cannot_be_read_keep_a_doctor_from_being_rung(
    store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor("doc-1", schedule={"weekly": {"someday": []}}), add_doctor("doc-2", time_zone="Moon/Base")
    assert choose(store.snapshot(now), WaitingCall("c", "fever", now)) == NobodyFree("nobody_on_duty", 0)


def test_the_last_doctor_of_the_same_complaint_is_found(
    database: Database, store: RoutingStore, add_doctor: AddDoctor, now: datetime
) -> None:
    number, long_ago = "+919876543210", now - timedelta(days=200)
    talks = [("old", long_ago, "fever", "doc-1"), ("other", now, "skin", "doc-2"), ("last", now, "fever", "doc-3")]
    with database.writing() as session:
        for id, at, category, doctor in talks:
            values = {"caller_number": number, "category": category, "doctor_id": doctor, "bridged_at": at}
            session.add(Call(id=f"call-{id}", arrived_at=at, **values))
    since = now - timedelta(days=183)
    assert store.last_doctor(number, "fever", since) == "doc-3"
    assert store.last_doctor(number, "heart", since) == ""
    assert store.last_doctor("+919876543211", "fever", since) == ""
