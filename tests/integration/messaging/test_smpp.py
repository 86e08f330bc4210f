"""SMPP against an SMSC on loopback: the line and its bind, DLT's TLVs, long texts, late answers, receipts, inbound."""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
    smpp_line,
)
from messaging.gateways.smpp import SmppSmsGateway
from phones.operators.smpp import PASSWORD, SYSTEM_ID, SmppOperator

LONG = "यह एक लंबा संदेश है। " * 12
PATIENCE = 3.0


def sms(text: str = "आपका नंबर 104", number: int = 1) -> OutgoingSms:
    return OutgoingSms(f"sms-{number}", "+919876543210", text, "HLPLIN", "1101234567890123456", "1107123456789012345")


@pytest.fixture
def smsc() -> Iterator[SmppOperator]:
    with SmppOperator() as running:
        yield running


@pytest.fixture
def gateway(smsc: SmppOperator) -> Iterator[SmppSmsGateway]:
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=2)) as made:
        yield made


@pytest.fixture
def hasty(smsc: SmppOperator) -> Iterator[SmppSmsGateway]:
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=0.3)) as made:
        yield made


def soon(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


def accepted(gateway: SmppSmsGateway, message: OutgoingSms) -> str:
    outcome = gateway.send(message)
    assert isinstance(outcome, Accepted), outcome
    return outcome.provider_id


def told(gateway: SmppSmsGateway) -> list[tuple[str, str, str]]:
    receipts, _ = gateway.receipts(())
    return [(receipt.provider_id, receipt.state, receipt.reason) for receipt in receipts]


# --- texts ---------------------------------------------------------------------------------------------------------


def test_dlts_ids_stand_in_their_tlvs_and_the_header_is_the_sender(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, sms())
    taken = smsc.taken[0]
    assert (taken.header, taken.entity_id, taken.template_id, taken.recipient) == (
        "HLPLIN",
        "1101234567890123456",
        "1107123456789012345",
        "+919876543210",
    )


def test_a_number_abroad_goes_without_them(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, OutgoingSms("sms-1", "+447400123456", "text", "104"))
    assert (smsc.taken[0].entity_id, smsc.taken[0].header) == ("", "104")


def test_a_long_text_is_one_message_with_one_id(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    provider_id = accepted(gateway, sms(LONG))
    assert smsc.requests == 1
    assert smsc.parts_of[provider_id] == [provider_id]
    assert smsc.taken[0].text == LONG


@pytest.mark.parametrize("text", [LONG, "[€] {~} " * 40, "क्‍ष 👩‍⚕️ " * 30], ids=["hindi", "gsm7", "emoji"])
def test_an_smsc_without_payloads_gets_parts_and_is_remembered(
    smsc: SmppOperator, gateway: SmppSmsGateway, text: str
) -> None:
    smsc.takes_payload = False
    provider_id = accepted(gateway, sms(text))
    parts = len(smsc.parts_of[provider_id])
    assert parts > 1
    assert smsc.requests == 1 + parts
    accepted(gateway, sms(text, 2))
    assert smsc.requests == 1 + 2 * parts
    assert [taken.text for taken in smsc.taken] == [text, text]


def test_a_message_of_which_only_a_part_was_taken_is_in_doubt(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    smsc.takes_payload = False
    accepted(gateway, sms(LONG))
    smsc.next_answers = ["accept", "rate_limited"]
    assert isinstance(gateway.send(sms(LONG, 2)), InDoubt)


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "final", "unwell", "key"),
    [
        ("0x58", False, True, "gateway_busy"),
        ("0x14", False, True, "gateway_busy"),
        ("0x08", False, True, "gateway_away"),
        ("0x0b", True, False, "number_invalid"),
        ("0x0a", True, False, "dlt_header"),
        ("0xc3", True, False, "dlt_template"),
        ("0x64", False, False, "gateway_refused"),
        ("0x0421", True, False, "gateway_refused"),
    ],
)
def test_a_status_is_told_as_a_reason(
    smsc: SmppOperator, gateway: SmppSmsGateway, status: str, final: bool, unwell: bool, key: str
) -> None:
    smsc.next_answers = [status]
    outcome = gateway.send(sms())
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (final, unwell, key)
    assert smsc.taken == []


def test_an_answer_that_comes_late_is_found_by_a_look_up(smsc: SmppOperator, hasty: SmppSmsGateway) -> None:
    smsc.next_answers = ["late"]
    assert isinstance(hasty.send(sms()), InDoubt)
    assert isinstance(hasty.look_up(sms(), frozenset()), CannotTell)
    smsc.release()
    found = Accepted(smsc.taken[0].provider_id)
    soon(lambda: hasty.look_up(sms(), frozenset()) == found)
    assert hasty.receipts(()) == ([], [])
    assert hasty.look_up(sms(), frozenset()) == found
    assert smsc.requests == 1


def test_a_refusal_that_comes_late_says_that_it_was_not_taken(smsc: SmppOperator, hasty: SmppSmsGateway) -> None:
    smsc.next_answers = ["late_refusal"]
    assert isinstance(hasty.send(sms()), InDoubt)
    smsc.release()
    soon(lambda: hasty.look_up(sms(), frozenset()) == NotThere())
    # Of an attempt since, which another machine made, it says nothing: that one may have been taken.
    anew = replace(sms(), claimed_at=datetime.now(UTC))
    assert isinstance(hasty.look_up(anew, frozenset()), CannotTell)


def test_a_receipt_settles_what_was_in_doubt_by_our_own_id(smsc: SmppOperator, hasty: SmppSmsGateway) -> None:
    smsc.next_answers = ["late"]
    assert isinstance(hasty.send(sms()), InDoubt)
    smsc.release()
    smsc.report(smsc.taken[0], "delivered")
    receipts, _ = hasty.receipts(())
    assert [(receipt.message_id, receipt.state) for receipt in receipts] == [("sms-1", "delivered")]


# --- the line ------------------------------------------------------------------------------------------------------


def test_a_refused_bind_is_told_and_nothing_is_sent(smsc: SmppOperator) -> None:
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, "wrong", timeout=1)) as gateway:
        outcome = gateway.send(sms())
    assert isinstance(outcome, Rejected)
    assert (outcome.final, outcome.unwell, outcome.key) == (False, True, "gateway_refused")
    assert "ESME_RINVPASWD" in outcome.reason
    assert smsc.requests == 0


