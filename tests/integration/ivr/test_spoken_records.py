"""The rows of messages that are spoken: one call for each, one call for a number, and every try is counted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import Call, CallState, JournalRow, Message, MessageEvent
from ivr import commands as do
from ivr import spoken_records
from messaging import spoken
from routing.agenda import AgendaRules
from routing.callbacks import request_callback
from routing.callbacks import take as take_callback

RULES = AgendaRules()
NUMBER = "+917552661234"


def promised(database: Database, at: datetime, message_id: str = "m1", number: str = NUMBER) -> None:
    with database.writing() as session:
        session.add(
            Message(
                id=message_id,
                purpose="advice_slip",
                recipient=number,
                key=message_id,
                call_id="call-cause",
                template="advice_slip",
                language="hi",
                text="नमस्ते",
                encoding="ucs2",
                parts=1,
                channel="voice",
                spoken={"text": "नमस्ते", "file": message_id, "ready": True},
                created_at=at,
            )
        )


def taken(database: Database, at: datetime, message_id: str = "m1", call: str = "call-1", node: str = "one") -> bool:
    with database.writing() as session:
        return spoken.take(session, message_id, call, node, at)


def told(database: Database, outcome: str, at: datetime, call: str = "call-1", message_id: str = "m1") -> list[str]:
    """The kinds that the cause's journal gets."""
    with database.writing() as session:
        wish = do.TellMessage(message_id, outcome)  # type: ignore[arg-type]
        entries = spoken_records.change(session, call, wish, at, RULES)
        Journal(database).append(session, entries)
    assert all(entry.call_id == "call-cause" for entry in entries)
    return [entry.kind for entry in entries]


def row(session: Session, message_id: str = "m1") -> Message:
    return session.get_one(Message, message_id, populate_existing=True)


def story(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.scalars(select(MessageEvent).order_by(MessageEvent.id)).all()
    return [(each.kind, each.provider_id) for each in rows]


def test_of_many_who_want_to_ring_for_it_one_does(database: Database, now: datetime) -> None:
    promised(database, now)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: taken(database, now, call=f"call-{n}", node=f"node-{n}"), range(8)))
    assert sum(results) == 1


def test_a_number_is_rung_for_one_message_at_a_time(database: Database, now: datetime) -> None:
    for number in range(6):
        promised(database, now, f"m{number}")
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda n: taken(database, now, f"m{n}", f"call-{n}"), range(6)))
    assert sum(results) == 1
    promised(database, now, "other", "+917552660000")
    assert taken(database, now, "other", "call-other")


def test_a_number_in_a_call_with_any_of_us_is_not_rung(database: Database, now: datetime) -> None:
    promised(database, now)
    with database.writing() as session:
        session.add(Call(id="call-live", caller_number=NUMBER, arrived_at=now))
        session.add(CallState(call_id="call-live", saved_at=now, state={}))
    assert not taken(database, now)
    with database.writing() as session:
        session.get_one(Call, "call-live").ended_at = now
    assert taken(database, now)


def test_a_number_that_is_being_called_back_is_not_rung(database: Database, now: datetime) -> None:
    promised(database, now)
    with database.writing() as session:
        request = request_callback(session, call_id="call-x", number=NUMBER, category="fever", at=now)
        assert take_callback(session, request.id, "call-back", "one", now)
    assert not taken(database, now)


def test_what_was_heard_is_on_record_once_and_a_late_verdict_changes_nothing(database: Database, now: datetime) -> None:
    promised(database, now)
    assert taken(database, now)
    assert told(database, "begun", now) == ["sms.sent"]
    with database.reading() as session:
        assert (row(session).state, row(session).sent_at, row(session).gateway) == ("sent", now, "telephone")
    assert told(database, "heard", now, call="call-of-yesterday") == []
    assert told(database, "heard", now) == ["sms.settled"]
    assert told(database, "heard", now) == told(database, "broken_off", now) == []
    with database.reading() as session:
        settled = row(session)
        assert (settled.state, settled.receipt, settled.claimed_by, settled.attempts) == (
            "delivered",
            "delivered",
            "",
            1,
        )
    assert story(database) == [("begun", "call-1"), ("heard", "call-1")]


def test_what_was_heard_in_a_call_that_was_taken_for_lost_is_not_spoken_again(
    database: Database, now: datetime
) -> None:
    promised(database, now)
    assert taken(database, now)
    told(database, "begun", now)
    later = now + timedelta(minutes=5)
    with database.writing() as session:  # its controller was away from the database for minutes
        rows = spoken.left_behind(session, "two", frozenset(), later)
        spoken_records.end_left_behind(session, rows, later, RULES)
        assert row(session).state == "queued"
    assert told(database, "broken_off", later) == []
    assert told(database, "heard", later) == ["sms.settled"]
    with database.reading() as session:
        assert (row(session).state, row(session).next_try_at) == ("delivered", None)
    assert not taken(database, now + timedelta(hours=1), call="call-2")


def test_it_has_failed_after_three_tries_and_waits_between_them(database: Database, now: datetime) -> None:
    promised(database, now)
    at = now
    for number, outcome in enumerate(("no_answer", "unreachable", "busy", "unconfirmed"), 1):
        assert taken(database, at, call=f"call-{number}")
        kinds = told(database, outcome, at, f"call-{number}")
        assert not taken(database, at, call="call-too-early")
        at += timedelta(hours=1)
    assert kinds == ["sms.settled"]
    with database.reading() as session:
        assert (row(session).state, row(session).receipt_reason, row(session).attempts) == ("failed", "not_answered", 3)
        data = session.scalars(select(JournalRow.data)).one()
    assert data == {"message": "m1", "result": "failed", "reason": "not_answered"}


def test_what_a_dead_controller_left_is_tried_again_and_counted_where_a_phone_rang(
    database: Database, now: datetime
) -> None:
    for number, name in enumerate(("silent", "rang", "spoken", "alive", "others")):
        promised(database, now, name, f"+91755266000{number}")
        node = "two" if name == "others" else "one"
        assert taken(database, now, name, f"call-{name}", node)
    told(database, "begun", now, "call-spoken", "spoken")
    with database.writing() as session:
        rang = JournalEntry("call-rang", now, "callback.rang", {"request": "rang"})
        Journal(database).append(session, [rang])
    for _ in range(2):  # whoever is killed while doing so does it once more
        with database.writing() as session:
            rows = spoken.left_behind(session, "one", frozenset({"call-alive"}), now - timedelta(minutes=1))
            Journal(database).append(session, spoken_records.end_left_behind(session, rows, now, RULES))
    with database.reading() as session:
        states = {
            name: (row(session, name).state, row(session, name).attempts) for name in ("silent", "rang", "spoken")
        }
        assert states == {"silent": ("queued", 0), "rang": ("queued", 1), "spoken": ("queued", 1)}
        assert {row(session, name).state for name in ("alive", "others")} == {"sending"}
        later = spoken.left_behind(session, "one", frozenset({"call-alive"}), now + timedelta(minutes=5))
        assert [each.id for each in later] == ["others"]  # its controller is no more


def test_whose_time_has_passed_is_rung_no_more(database: Database, now: datetime) -> None:
    promised(database, now)
    promised(database, now, "under-way", "+917552660000")
    assert taken(database, now, "under-way")
    with database.writing() as session:
        [entry] = spoken_records.expire(session, "m1", now)
        assert entry.data == {"message": "m1", "result": "expired", "reason": "expired"}
        assert spoken_records.expire(session, "under-way", now) == []
    assert not taken(database, now)
    with database.reading() as session:
        assert spoken.waiting(session) == []
