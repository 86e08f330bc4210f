"""One open callback request per number, however often and however simultaneously somebody asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import Call, CallbackRequest, CallState, ControllerNode, Message
from ivr.callback_records import end_attempt, expire
from messaging.rules import MessagingRules
from routing import callbacks
from routing.agenda import AgendaRules, Outcome
from routing.callbacks import open_callbacks
from routing.store import RoutingStore

MESSAGES = MessagingRules()
RULES = AgendaRules()


@pytest.fixture
def store(database: Database) -> RoutingStore:
    return RoutingStore(database)


def request(store: RoutingStore, call: str, number: str, at: datetime) -> str:
    return store.request_callback(call_id=call, number=number, category="fever", at=at).id


def test_who_asks_again_keeps_the_first_place(database: Database, store: RoutingStore, now: datetime) -> None:
    first = request(store, "call-1", "+919876500001", now)
    assert request(store, "call-2", "+919876500001", now + timedelta(hours=1)) == first
    with database.reading() as session:
        [row] = open_callbacks(session)
    assert (row.id, row.call_id, row.requested_at, row.details) == (first, "call-1", now, None)


def test_different_numbers_are_called_back_in_the_order_they_asked(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    later = request(store, "call-2", "+919876500002", now + timedelta(minutes=1))
    sooner = request(store, "call-1", "+919876500001", now)
    with database.reading() as session:
        assert [row.id for row in open_callbacks(session)] == [sooner, later]


def test_who_has_been_called_back_may_ask_again(database: Database, store: RoutingStore, now: datetime) -> None:
    first = request(store, "call-1", "+919876500001", now)
    with database.writing() as session:
        session.execute(update(CallbackRequest).values(state="done"))
    assert request(store, "call-2", "+919876500001", now) != first


def test_a_call_asks_once_even_under_two_numbers(store: RoutingStore, now: datetime) -> None:
    assert request(store, "call-1", "+919876500001", now) == request(store, "call-1", "+919876500002", now)


def test_two_calls_of_one_number_that_ask_at_once_get_one_request(store: RoutingStore, now: datetime) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(lambda n: request(store, f"call-{n}", "+919876500001", now), range(8)))
    assert len(ids) == 1


# --- calling back -----------------------------------------------------------------------------------------------------


def try_now(database: Database, request_id: str, attempt: str, at: datetime) -> bool:
    with database.writing() as session:
        return callbacks.take(session, request_id, attempt, "one", at)


def row(database: Database, request_id: str) -> CallbackRequest:
    with database.reading() as session:
        return session.get_one(CallbackRequest, request_id)


def test_callbacks_are_never_duplicated(database: Database, store: RoutingStore, now: datetime) -> None:
    """However many controllers want to call the same number back at the same moment, one of them does."""
    id = request(store, "call-1", "+919876500001", now)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda n: try_now(database, id, f"attempt-{n}", now), range(8)))
    assert sum(taken) == 1
    assert row(database, id).attempt == f"attempt-{taken.index(True)}"


def test_a_number_that_is_in_a_call_with_any_controller_is_not_called_back(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id = request(store, "call-1", "+919876500001", now)
    with database.writing() as session:
        session.add(Call(id="call-2", arrived_at=now, caller_number="+919876500001"))
        session.add(CallState(call_id="call-2", node="two", saved_at=now, state={}))
    assert not try_now(database, id, "attempt-1", now)
    with database.writing() as session:
        session.execute(update(Call).where(Call.id == "call-2").values(ended_at=now))
    assert try_now(database, id, "attempt-1", now)


def test_a_withheld_caller_is_not_rung_on_the_keyed_mobile_while_the_call_goes_on(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id = request(store, "call-2", "+919876500001", now)
    with database.writing() as session:
        session.add(Call(id="call-2", arrived_at=now, caller_number=None))
        session.add(CallState(call_id="call-2", node="two", saved_at=now, state={}))
    assert not try_now(database, id, "attempt-1", now)
    with database.writing() as session:
        session.execute(update(Call).where(Call.id == "call-2").values(ended_at=now))
    assert try_now(database, id, "attempt-1", now)


def test_callbacks_are_never_lost_with_an_attempt_that_nobody_makes_any_more(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    """A try is counted only where the phone rang."""
    rang, not_rung = (request(store, f"call-{n}", f"+91987650000{n}", now) for n in (1, 2))
    assert try_now(database, rang, "attempt-1", now)
    assert try_now(database, not_rung, "attempt-2", now)
    with database.writing() as session:
        Journal(database).append(session, [JournalEntry("attempt-1", now, callbacks.RANG, {"request": rang})])
    with database.writing() as session:
        for each in callbacks.attempts_of(session, "one"):
            assert each.attempt is not None
            outcome: Outcome = "no_answer" if callbacks.rang(session, each.attempt) else "lost"
            end_attempt(session, each.id, each.attempt, outcome, now, RULES, MESSAGES)
    found = [row(database, id) for id in (rang, not_rung)]
    assert [(each.state, each.tries, each.attempt) for each in found] == [("open", 1, None), ("open", 0, None)]
    assert all(each.next_try_at is not None and each.next_try_at > now for each in found)


def test_after_the_last_try_and_its_pause_the_request_expires_with_a_message(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id, at = request(store, "call-1", "+919876500001", now), now
    for tries in (1, 2, 3):
        assert try_now(database, id, f"attempt-{tries}", at)
        with database.writing() as session:
            [entry] = end_attempt(session, id, f"attempt-{tries}", "no_answer", at, RULES, MESSAGES)
        assert (entry.call_id, entry.data["tries"]) == ("call-1", tries)
        assert not try_now(database, id, "attempt-too-soon", at)
        at = row(database, id).next_try_at or at
    assert not try_now(database, id, "attempt-4", at)
    with database.writing() as session:
        [entry] = expire(session, id, at, MESSAGES)
        assert expire(session, id, at, MESSAGES) == []
        messages = session.scalars(select(Message)).all()
    assert (entry.call_id, entry.kind, entry.data["result"]) == ("call-1", "callback.closed", "expired")
    assert [(message.recipient, message.template) for message in messages] == [("+919876500001", "callback_expired")]


def test_a_landline_expires_with_a_message_that_is_refused(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id = request(store, "call-1", "+917552660001", now)
    with database.writing() as session:
        assert expire(session, id, now + RULES.lasts, MESSAGES) != []
        [message] = session.scalars(select(Message)).all()
        assert (message.state, message.receipt_reason) == ("refused", "not_mobile")


def test_a_landline_expires_with_a_message_to_the_mobile_that_was_keyed(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    asked = store.request_callback(
        call_id="call-1", number="+917552660001", category="fever", at=now, details={"sms_to": "+919876500123"}
    )
    with database.writing() as session:
        expire(session, asked.id, now + RULES.lasts, MESSAGES)
        [message] = session.scalars(select(Message)).all()
        assert (message.state, message.recipient) == ("queued", "+919876500123")


def test_who_was_told_to_wait_for_the_opening_is_not_taken_before(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    opens = now + timedelta(hours=20)
    details = {"opens": opens.isoformat(), "opd": "o1", "skill": "opd:o1", "line": "line-1"}
    id = store.request_callback(
        call_id="call-1", number="+919876500001", category="general", at=now, details=details
    ).id
    assert not try_now(database, id, "attempt-1", now)
    with database.reading() as session:
        [waiting] = callbacks.open_requests(session)
    assert (waiting.kind, waiting.skills, waiting.line_id) == ("closed", ("opd:o1",), "line-1")
    assert waiting.expires_at == opens + RULES.lasts
    assert try_now(database, id, "attempt-1", opens)


def test_a_request_withdrawn_while_it_is_tried_stays_withdrawn(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id = request(store, "call-1", "+919876500001", now)
    assert try_now(database, id, "attempt-1", now)
    with database.writing() as session:
        assert callbacks.withdraw(session, id, now) is not None
        end_attempt(session, id, "attempt-1", "no_answer", now, RULES, MESSAGES)
    assert (row(database, id).state, row(database, id).attempt) == ("withdrawn", None)


def test_attempts_of_a_controller_that_is_no_more_are_found_by_the_others(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    id, other = request(store, "call-1", "+919876500001", now), request(store, "call-2", "+919876500002", now)
    with database.writing() as session:
        callbacks.take(session, id, "attempt-1", "dead", now)
        callbacks.take(session, other, "attempt-2", "alive", now)
        session.add(ControllerNode(name="alive", seen_at=now + timedelta(minutes=2)))
    with database.reading() as session:
        stray = callbacks.stray_attempts(session, "one", now + timedelta(minutes=1))
    assert [each.id for each in stray] == [id]