def test_one_bind_is_enough_and_a_broken_line_is_built_again(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, sms())
    accepted(gateway, sms(number=2))
    assert smsc.binds == 1
    smsc.cut()
    soon(lambda: smsc.binds == 2)
    accepted(gateway, sms(number=3))


def test_a_quiet_line_is_asked_whether_it_lives(smsc: SmppOperator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_line, "_ENQUIRE_SECONDS", 0.05)
    monkeypatch.setattr(smpp_line, "_LOOK_UP_SECONDS", 0.02)
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=0.2)) as gateway:
        accepted(gateway, sms())
        soon(lambda: smsc.enquiries >= 2)
        assert smsc.binds == 1
        smsc.is_mute = True
        soon(lambda: smsc.binds >= 2)  # it did not answer: the line is dead


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff" * 64,
        struct.pack(">LLLL", 3, 5, 0, 1),
        struct.pack(">LLLL", 16, 6, 0, 9),  # unbind
    ],
    ids=["noise", "impossible length", "unbind"],
)
def test_whatever_ends_the_line_it_is_built_again(smsc: SmppOperator, gateway: SmppSmsGateway, octets: bytes) -> None:
    accepted(gateway, sms())
    smsc.write_raw(octets)
    soon(lambda: smsc.binds == 2)
    accepted(gateway, sms(number=2))


@pytest.mark.parametrize(
    "octets",
    [
        struct.pack(">LLLL", 20, 0x00010200, 0, 7) + b"abcd",  # a vendor's own command
        struct.pack(">LLLL", 16, 0x80010200, 0, 7),
        struct.pack(">LLLL", 16, 0x80000004, 0, 99_999),  # an answer to nothing
        struct.pack(">LLLL", 16, 5, 0, 8),  # a deliver_sm without a body
        struct.pack(">LLLL", 23, 5, 0, 9) + b"\0\1\1not ",
    ],
    ids=["vendor", "vendor's answer", "nobody's answer", "empty", "cut short"],
)
def test_a_strange_pdu_does_not_end_the_line(smsc: SmppOperator, gateway: SmppSmsGateway, octets: bytes) -> None:
    accepted(gateway, sms())
    smsc.write_raw(octets)
    accepted(gateway, sms(number=2))
    assert smsc.binds == 1


def test_closing_says_goodbye(smsc: SmppOperator) -> None:
    gateway = SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=2)
    accepted(gateway, sms())
    gateway.close()
    assert isinstance(gateway.send(sms()), Rejected)
    assert smsc.binds == 1


def test_neither_password_nor_text_reaches_the_log(smsc: SmppOperator, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=2)) as gateway:
        accepted(gateway, sms("secret text"))
        smsc.report(smsc.taken[0], "delivered")
    assert "secret" not in caplog.text
    assert b"secret text".hex() not in caplog.text
    assert PASSWORD.encode().hex() not in caplog.text


# --- receipts ------------------------------------------------------------------------------------------------------


