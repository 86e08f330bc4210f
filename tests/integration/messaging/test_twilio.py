"""Twilio's answers and failures, over its real protocol on loopback: which may be tried again, and which never."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from twilio.http.http_client import TwilioHttpClient

from messaging.errors import GatewayMisconfigured
from messaging.gateways import Accepted, InDoubt, OutgoingSms, Rejected
from messaging.gateways.twilio import TwilioSmsGateway
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator

SMS = OutgoingSms("sms-1", "+919876543210", "104 हेल्पलाइन: a+b & c=100% ठीक")


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
