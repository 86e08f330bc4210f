"""The journal keeps its order whoever writes, and records made from it are the same at any time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from cdr import events
from cdr.errors import CdrError
from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import Call, JournalRow, Leg, Offer

Append = Callable[..., None]


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


def consultation(call_id: str, at: datetime) -> list[JournalEntry]:
    def happened(seconds: float, kind: str, **data: Any) -> JournalEntry:
        return JournalEntry(call_id, at + timedelta(seconds=seconds), kind, data)

    arrival = {"dialled": "104", "caller": "+919876500001", "linkedid": "1.1", "line": "line-1", "flow": "line_104"}
    return [
        happened(0, events.CALL_ARRIVED, **arrival, flow_version="v1", language="hi"),
        happened(0, events.LEG_STARTED, leg=f"{call_id}-p", role="patient", channel="PJSIP/trunk-1"),
        happened(4, events.MENU_CHOICE, node="menu", choice="बुखार"),
        happened(9, events.SEEK_STARTED, category="fever"),
        happened(9, events.DOCTOR_OFFERED, offer=f"{call_id}-o", doctor="doc-1", phone="p-1", leg=f"{call_id}-d"),
        happened(15, events.DOCTOR_ACCEPTED, offer=f"{call_id}-o"),
        happened(15, events.CALL_BRIDGED, offer=f"{call_id}-o", doctor="doc-1"),
        happened(75, events.CALL_ENDED, by="patient", cause=16, cause_text="Normal Clearing", result="consulted"),
    ]


def rows(database: Database) -> list[list[tuple[Any, ...]]]:
    """Every row of the projection, to be compared."""
    with database.reading() as session:
        return [
            [tuple(row) for row in session.execute(select(*model.__table__.c).order_by(model.__table__.c.id))]
            for model in (Call, Leg, Offer)
        ]


def test_what_was_appended_is_read_back_in_order(database: Database, journal: Journal, now: datetime) -> None:
    entries = consultation("call-1", now)
    with database.writing() as session:
        journal.append(session, entries[:3])
        journal.append(session, consultation("call-2", now))
        journal.append(session, entries[3:])
    assert journal.entries_of("call-1") == entries


def test_an_entry_that_is_refused_leaves_the_deed_undone_too(
    database: Database, journal: Journal, now: datetime
) -> None:
    bad = JournalEntry("call-1", now, "no.such_kind", {})

    def append() -> None:
        with database.writing() as session:
            journal.append(session, [*consultation("call-1", now), bad])

    with pytest.raises(CdrError):
        append()
    assert journal.last_id() == 0


def test_a_tail_gets_each_line_once_in_pages(database: Database, journal: Journal, now: datetime) -> None:
    with database.writing() as session:
        journal.append(session, consultation("call-1", now))
    seen, last = [], 0
    while page := journal.since(last, limit=3):
        assert len(page) <= 3
        seen += [line.entry for line in page]
        last = page[-1].id
    assert seen == consultation("call-1", now)
    assert last == journal.last_id()


def test_a_tail_skips_nothing_while_eight_write(database: Database, journal: Journal, now: datetime) -> None:
    """Each writer dawdles between its append and its commit: numbers could become visible out of order."""
    writers, rounds = 8, 6
    done = threading.Event()

    def write(n: int) -> None:
        for turn in range(rounds):
            with database.writing() as session:
                journal.append(
                    session, [JournalEntry(f"call-{n}", now, events.KEY_PRESSED, {"node": "m", "keys": turn})]
                )
                time.sleep(0.002 * (n % 3))

    def tail() -> list[int]:
        ids, last, finished = [], 0, False
        while True:
            page = journal.since(last, limit=7)
            ids += [line.id for line in page]
            last = ids[-1] if ids else 0
            if finished and not page:
                return ids
            finished = done.is_set()

    with ThreadPoolExecutor(writers + 1) as threads:
        tailing = threads.submit(tail)
        for writing in [threads.submit(write, n) for n in range(writers)]:
            writing.result(timeout=30)
        done.set()
        ids = tailing.result(timeout=30)
    assert len(ids) == writers * rounds
    assert ids == sorted(set(ids))


def test_the_record_follows_the_journal_at_each_turn(database: Database, journal: Journal, now: datetime) -> None:
    entries = consultation("call-1", now)
    for entry in entries:
        with database.writing() as session:
            journal.append(session, [entry])
            journal.record(session, "call-1")
    with database.reading() as session:
        call = session.get_one(Call, "call-1")
        offer = session.get_one(Offer, "call-1-o")
    assert (call.result, call.wait_ms, call.talk_ms, call.doctor_id) == ("consulted", 6000, 60000, "doc-1")
    assert (offer.result, offer.call_id) == ("accepted", "call-1")


def test_the_record_of_a_call_nobody_knows_is_none(database: Database, journal: Journal) -> None:
    with database.writing() as session:
        assert journal.record(session, "call-none") is None


def test_late_events_keep_everything(database: Database, journal: Journal, now: datetime) -> None:
    with database.writing() as session:
        journal.append(session, consultation("call-1", now))
        journal.record(session, "call-1")
    late = [(events.PATIENT_IDENTIFIED, {"patient": "patient-1"}), (events.SLIP_ISSUED, {"slip": "slip-1"})]
    for kind, data in late:
        with database.writing() as session:
            journal.append(session, [JournalEntry("call-1", now + timedelta(hours=1), kind, data)])
            journal.record(session, "call-1")
    with database.reading() as session:
        call = session.get_one(Call, "call-1")
    assert (call.patient_id, call.result, call.talk_ms) == ("patient-1", "consulted", 60000)


def test_records_that_were_spoilt_are_rebuilt_from_the_journal(
    database: Database, journal: Journal, now: datetime
) -> None:
    with database.writing() as session:
        for n in range(3):
            journal.append(session, consultation(f"call-{n}", now))
            journal.record(session, f"call-{n}")
    right = rows(database)
    with database.writing() as session:
        session.execute(delete(Call).where(Call.id == "call-0"))
        session.execute(update(Call).values(result="lost", talk_ms=1))
        session.execute(update(Leg).values(cause=99))
        session.add(Offer(id="offer-from-nowhere", call_id="call-1", doctor_id="doc-9", offered_at=now))
    assert journal.rebuild("call-1") == 1
    assert rows(database) != right
    assert journal.rebuild() == 3
    assert rows(database) == right


def test_two_processes_that_record_a_call_at_once_lose_nothing(
    database: Database, journal: Journal, now: datetime
) -> None:
    with database.writing() as session:
        journal.append(session, consultation("call-1", now))
    late = [("patient.identified", {"patient": "patient-1"}), ("disposition", {"offer": "o", "outcome": "refer"})]
    start = threading.Barrier(2)

    def write(kind_and_data: tuple[str, dict[str, Any]]) -> None:
        start.wait()
        with database.writing() as session:
            journal.append(session, [JournalEntry("call-1", now, *kind_and_data)])
            time.sleep(0.02)
            journal.record(session, "call-1")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, late))
    with database.reading() as session:
        call = session.get_one(Call, "call-1")
    assert (call.patient_id, call.disposition) == ("patient-1", "refer")


def test_a_thousand_events_a_second_cost_a_fraction_of_one(database: Database, journal: Journal, now: datetime) -> None:
    """Forty calls a second of twenty-five events each, in batches of fifty: the journal must not be what limits us."""
    batch = (consultation("call-1", now) * 7)[:50]

    def seconds() -> float:
        started = time.perf_counter()
        for _ in range(20):
            with database.writing() as session:
                journal.append(session, batch)
        return time.perf_counter() - started

    assert min(seconds() for _ in range(3)) < 0.5  # the quickest: the others measure who else uses the machine
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(JournalRow)) == 3000
