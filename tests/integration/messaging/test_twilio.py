"""Twilio's answers and failures, over its real protocol on loopback: which may be tried again, and which never."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from twilio.http.http_client import TwilioHttpClient

from messaging.errors import GatewayMisconfigured
from messaging.gateways import (
    Accepted,
    CannotTell,
    InboundSms,
    InDoubt,
    NotThere,
    OutgoingSms,
    Receipt,
    Rejected,
    Told,
    WebhookRequest,
)
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.gateways.twilio_webhook import TwilioWebhook
from messaging.reasons import reasons
from phones.operators.base import State
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator
from tests.integration.messaging.told import told_by

SMS = OutgoingSms("sms-1", "+919876543210", "104 हेल्पलाइन: a+b & c=100% ठीक")
CALLBACK = "https://helpline.example.in/webhooks/sms/twilio/a-secret-of-sixteen"


@pytest.fixture
def gateway(twilio: TwilioOperator) -> TwilioSmsGateway:
    return TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=twilio.url, timeout=0.5)


def test_the_message_arrives_as_it_was_written(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    outcome = gateway.send(SMS)
    assert isinstance(outcome, Accepted)
    assert outcome.provider_id.startswith("SM")
    assert [sms.fields for sms in twilio.taken] == [{"To": SMS.recipient, "From": SENDER, "Body": SMS.text}]


def test_a_messaging_service_may_be_the_sender(twilio: TwilioOperator) -> None:
    service = "MG" + "1" * 32
    TwilioSmsGateway(ACCOUNT, TOKEN, service, api=twilio.url).send(SMS)
    assert twilio.taken[0].fields["MessagingServiceSid"] == service
    assert "From" not in twilio.taken[0].fields


def test_an_invalid_number_is_final_and_told_in_twilios_words(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    outcome = gateway.send(OutgoingSms("sms-1", "+15", "text"))
    assert outcome == Rejected("Twilio 21211: Invalid 'To' Phone Number: +15XXXX", final=True, key="number_invalid")
    assert twilio.taken == []


def test_wrong_credentials_keep_the_message_and_call_the_provider_unwell(twilio: TwilioOperator) -> None:
    outcome = TwilioSmsGateway(ACCOUNT, "wrong", SENDER, api=twilio.url).send(SMS)
    assert outcome == Rejected("Twilio 20003: Authenticate", final=False, unwell=True, key="gateway_refused")


def test_a_suspended_account_keeps_the_message_too(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    twilio.next_answers = ["suspended"]
    outcome = gateway.send(SMS)
    assert outcome == Rejected("Twilio 20005: Account not active", final=False, unwell=True, key="gateway_refused")


@pytest.mark.parametrize(("answer", "code"), [("rate_limited", 20429), ("unavailable", 20503)])
def test_a_busy_twilio_may_be_tried_again(
    twilio: TwilioOperator, gateway: TwilioSmsGateway, answer: str, code: int
) -> None:
    twilio.next_answers = [answer]
    outcome = gateway.send(SMS)
    assert isinstance(outcome, Rejected)
    assert not outcome.final
    assert outcome.reason.startswith(f"Twilio {code}: ")
    assert twilio.taken == []


def test_a_full_queue_at_twilio_is_waited_for(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    twilio.next_answers = ["queue_full"]
    outcome = gateway.send(SMS)
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (False, True, "gateway_busy")


def test_a_message_refused_in_the_accepting_answer_is_final(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    twilio.next_answers = ["failed"]
    assert gateway.send(SMS) == Rejected("Twilio 30034: Message from an unregistered number", final=True, key="other")


@pytest.mark.parametrize("answer", ["hang", "drop", "page", "page_503", "broken"])
def test_whatever_twilio_may_have_taken_is_in_doubt_and_not_repeated(
    twilio: TwilioOperator, gateway: TwilioSmsGateway, answer: str
) -> None:
    twilio.next_answers = [answer]
    assert isinstance(gateway.send(SMS), InDoubt)
    assert twilio.requests == 1


def test_a_kept_connection_that_died_is_in_doubt_and_not_repeated(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    twilio.next_answers = ["accept", "drop"]
    assert isinstance(gateway.send(SMS), Accepted)
    assert isinstance(gateway.send(SMS), InDoubt)
    assert twilio.requests == 2


def test_a_twilio_that_cannot_be_reached_may_be_tried_again(twilio: TwilioOperator) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        api = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=api).send(SMS)
    assert outcome == Rejected("Twilio could not be reached", final=False, unwell=True, key="gateway_away")


@pytest.fixture
def not_tls() -> Iterator[str]:
    """A server that answers TLS with plain text."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_broken_tls_connection_is_in_doubt(twilio: TwilioOperator, not_tls: str) -> None:
    assert isinstance(TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=not_tls, timeout=2).send(SMS), InDoubt)


