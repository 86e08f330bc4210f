"""A message goes out through a gateway and its receipt comes home through the webhook, each over its real protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from admin_api.message_journal import journal_of_messages
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorPhone, InboundMessage, Message
from config.settings import Settings, load_settings
from config.wakeup import WakeUp
from messaging.gateways.choice import gateways_from
from messaging.outbox import enqueue
from messaging.rules import MessagingRules, messaging_rules
from messaging.sending import lanes_of
from messaging.worker import Messenger
from phones.operators import exotel, twilio
from phones.operators.base import TakenSms
from phones.operators.exotel import ExotelOperator
from phones.operators.twilio import TwilioOperator
from tests.integration.admin_api.conftest import serving

SECRET, PUBLIC = "a-secret-of-the-webhook", "https://help.example.gov.in/helpline"
NUMBER, PATIENT = "+919893012345", "+919876543210"
Operator = TwilioOperator | ExotelOperator


class Journey:
    """A gateway, its operator on loopback, our web process, and a messenger that sends when it is told to."""

    def __init__(self, name: str, operator: Operator, database: Database, messenger: Messenger) -> None:
        self.webhook = f"{PUBLIC}/webhooks/sms/{name}/{SECRET}"
        self.operator, self.database, self.messenger = operator, database, messenger

    def promise(self, key: str) -> str:
        with self.database.writing() as session:
            return enqueue(
                session,
                rules=MessagingRules(),
                purpose="callback",
                recipient=PATIENT,
                key=key,
                template="callback_registered",
                language="hi",
                variables={},
                call_id=f"call-{key}",
            ).id

    def message(self, id: str) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, id)

    def kinds(self, key: str) -> list[tuple[str, str]]:
        entries = Journal(self.database).entries_of(f"call-{key}")
        return [(entry.kind, entry.data.get("result", "")) for entry in entries]


@contextmanager
def journey(
    name: str, operator: Operator, settings: Settings, database: Database, socket_dir: Path
) -> Iterator[Journey]:
    gateways = gateways_from(settings)
    wake_up = WakeUp(database, socket_dir)
    lanes = lanes_of(gateways, settings)
    messenger = Messenger(database, lanes, wake_up, messaging_rules(settings), journal_of_messages(database))
    with closing(gateways[0]), serving(settings, database) as address:
        operator.reach = lambda url: url.replace(PUBLIC, address)  # as a proxy does that strips its prefix
        yield Journey(name, operator, database, messenger)


@pytest.fixture(params=["twilio", "exotel"])
def road(
    request: pytest.FixtureRequest,
    database: Database,
    tmp_path: Path,
    socket_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Journey]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    common = {"sms_gateway": request.param, "public_url": PUBLIC, "webhook_secret": SECRET, "dlt": "off"}
    with TwilioOperator() if request.param == "twilio" else ExotelOperator() as operator:
        if request.param == "twilio":
            own = {"account_sid": twilio.ACCOUNT, "auth_token": twilio.TOKEN, "from": twilio.SENDER}
        else:
            own = {"account_sid": exotel.ACCOUNT, "api_key": exotel.KEY, "api_token": exotel.TOKEN}
            own["from"] = exotel.SENDER
        values = {f"{request.param}_{key}": value for key, value in {**own, "url": operator.url}.items()}
        settings = load_settings({}, data_dir=tmp_path / "data", **common, **values)
        with journey(request.param, operator, settings, database, socket_dir) as road:
            yield road


def test_from_the_cause_to_the_receipt(road: Journey) -> None:
    delivered, failed = road.promise("1"), road.promise("2")
    assert road.messenger.run_once() == 2
    assert {road.message(id).state for id in (delivered, failed)} == {"sent"}
    by_id = {sms.provider_id: sms for sms in road.operator.taken}
    for state in ("on_its_way", "delivered", "delivered", "on_its_way"):
        road.operator.report(by_id[road.message(delivered).provider_id or ""], state)
    codes = {"webhooks/sms/twilio": "30003", "webhooks/sms/exotel": "FAILED_SUBSCRIBER_UNAVAILABLE"}
    code = next(code for path, code in codes.items() if path in road.webhook)
    answer = road.operator.report(by_id[road.message(failed).provider_id or ""], "failed", code)
    assert answer.status == 200
    assert road.message(delivered).state == "delivered"
    assert (road.message(failed).state, road.message(failed).receipt_reason != "") == ("failed", True)
    assert road.kinds("1") == [("sms.sent", ""), ("sms.settled", "delivered")]
    assert road.kinds("2") == [("sms.sent", ""), ("sms.settled", "failed")]


def test_a_receipt_that_is_quicker_than_the_answer_to_the_sending(road: Journey) -> None:
    """The operator tells before it answers: our row is `sending`, and knows no id of the provider's."""
    told: list[int] = []

    def tell(sms: TakenSms) -> None:
        told.append(road.operator.report(sms, "delivered").status)

    road.operator.on_taken = tell
    id = road.promise("1")
    assert road.messenger.run_once() == 1
    assert told == [200]
    message = road.message(id)
    assert (message.state, message.provider_id) == ("delivered", road.operator.taken[0].provider_id)
    assert road.kinds("1")[-1] == ("sms.settled", "delivered")
    assert road.messenger.run_once() == 0
    assert len(road.operator.taken) == 1


def test_a_receipt_settles_a_message_whose_answer_was_lost(road: Journey) -> None:
    road.operator.next_answers = ["drop"]
    id = road.promise("1")
    road.messenger.run_once()
    assert road.message(id).state == "doubt"
    road.operator.report(road.operator.taken[0], "delivered")
    assert road.message(id).state == "delivered"
    assert road.messenger.run_once() == 0


def test_a_doctors_sms_comes_in_and_the_reply_goes_out(road: Journey) -> None:
    with road.database.writing() as session:
        session.add(Doctor(id="doc-1", name="Dr A", registration_number="1", duty="off", created_at=utc_now()))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doc-1", number=NUMBER))
    answer = road.operator.write(road.webhook, NUMBER, "चालू")
    assert answer.status == 200
    road.messenger.run_once()
    with road.database.reading() as session:
        assert session.get_one(Doctor, "doc-1").duty == "on"
        assert session.scalars(select(InboundMessage.result)).all() == ["on"]
    assert [sms.recipient for sms in road.operator.taken] == [NUMBER]
    assert "ड्यूटी चालू है" in road.operator.taken[0].text
