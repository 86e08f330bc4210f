"""What every SMS gateway promises, whatever it is made of: the same tests for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.settings import load_settings
from messaging.gateways import Accepted, OutgoingSms, SmsGateway
from messaging.gateways.choice import gateway_from
from messaging.gateways.inbox import InboxSmsGateway
from messaging.gateways.twilio import TwilioSmsGateway
from tests.integration.messaging.loopback_twilio import ACCOUNT, SENDER, TOKEN, LoopbackTwilio

HINDI = "104 हेल्पलाइन: डॉ. अनिता वर्मा (पंजीयन MP-12345) & 100% = ठीक+"


@pytest.fixture(params=["inbox", "twilio"])
def gateway(request: pytest.FixtureRequest, twilio: LoopbackTwilio) -> Iterator[SmsGateway]:
    if request.param == "inbox":
        yield InboxSmsGateway()
    else:
        yield TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=twilio.url, timeout=2)


def test_a_message_is_accepted_under_the_providers_id(gateway: SmsGateway) -> None:
    outcome = gateway.send(OutgoingSms("sms-1", "+919876543210", HINDI))
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id


def test_two_messages_get_two_ids(gateway: SmsGateway) -> None:
    first = gateway.send(OutgoingSms("sms-1", "+919876543210", HINDI))
    second = gateway.send(OutgoingSms("sms-2", "+919876543210", HINDI))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.provider_id != second.provider_id


def test_a_message_of_many_parts_is_accepted(gateway: SmsGateway) -> None:
    assert isinstance(gateway.send(OutgoingSms("sms-1", "+919876543210", "क" * 400)), Accepted)


def test_a_gateway_has_a_name_for_the_record(gateway: SmsGateway) -> None:
    assert gateway.name == {InboxSmsGateway: "inbox", TwilioSmsGateway: "twilio"}[type(gateway)]


def test_the_settings_name_the_gateway() -> None:
    assert isinstance(gateway_from(load_settings({})), InboxSmsGateway)
    chosen = load_settings(
        {
            "HELPLINE_SMS_GATEWAY": "twilio",
            "HELPLINE_TWILIO_ACCOUNT_SID": ACCOUNT,
            "HELPLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "HELPLINE_TWILIO_FROM": SENDER,
        }
    )
    assert isinstance(gateway_from(chosen), TwilioSmsGateway)