def test_the_sdk_does_not_write_requests_into_the_log(
    gateway: TwilioSmsGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        gateway.send(SMS)
    assert caplog.text == ""


def test_missing_credentials_are_told_at_the_start() -> None:
    with pytest.raises(GatewayMisconfigured):
        TwilioSmsGateway(ACCOUNT, "", SENDER)


def test_the_real_address_is_used_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def request(client: object, method: str, url: str, *args: object, **options: object) -> None:
        asked.append(url)
        raise TimeoutError

    monkeypatch.setattr(TwilioHttpClient, "request", request)
    TwilioSmsGateway(ACCOUNT, TOKEN, SENDER).send(SMS)
    assert asked == [f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"]


def test_an_address_without_https_is_refused_unless_it_is_this_machine() -> None:
    with pytest.raises(GatewayMisconfigured, match="HELPLINE_TWILIO_URL"):
        TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api="http://api.example.org")


@pytest.fixture
def called_back(twilio: TwilioOperator) -> TwilioSmsGateway:
    return TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=twilio.url, timeout=2, callback=CALLBACK)


def test_the_receipt_shall_come_to_our_address_with_our_id(
    twilio: TwilioOperator, called_back: TwilioSmsGateway
) -> None:
    called_back.send(SMS)
    assert twilio.taken[0].callback == f"{CALLBACK}?m=sms-1"


@pytest.mark.parametrize(
    ("state", "code", "reason"),
    [
        ("delivered", "", ""),
        ("on_its_way", "", ""),
        ("failed", "30003", "handset_off"),
        ("failed", "30005", "subscriber_unknown"),
        ("failed", "30006", "not_mobile"),
        ("failed", "30007", "spam"),
        ("failed", "39999", "other"),
        ("failed", "", "other"),
    ],
)
def test_a_receipt_is_signed_and_told_with_its_reason(
    twilio: TwilioOperator,
    called_back: TwilioSmsGateway,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    code: str,
    reason: str,
) -> None:
    called_back.send(SMS)
    sms = twilio.taken[0]
    request = told_by(twilio, monkeypatch, lambda: twilio.report(sms, state, code))
    webhook = TwilioWebhook(TOKEN)
    assert webhook.is_authentic(request)
    assert webhook.read(request) == Told(receipts=(Receipt(sms.provider_id, state, reason, code, message_id="sms-1"),))
    assert reason in reasons() | {""}


def test_a_request_that_twilio_did_not_sign_is_not_authentic(
    twilio: TwilioOperator, called_back: TwilioSmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    called_back.send(SMS)
    request = told_by(twilio, monkeypatch, lambda: twilio.report(twilio.taken[0], "failed", "30003"))
    webhook = TwilioWebhook(TOKEN)
    forged = [
        replace(request, form={**request.form, "MessageStatus": "delivered"}),
        replace(request, form={**request.form, "Extra": ""}),
        replace(request, url=request.url.replace("https://helpline.example.in", "http://127.0.0.1:8104")),
        replace(request, url=request.url + "2"),
        replace(request, headers={}),
        replace(request, headers={"x-twilio-signature": "bm90aGluZw=="}),
    ]
    assert not [each for each in forged if webhook.is_authentic(each)]
    assert not TwilioWebhook("another-token").is_authentic(request)


def test_somebodys_sms_is_read_and_answered_with_an_empty_document(
    twilio: TwilioOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = told_by(twilio, monkeypatch, lambda: twilio.write(CALLBACK, "+919876543210", "ड्यूटी चालू + 18-20"))
    webhook = TwilioWebhook(TOKEN)
    told = webhook.read(request)
    assert webhook.is_authentic(request)
    assert told is not None
    assert told.inbound == (InboundSms(request.form["MessageSid"], "+919876543210", SENDER, "ड्यूटी चालू + 18-20"),)
    assert told.answer.content_type == "text/xml"
    assert list(ElementTree.fromstring(told.answer.body)) == []


@pytest.mark.parametrize("form", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}, {"From": "+1", "Body": "x"}])
def test_what_says_nothing_is_not_read(form: dict[str, str]) -> None:
    assert TwilioWebhook(TOKEN).read(WebhookRequest("POST", CALLBACK, {}, {}, form, b"")) is None