def test_receipts_come_over_the_same_line(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    first, second, third = (accepted(gateway, sms(number=number)) for number in range(3))
    assert smsc.report(smsc.taken[0], "delivered") == [0]
    smsc.report(smsc.taken[1], "failed", "633")
    smsc.report(smsc.taken[2], "on_its_way")
    assert told(gateway) == [
        (first, "delivered", ""),
        (second, "failed", "wording_dropped"),
        (third, "on_its_way", ""),
    ]
    assert told(gateway) == []


def test_an_id_in_decimal_is_the_one_in_hexadecimal(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    provider_id = accepted(gateway, sms())
    smsc.decimal_receipts = True
    smsc.report(smsc.taken[0], "delivered")
    assert told(gateway) == [(provider_id, "delivered", "")]


def test_after_a_restart_a_receipt_tells_every_spelling_of_its_id(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    provider_id = accepted(gateway, sms())
    gateway.close()
    smsc.decimal_receipts = True
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=2)) as again:
        again.receipts(())
        soon(lambda: smsc.binds == 2)
        smsc.report(smsc.taken[0], "delivered")
        (receipt,), _ = again.receipts(())
        assert receipt.provider_id == str(int(provider_id, 16))
        assert provider_id in receipt.also


def test_a_message_in_parts_is_delivered_with_its_last_part(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    smsc.takes_payload = False
    provider_id = accepted(gateway, sms(LONG))
    last = len(smsc.parts_of[provider_id]) - 1
    for part in range(last, 0, -1):
        smsc.report(smsc.taken[0], "delivered", part=part)
    assert told(gateway) == []
    smsc.report(smsc.taken[0], "delivered", part=0)
    assert told(gateway) == [(provider_id, "delivered", "")]


def test_a_message_in_parts_fails_with_any_part(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    smsc.takes_payload = False
    provider_id = accepted(gateway, sms(LONG))
    smsc.report(smsc.taken[0], "failed", "630", part=1)
    assert told(gateway) == [(provider_id, "failed", "dlt_template")]


# --- SMS to us -----------------------------------------------------------------------------------------------------


def in_background(smsc: SmppOperator, text: str, statuses: list[int], patience: float = PATIENCE) -> threading.Thread:
    def call() -> None:
        statuses.append(smsc.inbound("919876543210", "56161", text, patience))

    thread = threading.Thread(target=call)
    thread.start()
    return thread


def fetched(gateway: SmppSmsGateway) -> list[InboundSms]:
    found: list[InboundSms] = []

    def came() -> bool:
        found.extend(gateway.receipts(())[1])
        return bool(found)

    soon(came)
    return found


@pytest.mark.parametrize("text", ["ON 18-20", "चालू 18-20", "€ {on}".replace("{on}", "on")], ids=len)
def test_an_sms_to_us_is_acknowledged_only_after_it_was_fetched(
    smsc: SmppOperator, gateway: SmppSmsGateway, text: str
) -> None:
    accepted(gateway, sms())
    statuses: list[int] = []
    thread = in_background(smsc, text, statuses)
    found = fetched(gateway)
    assert [(one.sender, one.recipient, one.text) for one in found] == [("919876543210", "56161", text)]
    assert statuses == []
    gateway.receipts(())
    thread.join()
    assert statuses == [0]


def test_what_the_smsc_sends_again_keeps_its_id(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, sms())
    statuses: list[int] = []
    in_background(smsc, "ON", statuses, patience=0.05).join()
    assert statuses == [-1]
    thread = in_background(smsc, "ON", statuses)
    soon(lambda: len(gateway._told._inbound) == 2)
    first, again = fetched(gateway)
    gateway.receipts(())
    thread.join()
    assert again == first
    assert statuses == [-1, 0]


def test_the_same_words_after_others_are_another_message(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, sms())
    ids = []
    for text in ("ON", "OFF", "ON"):
        thread = in_background(smsc, text, [])
        ids += [one.provider_id for one in fetched(gateway)]
        gateway.receipts(())
        thread.join()
    assert len(set(ids)) == 3


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "system_id", "password"),
    [
        ("10.0.0.1", "me", "secret"),
        ("10.0.0.1:smpp", "me", "secret"),
        ("10.0.0.1:2775", "", "secret"),
        ("10.0.0.1:2775", "me", ""),
        ("10.0.0.1:2775", "me", "nine-char"),  # smpplib would cut it without a word
        ("10.0.0.1:2775", "s" * 16, "secret"),
    ],
)
def test_unusable_settings_are_told_at_the_start(address: str, system_id: str, password: str) -> None:
    with pytest.raises(GatewayMisconfigured, match="HELPLINE_SMPP_"):
        SmppSmsGateway(address, system_id, password)


def test_a_receipt_of_nobody_is_told_as_it_came(smsc: SmppOperator, gateway: SmppSmsGateway) -> None:
    accepted(gateway, sms())
    gateway.close()
    with closing(SmppSmsGateway(smsc.url, SYSTEM_ID, PASSWORD, timeout=2)) as again:
        again.receipts(())
        soon(lambda: smsc.binds == 2)
        smsc.report(smsc.taken[0], "delivered")
        receipts, _ = again.receipts(())
    assert [replace(one, also=()) for one in receipts] == [
        Receipt(smsc.taken[0].provider_id, "delivered", "", "DELIVRD 000")
    ]
