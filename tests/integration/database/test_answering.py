"""What unanswered offers, dead numbers and strikes leave in the database, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from config.database import Database
from config.schema import Doctor, DoctorPhone, Strike
from routing import strikes
from routing.answering import AnsweringRules, Paused, Quarantined, count, quarantined, release_phone
from routing.store import RoutingStore

AddDoctor = Callable[..., str]
RULES = AnsweringRules(unanswered=2, unreachable=3)
LASTING = timedelta(days=90)


def ends(database: Database, now: datetime, *results: str, cause: int = 0) -> list[Paused | Quarantined | None]:
    """Offers to doc-1 end one after the other; what each leads to."""
    found = []
    for result in results:
        with database.writing() as session:
            found.append(count(session, "doc-1", "doc-1-phone-0", result, now, RULES, cause))
    return found


def doctor(database: Database) -> Doctor:
    with database.reading() as session:
        return session.get_one(Doctor, "doc-1")


@pytest.mark.parametrize("second", ["no_answer", "unconfirmed"])
def test_two_unanswered_offers_in_a_row_pause_the_doctor(
    database: Database, add_doctor: AddDoctor, now: datetime, second: str
) -> None:
    add_doctor(languages=["en"])
    first, then = ends(database, now, "no_answer", second)
    assert first is None
    assert isinstance(then, Paused)
    assert then.languages == ("en",)
    paused = doctor(database)
    assert (paused.duty, paused.duty_reason, paused.duty_changed_at) == ("paused", "unanswered", now)


def test_an_accepted_or_declined_offer_in_between_counts_anew(
    database: Database, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor()
    assert ends(database, now, "no_answer", "accepted", "no_answer", "declined", "no_answer", "busy") == [None] * 6
    assert doctor(database).duty == "on"


def test_a_doctor_who_comes_back_has_two_offers_again(database: Database, add_doctor: AddDoctor, now: datetime) -> None:
    add_doctor()
    ends(database, now, "no_answer", "no_answer")
    RoutingStore(database).set_duty("doc-1", "on", now)
    assert ends(database, now, "no_answer") == [None]
    back = doctor(database)
    assert (back.duty, back.duty_reason) == ("on", "")


def test_a_doctor_who_has_gone_off_duty_meanwhile_is_not_paused(
    database: Database, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(duty="off")
    assert ends(database, now, "no_answer", "no_answer") == [None, None]
    assert doctor(database).duty == "off"


def test_a_number_that_cannot_be_reached_three_times_in_a_row_is_quarantined_until_somebody_looks(
    database: Database, add_doctor: AddDoctor, now: datetime
) -> None:
    add_doctor(phones=2)
    ends(database, now, "unreachable", "unreachable", "no_answer", "unreachable", "unreachable")
    before = doctor(database).changed_at
    [last] = ends(database, now, "unreachable", cause=1)
    assert last == Quarantined("doc-1", "doc-1-phone-0", "cause 1")
    assert doctor(database).changed_at > before  # or rosters would not see it
    with database.writing() as session:
        assert [phone.id for phone in quarantined(session)] == ["doc-1-phone-0"]
        assert release_phone(session, "doc-1-phone-0")
        assert not release_phone(session, "doc-1-phone-0")
    with database.reading() as session:
        assert session.get_one(DoctorPhone, "doc-1-phone-0").failures == 0


def test_three_strikes_block_a_number_and_staff_may_lift_it(database: Database, now: datetime) -> None:
    number = "+919876543210"
    with database.writing() as session:
        for each in range(3):
            assert strikes.blocked_numbers(session, now, LASTING) == frozenset()
            call = f"call-{each}"
            assert strikes.record(session, number=number, call_id=call, doctor_id="doc-1", at=now - timedelta(hours=1))
            assert not strikes.record(session, number=number, call_id=call, doctor_id="doc-2", at=now)
        assert strikes.blocked_numbers(session, now, LASTING) == {number}
        [struck] = strikes.struck(session, now, LASTING)
        assert (struck.strikes, struck.blocked_until) == (3, now - timedelta(hours=1) + LASTING)
        assert strikes.lift(session, number, "staff-1", now) == 3
        assert strikes.blocked_numbers(session, now, LASTING) == frozenset()
        assert {row.lifted_by for row in session.query(Strike)} == {"staff-1"}
