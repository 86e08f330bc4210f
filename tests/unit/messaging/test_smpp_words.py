"""What is said over SMPP: texts as octets, statuses and receipts as their meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways import OutgoingSms, Receipt
from messaging.gateways.smpp_words import PAYLOAD, decode, encode, read_receipt, refusal, spellings, submissions
from messaging.reasons import reasons
from messaging.segments import Encoding, segment

GSM = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà\f^{}\\[~]|€"
TEXTS = st.text(st.sampled_from(GSM), max_size=400) | st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(TEXTS, st.booleans())
def test_every_text_is_whole_again_from_its_octets(text: str, payload: bool) -> None:
    sms = OutgoingSms("sms-1", "+919876543210", text)
    made = submissions(sms, 7, payload)
    assert all(len(one.short_message) <= (160 if one.data_coding == 0 else 140) for one in made)
    octets = [one.tlvs.get(PAYLOAD, one.short_message) for one in made]
    pieces = [decode(piece, one.data_coding, one.esm_class) for piece, one in zip(octets, made, strict=True)]
    assert "".join(pieces) == text


def test_the_alphabet_is_the_one_that_parts_are_counted_by() -> None:
    assert segment(GSM).encoding is Encoding.GSM7
    assert encode("@€", 0) == b"\x00\x1b\x65"


def test_parts_of_one_message_share_a_reference_and_are_numbered() -> None:
    made = submissions(OutgoingSms("sms-1", "+919876543210", "क" * 140), 7, payload=False)
    assert [one.short_message[:6] for one in made] == [bytes((5, 0, 3, 7, 3, number)) for number in (1, 2, 3)]


@given(st.integers(1, 0x0FFF))
def test_every_status_has_words_and_a_reason(status: int) -> None:
    refused = refusal(status)
    assert refused.key in reasons()
    assert f"{status:#04x}" in refused.reason


@pytest.mark.parametrize(
    ("esm_class", "text", "tlvs", "expected"),
    [
        (
            4,
            "id:0123 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:Hi",
            {},
            Receipt("0123", "delivered", "", "DELIVRD 000"),
        ),
        (4, "id:a-b stat:UNDELIV err:623 Text:", {}, Receipt("a-b", "failed", "dlt_header_owner", "UNDELIV 623")),
        (4, "ID:7 STAT:EXPIRED", {}, Receipt("7", "failed", "out_of_reach", "EXPIRED")),
        (
            4,
            "id:7 stat:REJECTD err:001",
            {0x423: b"\x03\x00\x01"},
            Receipt("7", "failed", "subscriber_unknown", "REJECTD 001"),
        ),
        (4, "id:7 stat:ENROUTE err:000", {}, Receipt("7", "on_its_way", "", "ENROUTE 000")),
        (4, "id:7 stat:SOMEHOW", {}, Receipt("7", "on_its_way", "", "SOMEHOW")),
        (0, "", {0x1E: b"77\0", 0x427: b"\x02"}, Receipt("77", "delivered", "", "DELIVRD")),
        (0, "", {0x1E: b"77", 0x427: b"\x05"}, Receipt("77", "failed", "out_of_reach", "UNDELIV")),
        (4, "nothing to read", {}, None),
        (0, "id:7 stat:DELIVRD", {}, None),  # a person may write that too
        (0, "ON 18-20", {}, None),
    ],
)
def test_a_receipt_is_read(esm_class: int, text: str, tlvs: dict[int, bytes], expected: Receipt | None) -> None:
    assert read_receipt(esm_class, text, tlvs) == expected


@given(st.integers(0, 255), st.text(), st.dictionaries(st.sampled_from([0x1E, 0x427, 0x423, 0x424]), st.binary()))
def test_no_deliver_sm_makes_it_raise(esm_class: int, text: str, tlvs: dict[int, bytes]) -> None:
    receipt = read_receipt(esm_class, text, tlvs)
    assert receipt is None or receipt.reason in reasons() | {""}


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 255))
def test_no_octets_make_it_raise(octets: bytes, coding: int, esm_class: int) -> None:
    assert isinstance(decode(octets, coding, esm_class), str)


def test_an_id_is_known_in_both_ways_of_counting() -> None:
    assert "1A2B" in set(spellings("6699"))
    assert "6699" in set(spellings("00001a2b"))
    assert next(iter(spellings("x-1"))) == "x-1"