def tried(text: str = SMS.text) -> OutgoingSms:
    return replace(SMS, text=text, claimed_at=datetime.now(UTC))


def test_a_twilio_that_does_not_let_us_ask_is_left_alone_till_the_next_round(
    twilio: TwilioOperator, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(TwilioSmsGateway(ACCOUNT, "another", SENDER, api=twilio.url)) as wrong:
        assert wrong.receipts(tuple(f"SM{number:032x}" for number in range(3))) == ([], [])
    assert twilio.requests == 1
    assert "could not be asked about message SM0" in caplog.text


def test_the_list_is_read_to_its_last_page(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    message = tried()
    twilio.page_size_limit = 2
    gateway.send(message)
    for number in range(5):
        gateway.send(tried(f"Another, number {number}."))
    assert gateway.look_up(message, frozenset()) == Accepted(twilio.taken[0].provider_id)
    assert twilio.requests == 6 + 3


def test_punctuation_that_twilio_has_made_plain_is_no_difference(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    gateway.send(tried('Dr "Verma" - 104'))
    assert isinstance(gateway.look_up(tried("Dr “Verma” – 104"), frozenset()), Accepted)
    assert gateway.look_up(tried("Dr Varma 104"), frozenset()) == NotThere()


def test_an_older_message_of_the_same_wording_that_nobody_knows_settles_nothing(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    # Our clock may be ahead by that much: taken for another one, it would be sent a second time.
    gateway.send(SMS)
    twilio.taken = [replace(twilio.taken[0], at=datetime.now(UTC) - timedelta(hours=1))]
    assert isinstance(gateway.look_up(tried(), frozenset()), CannotTell)
    assert gateway.look_up(tried(), frozenset({twilio.taken[0].provider_id})) == NotThere()


def test_a_trial_accounts_own_words_before_the_text_are_no_difference(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    gateway.send(SMS)
    words = f"Sent from your Twilio trial account - {SMS.text}"
    twilio.taken = [replace(twilio.taken[0], text=words)]
    assert gateway.look_up(tried(), frozenset()) == Accepted(twilio.taken[0].provider_id)


def test_a_message_to_somebody_else_is_another_one(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    gateway.send(replace(SMS, recipient="+919876543211"))
    assert gateway.look_up(tried(), frozenset()) == NotThere()


def test_a_message_whose_wording_twilio_does_not_keep_settles_nothing(
    twilio: TwilioOperator, gateway: TwilioSmsGateway
) -> None:
    gateway.send(SMS)
    twilio.taken = [replace(twilio.taken[0], text="")]
    assert isinstance(gateway.look_up(tried(), frozenset()), CannotTell)
    twilio.taken = [replace(twilio.taken[0], at=datetime.now(UTC) - timedelta(hours=1))]
    assert isinstance(gateway.look_up(tried(), frozenset()), CannotTell)


def test_one_of_two_equal_messages_is_found_for_each(twilio: TwilioOperator, gateway: TwilioSmsGateway) -> None:
    message = tried()
    gateway.send(message)
    gateway.send(message)
    first = gateway.look_up(message, frozenset())
    assert isinstance(first, Accepted)
    second = gateway.look_up(message, frozenset({first.provider_id}))
    assert {first, second} == {Accepted(sms.provider_id) for sms in twilio.taken}
    assert gateway.look_up(message, frozenset(sms.provider_id for sms in twilio.taken)) == NotThere()


def test_a_list_that_cannot_be_read_settles_nothing(twilio: TwilioOperator) -> None:
    gateway = TwilioSmsGateway(ACCOUNT, "wrong", SENDER, api=twilio.url)
    assert isinstance(gateway.look_up(tried(), frozenset()), CannotTell)
