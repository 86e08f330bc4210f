"""Lists of calls: what is asked for, all of it, each once, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cdr.errors import CdrError
from cdr.events import JournalEntry
from cdr.journal import Journal
from cdr.reader import CallFilter, call_detail, calls, live_calls
from config.database import Database
from config.schema import Call, Doctor, Leg, Offer, Patient


@pytest.fixture(autouse=True)
def _some_calls(database: Database, now: datetime) -> None:
    def call(n: int, **values: Any) -> Call:
        return Call(id=f"call-{n}", **{"arrived_at": now + timedelta(minutes=n), **values})

    with database.writing() as session:
        session.add_all(
            [
                call(0, ended_at=now + timedelta(hours=1), category="fever", caller_number="+919876500001"),
                call(1, ended_at=now + timedelta(hours=1), category="heart", doctor_id="doc-1"),
                call(2, category="heart", caller_number="+919876500001"),
                call(3, arrived_at=now + timedelta(minutes=2), doctor_id="doc-2", patient_id="patient-1"),
            ]
        )
        person = {"name": "x", "created_at": now}
        session.add(Doctor(id="doc-1", registration_number="1", district="Indore", **person))
        session.add(Doctor(id="doc-2", registration_number="2", district="Bhopal", **person))
        session.add(Patient(id="patient-1", district="Indore", **person))


def ids(database: Database, which: CallFilter) -> list[str]:
    with database.reading() as session:
        return [call.id for call in calls(session, which).calls]


def test_calls_come_newest_first(database: Database) -> None:
    assert ids(database, CallFilter()) == ["call-3", "call-2", "call-1", "call-0"]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"state": "live"}, ["call-3", "call-2"]),
        ({"state": "ended"}, ["call-1", "call-0"]),
        ({"doctor_id": "doc-1"}, ["call-1"]),
        ({"category": "heart"}, ["call-2", "call-1"]),
        ({"caller": "+919876500001"}, ["call-2", "call-0"]),
        ({"caller": "+9198765%"}, []),
        ({"caller": "+919876500001", "category": "heart"}, ["call-2"]),
        ({"district": "Indore"}, ["call-3", "call-1"]),
        ({"district": "Rewa"}, []),
    ],
)
def test_a_filter_finds(database: Database, which: dict[str, Any], found: list[str]) -> None:
    assert ids(database, CallFilter(**which)) == found


def test_a_period_includes_its_beginning_and_not_its_end(database: Database, now: datetime) -> None:
    one, two = now + timedelta(minutes=1), now + timedelta(minutes=2)
    assert ids(database, CallFilter(since=one, until=two)) == ["call-1"]


def test_pages_have_each_call_once_even_when_two_arrived_together_and_new_ones_come(
    database: Database, now: datetime
) -> None:
    seen: list[str] = []
    cursor, pages = None, 0
    while True:
        with database.writing() as session:
            session.add(Call(id=f"call-new-{pages}", arrived_at=now + timedelta(hours=2)))
            page = calls(session, limit=1, cursor=cursor) if pages else calls(session, limit=2)
        seen += [call.id for call in page.calls]
        cursor, pages = page.next_cursor, pages + 1
        if cursor is None:
            break
    assert seen == ["call-new-0", "call-3", "call-2", "call-1", "call-0"]


@pytest.mark.parametrize("cursor", ["", "!!!", "bm90IGEgZGF0ZQ==", "MjAyMS0wNC0zMFQxNDozMDowMCBjYWxsLTE=", "हिन्दी"])
def test_a_forged_cursor_is_refused(database: Database, cursor: str) -> None:
    with database.reading() as session, pytest.raises(CdrError, match="cursor"):
        calls(session, cursor=cursor)


def test_live_calls_are_those_without_an_end_the_longest_first(database: Database) -> None:
    with database.reading() as session:
        assert [call.id for call in live_calls(session)] == ["call-2", "call-3"]


def test_one_call_comes_with_its_parts_and_its_journal(database: Database, now: datetime) -> None:
    entry = JournalEntry("call-1", now, "input.silent", {"node": "menu"})
    with database.writing() as session:
        for n in (2, 1):
            session.add(Leg(id=f"leg-{n}", call_id="call-1", role="doctor", started_at=now + timedelta(seconds=n)))
            session.add(Offer(id=f"o-{n}", call_id="call-1", doctor_id="d", offered_at=now + timedelta(seconds=n)))
        session.add(Leg(id="leg-9", call_id="call-2", role="patient", started_at=now))
        Journal(database).append(session, [entry])
    with database.reading() as session:
        detail = call_detail(session, "call-1")
        assert call_detail(session, "call-none") is None
    assert detail is not None
    assert detail.call.id == "call-1"
    assert [leg.id for leg in detail.legs] == ["leg-1", "leg-2"]
    assert [offer.id for offer in detail.offers] == ["o-1", "o-2"]
    assert [line.entry for line in detail.journal] == [entry]
