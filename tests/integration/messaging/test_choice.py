"""The settings name the gateway, its fall-back, and whose webhooks are understood."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from config.settings import Settings, load_settings
from messaging.errors import GatewayMisconfigured
from messaging.gateways import OutgoingSms
from messaging.gateways.callbacks import callback_of
from messaging.gateways.choice import gateways_from, listened_to, webhooks_from
from messaging.gateways.inbox import InboxSmsGateway
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator

TWILIO = {
    "HELPLINE_TWILIO_ACCOUNT_SID": ACCOUNT,
    "HELPLINE_TWILIO_AUTH_TOKEN": TOKEN,
    "HELPLINE_TWILIO_FROM": SENDER,
}
EXOTEL = {
    "HELPLINE_EXOTEL_URL": "https://api.in.exotel.com",
    "HELPLINE_EXOTEL_ACCOUNT_SID": "helpline1",
    "HELPLINE_EXOTEL_API_KEY": "a-key",
    "HELPLINE_EXOTEL_API_TOKEN": "a-token",
    "HELPLINE_EXOTEL_FROM": "HLPLIN",
}
PUBLIC = {"HELPLINE_PUBLIC_URL": "https://104.example.in/", "HELPLINE_WEBHOOK_SECRET": "a-secret-of-sixteen"}


def names(settings: Settings) -> list[str]:
    with ExitStack() as stack:
        return [stack.enter_context(closing(gateway)).name for gateway in gateways_from(settings)]


def test_without_a_word_messages_stay_in_the_inbox() -> None:
    assert names(load_settings({})) == ["inbox"]


def test_the_fall_back_comes_second() -> None:
    chosen = {"HELPLINE_SMS_GATEWAY": "exotel", "HELPLINE_SMS_FALLBACK": "twilio"}
    assert names(load_settings({**TWILIO, **EXOTEL, **chosen})) == ["exotel", "twilio"]


def test_the_webhooks_of_all_that_is_set_up_are_understood() -> None:
    assert webhooks_from(load_settings({})) == {}
    assert set(webhooks_from(load_settings({**TWILIO, **EXOTEL}))) == {"twilio", "exotel"}


@pytest.mark.parametrize(
    ("public", "asked"),
    [
        ({}, ["exotel", "smpp"]),
        (PUBLIC, ["smpp"]),
        ({"HELPLINE_PUBLIC_URL": "https://104.example.in"}, ["exotel", "smpp"]),
    ],
    ids=["no address", "an address", "no secret"],
)
def test_who_cannot_call_us_is_asked_for_receipts(public: dict[str, str], asked: list[str]) -> None:
    smpp = {"HELPLINE_SMPP_ADDRESS": "127.0.0.1:9", "HELPLINE_SMPP_SYSTEM_ID": "x", "HELPLINE_SMPP_PASSWORD": "x"}
    chosen = {"HELPLINE_SMS_GATEWAY": "exotel", "HELPLINE_SMS_FALLBACK": "smpp"}
    settings = load_settings({**EXOTEL, **smpp, **chosen, **public})
    gateways = gateways_from(settings)
    assert list(listened_to(settings, gateways)) == asked
    assert listened_to(settings, [InboxSmsGateway()]) == {}
    for gateway in gateways:
        gateway.close()


@pytest.mark.parametrize("missing", ["HELPLINE_PUBLIC_URL", "HELPLINE_WEBHOOK_SECRET"])
def test_without_an_address_and_a_secret_no_receipt_is_asked_for(missing: str) -> None:
    assert callback_of(load_settings({**PUBLIC, missing: ""}), "twilio") == ""


def test_the_chosen_gateway_asks_for_its_receipts(twilio: TwilioOperator) -> None:
    chosen = {"HELPLINE_SMS_GATEWAY": "twilio", "HELPLINE_TWILIO_URL": twilio.url}
    (gateway,) = gateways_from(load_settings({**TWILIO, **PUBLIC, **chosen}))
    with closing(gateway):
        gateway.send(OutgoingSms("sms-1", "+919876543210", "text"))
    address = "https://104.example.in/webhooks/sms/twilio/a-secret-of-sixteen?m=sms-1"
    assert twilio.taken[0].callback == address


def test_an_address_in_clear_stops_the_start() -> None:
    settings = load_settings({**EXOTEL, "HELPLINE_SMS_GATEWAY": "exotel", "HELPLINE_EXOTEL_URL": "http://exotel.test"})
    with pytest.raises(GatewayMisconfigured, match="HELPLINE_EXOTEL_URL"):
        gateways_from(settings)
