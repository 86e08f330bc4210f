"""Exotel's form, its refusals and its callbacks, over its published protocol on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from messaging.errors import GatewayMisconfigured
from messaging.gateways import Accepted, InboundSms, InDoubt, OutgoingSms, Receipt, Rejected, Told, WebhookRequest
from messaging.gateways.exotel import ExotelSmsGateway
from messaging.gateways.exotel_webhook import ExotelWebhook
from messaging.reasons import reasons
from phones.operators.base import State
from phones.operators.exotel import ACCOUNT, KEY, SENDER, TOKEN, ExotelOperator
from tests.integration.messaging.told import told_by

CALLBACK = "https://helpline.example.in/webhooks/sms/exotel/a-secret-of-sixteen"
SMS = OutgoingSms(
    "sms-1",
    "+919876543210",
    "104 हेल्पलाइन: a+b & c=100% ठीक",
    header="GOVTMP",
    entity_id="1101234567890123456",
    template_id="1107123456789012345",
)


@pytest.fixture
def exotel() -> Iterator[ExotelOperator]:
    with ExotelOperator() as server:
        yield server


def made(exotel: ExotelOperator, token: str = TOKEN, account: str = ACCOUNT, callback: str = "") -> ExotelSmsGateway:
    return ExotelSmsGateway(exotel.url, account, KEY, token, SENDER, timeout=2, callback=callback)


@pytest.fixture
def gateway(exotel: ExotelOperator) -> Iterator[ExotelSmsGateway]:
    with closing(made(exotel, callback=CALLBACK)) as gateway:
        yield gateway


def form(fields: dict[str, str]) -> WebhookRequest:
    return WebhookRequest("POST", CALLBACK, {}, {}, fields, b"")


def test_the_form_is_as_published(exotel: ExotelOperator, gateway: ExotelSmsGateway) -> None:
    outcome = gateway.send(SMS)
    assert outcome == Accepted(exotel.taken[0].provider_id)
    assert exotel.taken[0].fields == {
        "From": "GOVTMP",
        "To": "+919876543210",
        "Body": SMS.text,
        "EncodingType": "unicode",
        "SmsType": "transactional",
        "DltEntityId": "1101234567890123456",
        "DltTemplateId": "1107123456789012345",
        "CustomField": "sms-1",
        "StatusCallback": f"{CALLBACK}?m=sms-1",
    }


@pytest.mark.parametrize(
    ("category", "sms_type"),
    [
        ("transactional", "transactional"),
        ("service_implicit", "transactional"),
        ("service_explicit", "transactional_opt_in"),
        ("promotional", "promotional"),
    ],
)
def test_the_category_becomes_exotels_type(
    exotel: ExotelOperator, gateway: ExotelSmsGateway, category: str, sms_type: str
) -> None:
    gateway.send(replace(SMS, category=category))
    assert exotel.taken[0].fields["SmsType"] == sms_type


def test_a_doctor_abroad_gets_plain_text_without_dlt(exotel: ExotelOperator, gateway: ExotelSmsGateway) -> None:
    gateway.send(OutgoingSms("sms-2", "+447700900123", "You are on duty.", encoding="gsm7"))
    fields = exotel.taken[0].fields
    assert (fields["From"], fields["EncodingType"]) == (SENDER, "plain")
    assert not {"SmsType", "DltEntityId", "DltTemplateId"} & set(fields)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("throttled", Rejected("Exotel 40405: Throttle limit exceeded", False, True, "gateway_busy")),
        ("no_credit", Rejected("Exotel 40001: Insufficient account balance", False, True, "no_credit")),
        ("inactive", Rejected("Exotel 40002: Account inactive", False, True, "gateway_refused")),
        ("bad_number", Rejected("Exotel 40203: All destination numbers are invalid", True, False, "number_invalid")),
        ("dnd", Rejected("Exotel FAILED_REJECTED_DND", True, False, "dnd")),
    ],
)
def test_what_its_codes_mean(exotel: ExotelOperator, gateway: ExotelSmsGateway, word: str, expected: Rejected) -> None:
    exotel.next_answers = [word]
    assert gateway.send(SMS) == expected


def test_a_country_that_is_not_opened_concerns_this_recipient_only(
    exotel: ExotelOperator, gateway: ExotelSmsGateway
) -> None:
    exotel.next_answers = ["country"]
    outcome = gateway.send(SMS)
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell) == (True, False)


def test_a_duplicate_means_that_an_earlier_one_was_taken(exotel: ExotelOperator, gateway: ExotelSmsGateway) -> None:
    exotel.next_answers = ["duplicate"]
    assert isinstance(gateway.send(SMS), InDoubt)


@pytest.mark.parametrize(("token", "account"), [("wrong", ACCOUNT), (TOKEN, "another")])
def test_wrong_credentials_keep_the_message(exotel: ExotelOperator, token: str, account: str) -> None:
    with closing(made(exotel, token, account)) as gateway:
        outcome = gateway.send(SMS)
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell) == (False, True)


def test_a_text_that_is_too_long_is_refused_for_good(exotel: ExotelOperator, gateway: ExotelSmsGateway) -> None:
    outcome = gateway.send(replace(SMS, text="क" * 2001))
    assert outcome == Rejected("Exotel 40202: Message body is invalid", True, False, "value_unsendable")


def test_asking_for_receipts_leaves_room_for_sending(
    exotel: ExotelOperator, gateway: ExotelSmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert gateway.receipts(("a", "b", "c")) == ([], [])
    first, *others = slept
    assert (first, len(others)) == (0.0, 2)
    assert all(0.5 < pause <= 1.0 for pause in others), "both count in its 200 requests a minute"


def test_an_exotel_that_does_not_let_us_ask_is_left_alone_till_the_next_round(
    exotel: ExotelOperator, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(ExotelSmsGateway(exotel.url, ACCOUNT, KEY, "another", SENDER)) as wrong:
        assert wrong.receipts(("a", "b", "c")) == ([], [])
    assert exotel.requests == 1
    assert "could not be asked about message a (401)" in caplog.text


def test_passwords_do_not_travel_in_clear() -> None:
    with pytest.raises(GatewayMisconfigured, match="HELPLINE_EXOTEL_URL"):
        ExotelSmsGateway("http://api.in.exotel.com", ACCOUNT, KEY, TOKEN, SENDER)


@pytest.mark.parametrize(
    ("state", "detail", "reason"),
    [
        ("delivered", "DELIVERED_TO_HANDSET", ""),
        ("on_its_way", "DELIVERED_TO_OPERATOR", ""),
        ("failed", "FAILED_REJECTED_DND", "dnd"),
        ("failed", "SENDER_BLOCKED_BY_DLT", "dlt_header"),
        ("failed", "DLT_ENTITY_NOT_FOUND", "dlt_entity"),
        ("failed", "TEMPLATE_BLOCKED_BY_DLT", "dlt_template"),
        ("failed", "DLT_TEMPLATE_DOES_NOT_MATCH", "wording_dropped"),
        ("failed", "FAILED_SUBSCRIBER_UNAVAILABLE", "out_of_reach"),
        ("failed", "FAILED_SOMETHING_NEW", "other"),
    ],
)
def test_a_receipt_is_read_by_the_name_of_its_detail(
    exotel: ExotelOperator,
    gateway: ExotelSmsGateway,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    detail: str,
    reason: str,
) -> None:
    gateway.send(SMS)
    sms = exotel.taken[0]
    request = told_by(exotel, monkeypatch, lambda: exotel.report(sms, state, detail))
    assert request.method == "POST"
    receipt = Receipt(sms.provider_id, state, reason, detail, message_id="sms-1")
    assert ExotelWebhook().read(request) == Told(receipts=(receipt,))
    assert reason in reasons() | {""}


@pytest.mark.parametrize(
    ("code", "reason"),
    [("600", "dlt_entity"), ("620", "dlt_header"), ("623", "dlt_header_owner"), ("630", "dlt_template")],
)
def test_the_codes_of_the_dlt_platforms_are_understood_too(code: str, reason: str) -> None:
    told = ExotelWebhook().read(form({"SmsSid": "1", "Status": "failed", "DetailedStatusCode": code}))
    assert told is not None
    assert told.receipts[0].reason == reason


def test_somebodys_sms_comes_by_get_and_is_answered_with_nothing(
    exotel: ExotelOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = told_by(exotel, monkeypatch, lambda: exotel.write(CALLBACK, "09876543210", "ड्यूटी चालू +1"))
    told = ExotelWebhook().read(request)
    assert request.method == "GET"
    assert told == Told(inbound=(InboundSms(request.query["SmsSid"], "09876543210", SENDER, "ड्यूटी चालू +1"),))
    assert (told.answer.content_type, told.answer.body) == ("text/plain", "")


@pytest.mark.parametrize("fields", [{}, {"SmsSid": "1"}, {"Status": "sent"}, {"SmsSid": "1", "Body": "x"}])
def test_what_says_nothing_is_not_read(fields: dict[str, str]) -> None:
    assert ExotelWebhook().read(form(fields)) is None
