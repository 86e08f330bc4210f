"""A message is promised once, in the transaction of its cause, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Message
from messaging.outbox import enqueue, send_again

SLIP = {"doctor": "Dr Anita Verma", "registration": "MP-12345", "slip": "P-7K3M-22QX-5"}


def promise(session: Session, **changes: Any) -> Message:
    wanted: dict[str, Any] = {
        "purpose": "slip",
        "recipient": "09876543210",
        "key": "slip-1",
        "template": "advice_slip",
        "language": "hi",
        "variables": SLIP,
        "call_id": "call-1",
    }
    return enqueue(session, **wanted | changes)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def test_a_promised_message_waits_with_its_text_and_its_cost(database: Database) -> None:
    with database.writing() as session:
        message = promise(session)
    with database.reading() as session:
        stored = session.get_one(Message, message.id)
    assert (stored.state, stored.recipient, stored.attempts) == ("queued", "+919876543210", 0)
    assert (stored.encoding, stored.call_id) == ("ucs2", "call-1")
    assert stored.parts == -(-len(stored.text) // 67)
    assert "P-7K3M-22QX-5" in stored.text


def test_a_second_promise_of_the_same_message_is_the_first(database: Database) -> None:
    with database.writing() as session:
        first = promise(session)
    with database.writing() as session:
        second = promise(session, recipient="+91 98765 43210", variables={**SLIP, "doctor": "Somebody else"})
    assert (second.id, second.text) == (first.id, first.text)
    assert count(database) == 1


def test_another_purpose_recipient_or_key_is_another_message(database: Database) -> None:
    with database.writing() as session:
        ids = {
            promise(session).id,
            promise(session, purpose="slip_again").id,
            promise(session, recipient="9876543211").id,
            promise(session, key="slip-2").id,
        }
    assert len(ids) == 4


def test_a_cause_that_fails_leaves_no_message(database: Database) -> None:
    def fail_after_promising() -> None:
        with database.writing() as session:
            promise(session)
            raise RuntimeError("the slip could not be written")

    with pytest.raises(RuntimeError):
        fail_after_promising()
    assert count(database) == 0


@pytest.mark.parametrize("number", ["0755-2551234", "1800 103 7378", "104", "anonymous", "", "9876543210\r\n"])
def test_sms_goes_to_mobiles_only_and_the_cause_stands(database: Database, number: str) -> None:
    with database.writing() as session:
        message = promise(session, recipient=number)
    assert (message.state, message.receipt_reason, message.channel) == ("refused", "not_mobile", "sms")
    assert "mobile" in (message.error or "")
    assert "\n" not in message.recipient
    assert "P-7K3M-22QX-5" in message.text


def test_wording_that_cannot_be_filled_is_refused_and_the_cause_stands(database: Database) -> None:
    with database.writing() as session:
        message = promise(session, variables={"doctor": "Dr A"})
    assert (message.state, message.text) == ("refused", "")
    assert message.receipt_reason
    assert "advice_slip" in (message.error or "")


def test_ten_promises_at_once_make_one_message(database: Database) -> None:
    def once(_: int) -> str:
        with database.writing() as session:
            return promise(session).id

    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(once, range(10)))
    assert len(ids) == 1
    assert count(database) == 1


@pytest.mark.parametrize(("state", "sent_again"), [("failed", True), ("unknown", True), ("sent", False)])
def test_a_person_may_send_again_what_failed_or_is_in_doubt(database: Database, state: str, sent_again: bool) -> None:
    with database.writing() as session:
        message = promise(session)
        message.state, message.error = state, "why"
    with database.writing() as session:
        assert send_again(session, message.id) is sent_again
    with database.reading() as session:
        assert session.get_one(Message, message.id).state == ("queued" if sent_again else state)
