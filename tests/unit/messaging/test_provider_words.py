"""What providers say: every code leads to words we have, and no request of theirs, or another's, breaks a webhook."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways import Webhook, WebhookRequest
from messaging.gateways import exotel_codes as exotel
from messaging.gateways import twilio_codes as twilio
from messaging.gateways.exotel_webhook import ExotelWebhook
from messaging.gateways.twilio_webhook import TwilioWebhook
from messaging.reasons import reasons

NAMES = st.sampled_from(
    ["MessageSid", "SmsSid", "MessageStatus", "ErrorCode", "From", "To", "Body", "Status", "DetailedStatus", "m", "x"]
)
FIELDS = st.dictionaries(NAMES, st.text(max_size=8))
WEBHOOKS = [TwilioWebhook("a-token"), ExotelWebhook()]


def test_every_code_of_a_provider_leads_to_words_we_have() -> None:
    keys = {*twilio.KEYS.values(), *exotel._REFUSALS.values(), *exotel._NAMES.values()}
    assert keys <= reasons()


@pytest.mark.parametrize(
    ("code", "key"), [(30003, "handset_off"), ("30005", "subscriber_unknown"), ("", ""), (None, ""), ("30999", "other")]
)
def test_twilios_code_comes_as_a_number_or_as_digits(code: object, key: str) -> None:
    assert twilio.key_of(code) == key


def test_a_delivery_to_the_operator_is_not_one_to_the_patient() -> None:
    assert exotel.state_of("sent", "DELIVERED_TO_OPERATOR") == "on_its_way"
    assert exotel.state_of("sent", "DELIVERED_TO_HANDSET") == "delivered"
    assert exotel.state_of("sent", "") == "on_its_way"


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda webhook: webhook.name)
@given(query=FIELDS, form=FIELDS, signature=st.text(max_size=30), body=st.binary(max_size=20))
def test_no_request_breaks_a_webhook(
    webhook: Webhook, query: dict[str, str], form: dict[str, str], signature: str, body: bytes
) -> None:
    headers = {"x-twilio-signature": signature}
    request = WebhookRequest("POST", "https://104.example.in/webhooks/sms/x?m=1", headers, query, form, body)
    assert webhook.is_authentic(request) is not webhook.signs
    told = webhook.read(request)
    assert told is None or told.receipts or told.inbound
