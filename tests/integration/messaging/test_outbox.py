"""A message is promised once, in the transaction of its cause, on both databases."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import Call, DltRegistration, Message, ServiceLine
from messaging import registrations
from messaging.catalogue import Catalogue, Template, shipped
from messaging.outbox import enqueue, send_again
from messaging.rules import MessagingRules
from messaging.wording.matching import Registration

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
        "rules": MessagingRules(),
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


# --- DLT ---

REQUIRED = MessagingRules(dlt_required=True, entity_id="1101234567890123456", header="HLTHMP")


def register(database: Database, header: str = "") -> None:
    wording = shipped().find("advice_slip", "hi")
    text, at = wording.registered_text, utc_now()
    new = Registration("advice_slip", "hi", wording.version, "1107161234567890123", text, header)
    with database.writing() as session:
        registrations.register(session, shipped(), new, "staff-1", at)


def dlt(message: Message) -> tuple[str, str, str]:
    return message.header, message.entity_id, message.dlt_template_id


def test_an_indian_number_gets_only_what_is_registered_and_with_its_ids(database: Database) -> None:
    with database.writing() as session:
        early = promise(session, rules=REQUIRED)
    assert (early.state, early.receipt_reason) == ("refused", "not_registered")
    register(database)
    with database.writing() as session:
        message = promise(session, key="slip-2", rules=REQUIRED)
    assert message.state == "queued"
    assert dlt(message) == ("HLTHMP", "1101234567890123456", "1107161234567890123")


@pytest.mark.parametrize(
    ("missing", "rules"), [("entity_id", replace(REQUIRED, entity_id="")), ("header", replace(REQUIRED, header=""))]
)
def test_without_the_entity_or_a_header_it_is_refused(database: Database, missing: str, rules: MessagingRules) -> None:
    register(database)
    with database.writing() as session:
        message = promise(session, rules=rules)
    assert (message.state, message.receipt_reason) == ("refused", "not_registered")
    assert missing in (message.error or "")


def test_a_doctor_abroad_needs_no_registration(database: Database) -> None:
    with database.writing() as session:
        message = promise(session, recipient="+447400123456", rules=REQUIRED)
    assert (message.state, dlt(message)) == ("queued", ("", "", ""))


def test_the_header_is_the_lines_own_then_the_registrations_then_the_deployments(database: Database) -> None:
    register(database, header="HLTHGW")
    with database.writing() as session:
        session.add(ServiceLine(id="line-1", dialled_number="104", name="Bhopal", flow="line_104", sms_header="BPLHLT"))
        session.add(Call(id="call-2", service_line_id="line-1", arrived_at=utc_now()))
        session.flush()
        found = [
            promise(session, key="1", call_id="call-2", rules=REQUIRED).header,
            promise(session, key="2", rules=REQUIRED).header,
            promise(session, key="3", call_id="call-2", header="TRIALS", rules=REQUIRED).header,
        ]
    assert found == ["BPLHLT", "HLTHGW", "TRIALS"]


def test_a_wording_that_is_not_what_was_registered_is_refused_with_the_place(database: Database) -> None:
    register(database)
    with database.writing() as session:
        row = session.scalars(select(DltRegistration)).one()
        row.registered_text = row.registered_text.replace("108", "112")
    with database.writing() as session:
        message = promise(session, rules=REQUIRED)
    assert (message.state, message.receipt_reason) == ("refused", "wording_differs")
    assert "column" in (message.error or "")


# --- spoken ---


@pytest.mark.parametrize(
    ("number", "spoken", "channel", "state"),
    [
        ("0755-2551234", {}, "sms", "refused"),
        ("0755-2551234", {"slip": "landline"}, "voice", "queued"),
        ("9876543210", {"slip": "landline"}, "sms", "queued"),
        ("9876543210", {"slip": "always"}, "voice", "queued"),
        ("1800 103 7378", {"slip": "always"}, "sms", "refused"),
        ("anonymous", {"slip": "always"}, "sms", "refused"),
        ("0755-2551234", {"otp": "always"}, "sms", "refused"),
    ],
)
def test_a_number_that_no_sms_reaches_is_called_where_the_deployment_wants_it(
    database: Database, number: str, spoken: dict[str, str], channel: str, state: str
) -> None:
    with database.writing() as session:
        message = promise(session, recipient=number, rules=MessagingRules(spoken=spoken))
    assert (message.channel, message.state) == (channel, state)
    assert (message.spoken is not None) == (channel == "voice")


def test_a_promotional_message_promised_at_night_waits_for_the_morning(database: Database) -> None:
    evening = datetime(2026, 4, 30, 16, 0, tzinfo=UTC)
    folder_rules = MessagingRules(catalogue=_promotional())
    with database.writing() as session:
        message = promise(session, template="camp", variables={}, rules=folder_rules, at=evening)
    assert message.next_try_at == datetime(2026, 5, 1, 3, 30, tzinfo=UTC)


def _promotional() -> Catalogue:
    shipped_one = shipped().find("callback_registered", "hi")

    class One(Catalogue):
        def find(self, template_id: str, language: str, registered: Collection[int] | None = None) -> Template:
            return replace(shipped_one, id="camp", category="promotional")

    return One()


def test_a_message_of_a_call_whose_text_holds_what_no_database_takes_is_refused(database: Database) -> None:
    for number, name in enumerate(("Dr \x00", "Dr \ud800")):
        with database.writing() as session:
            message = promise(session, key=f"odd-{number}", variables={**SLIP, "doctor": name})
        assert (message.state, message.receipt_reason) == ("refused", "value_unsendable")
