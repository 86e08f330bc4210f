"""C-DAC Mobile Seva's own ways, over its protocol on loopback: codes, service types, the signature, reports."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from messaging.errors import GatewayMisconfigured
from messaging.gateways import Accepted, InDoubt, OutgoingSms, Receipt, Rejected
from messaging.gateways.cdac import CdacSmsGateway, as_entities, read_report
from phones.operators.cdac import PASSWORD, SECURE_KEY, USERNAME, CdacOperator


def sms(text: str, recipient: str = "+919876543210", purpose: str = "slip") -> OutgoingSms:
    return OutgoingSms(
        "sms-1", recipient, text, "HLPLIN", "1101234567890123456", "1107123456789012345", purpose=purpose
    )


HINDI = sms("आपका नंबर 104")
ENGLISH = sms("Your number: 104 & more+")


@pytest.fixture
def operator() -> Iterator[CdacOperator]:
    with CdacOperator() as running:
        yield running


@pytest.fixture
def gateway(operator: CdacOperator) -> Iterator[CdacSmsGateway]:
    made = CdacSmsGateway(operator.url, USERNAME, PASSWORD, SECURE_KEY, report_url=operator.report_url, timeout=2)
    with closing(made):
        yield made


@pytest.mark.parametrize(
    ("text", "purpose", "service"),
    [
        (ENGLISH.text, "slip", "singlemsg"),
        (ENGLISH.text, "otp", "otpmsg"),
        (HINDI.text, "slip", "unicodemsg"),
        (HINDI.text, "otp", "unicodeotpmsg"),
        ("10 € only", "slip", "unicodemsg"),
    ],
)
def test_each_text_goes_by_its_service(
    operator: CdacOperator, gateway: CdacSmsGateway, text: str, purpose: str, service: str
) -> None:
    assert isinstance(gateway.send(sms(text, purpose=purpose)), Accepted)
    taken = operator.taken[0]
    assert taken.fields["smsservicetype"] == service
    assert (taken.text, taken.header, taken.template_id) == (text, "HLPLIN", "1107123456789012345")


def test_hindi_is_signed_in_the_form_in_which_it_is_sent(operator: CdacOperator, gateway: CdacSmsGateway) -> None:
    gateway.send(HINDI)
    assert operator.taken[0].fields["content"].startswith("&#2310;&#2346;&#2325;&#2366;&#32;")
    assert as_entities("न 👍") == "&#2344;&#32;&#128077;"


def test_the_password_is_never_sent_as_it_is(operator: CdacOperator, gateway: CdacSmsGateway) -> None:
    gateway.send(HINDI)
    assert PASSWORD not in "".join(operator.taken[0].fields.values())


@pytest.mark.parametrize(
    ("code", "final", "unwell", "key"),
    [
        ("401", False, True, "gateway_refused"),
        ("403", False, True, "no_credit"),
        ("406", True, False, "number_invalid"),
        ("411", True, False, "dlt_header"),
        ("413", True, False, "spam"),
        ("414", True, False, "blocked"),
        ("416", False, True, "gateway_refused"),
        ("418", False, True, "gateway_busy"),
        ("499", True, False, "gateway_refused"),
    ],
)
def test_its_codes_are_told_as_reasons(
    operator: CdacOperator, gateway: CdacSmsGateway, code: str, final: bool, unwell: bool, key: str
) -> None:
    operator.next_answers = [code]
    outcome = gateway.send(ENGLISH)
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (final, unwell, key)
    assert code in outcome.reason


@pytest.mark.parametrize("code", ["404", "405", "407", "408", "409", "no_id"])
def test_a_fault_of_its_own_leaves_the_message_in_doubt(
    operator: CdacOperator, gateway: CdacSmsGateway, code: str
) -> None:
    operator.next_answers = [code]
    assert isinstance(gateway.send(ENGLISH), InDoubt)


def test_a_wrong_secure_key_is_refused_by_the_signature(operator: CdacOperator) -> None:
    with closing(CdacSmsGateway(operator.url, USERNAME, PASSWORD, "another")) as gateway:
        outcome = gateway.send(HINDI)
    assert isinstance(outcome, Rejected)
    assert "416" in outcome.reason


def test_a_number_abroad_is_not_even_asked_for(operator: CdacOperator, gateway: CdacSmsGateway) -> None:
    outcome = gateway.send(sms("text", "+447400123456"))
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.key) == (True, "number_invalid")
    assert operator.requests == 0


def test_its_reports_are_asked_for_by_id(operator: CdacOperator, gateway: CdacSmsGateway) -> None:
    outcomes = [gateway.send(HINDI), gateway.send(ENGLISH), gateway.send(ENGLISH)]
    ids = tuple(outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted))
    operator.report(operator.taken[0], "delivered")
    operator.report(operator.taken[1], "failed")
    told, inbound = gateway.receipts(ids)
    assert [(receipt.provider_id, receipt.state, receipt.code) for receipt in told] == [
        (ids[0], "delivered", "DELIVERED"),
        (ids[1], "failed", "FAILEDBYTELCO"),
        (ids[2], "on_its_way", "SUBMITTED"),
    ]
    assert inbound == []


def test_an_unknown_id_stops_no_other_poll(operator: CdacOperator, gateway: CdacSmsGateway) -> None:
    outcome = gateway.send(HINDI)
    assert isinstance(outcome, Accepted)
    told, _ = gateway.receipts(("nobody's", outcome.provider_id))
    assert [receipt.provider_id for receipt in told] == [outcome.provider_id]


def test_a_report_is_read_as_public_clients_read_it() -> None:
    moment = datetime(2022, 7, 28, 23, 28, 53, tzinfo=UTC)
    assert read_report("x", "917701891704,DELIVERED,2022-07-29 04:58:53\n") == Receipt(
        "x", "delivered", "", "DELIVERED", moment
    )
    assert read_report("x", "919911814770,SUBMITTED,0000-00-00 00:00:00") == Receipt("x", "on_its_way", "", "SUBMITTED")
    parts = "917701891704,DELIVERED,2022-07-29 04:58:53\n917701891704,FAILEDBYTELCO,2022-07-29 04:58:53\n"
    failed = read_report("x", parts)
    assert failed is not None
    assert (failed.state, failed.reason) == ("failed", "other")
    assert read_report("x", "<html>") is None
    assert read_report("x", "") is None


def test_neither_number_nor_password_reaches_the_log(
    operator: CdacOperator, gateway: CdacSmsGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        gateway.send(HINDI)
        gateway.receipts(("nobody's",))
    assert "9876543210" not in caplog.text
    assert "password" not in caplog.text


def test_without_an_address_for_reports_none_are_asked_for(operator: CdacOperator) -> None:
    with closing(CdacSmsGateway(operator.url, USERNAME, PASSWORD, SECURE_KEY)) as gateway:
        assert gateway.receipts(("an-id",)) == ([], [])
    assert operator.requests == 0


@pytest.mark.parametrize("url", ["http://sms.example.in/send", "sms.example.in", "ftp://sms.example.in", ""])
def test_secrets_go_only_over_https(url: str) -> None:
    with pytest.raises(GatewayMisconfigured):
        CdacSmsGateway(url, USERNAME, PASSWORD, SECURE_KEY)


def test_missing_credentials_are_told_at_the_start() -> None:
    with pytest.raises(GatewayMisconfigured):
        CdacSmsGateway("https://sms.example.in/send", USERNAME, PASSWORD, "")
