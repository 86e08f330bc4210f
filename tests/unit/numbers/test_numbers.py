"""One telephone number, however it is spelt; and nothing else that might reach a dial string."""

from __future__ import annotations

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from config.numbers import NumberError, NumberKind, dialable, mask, parse_caller, parse_number

SPELLINGS = [
    "9876543210",
    "09876543210",
    "919876543210",
    "00919876543210",
    "+919876543210",
    "0919876543210",
    "+91 98765 43210",
    "098765-43210",
    "(098765) 43.210",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_a_mobile_is_one_number(text: str) -> None:
    number = parse_number(text)
    assert (number.e164, number.kind, number.country) == ("+919876543210", NumberKind.MOBILE, "IN")
    assert parse_caller(text) == "+919876543210"


mobiles = st.from_regex(r"[6-9][0-9]{9}", fullmatch=True).filter(
    lambda n: phonenumbers.number_type(phonenumbers.parse(n, "IN")) == phonenumbers.PhoneNumberType.MOBILE
)


@given(mobiles, st.sampled_from(["", "0", "91", "0091", "+91", "091"]))
def test_any_indian_mobile_survives_any_prefix(national: str, prefix: str) -> None:
    assert parse_number(prefix + national).e164 == f"+91{national}"


@given(st.text(alphabet="0123456789+ ().-", max_size=26))
def test_a_parsed_number_is_dialable_and_parses_to_itself(text: str) -> None:
    try:
        number = parse_number(text)
    except NumberError:
        return
    assert dialable(number.e164)
    assert parse_number(number.e164) == number


@given(st.text(max_size=40))
def test_any_text_whatever_is_a_caller_or_none_and_never_raises(text: str) -> None:
    caller = parse_caller(text)
    assert caller is None or dialable(caller)


@pytest.mark.parametrize("text", ["1800 103 7378", "18001037378", "1800-103-7378"])
def test_toll_free_numbers_are_told_apart(text: str) -> None:
    assert parse_number(text).kind is NumberKind.TOLL_FREE
    assert parse_number(text).e164 == "+9118001037378"


@pytest.mark.parametrize("code", ["104", "108", "112", "102", "1098", "14416"])
def test_short_codes_are_kept_as_dialled(code: str) -> None:
    number = parse_number(code)
    assert (number.e164, number.kind) == (code, NumberKind.SHORT_CODE)
    assert dialable(code)
    assert parse_caller(code) == code


def test_a_landline_is_no_mobile() -> None:
    number = parse_number("0755-2551234")
    assert (number.e164, number.kind) == ("+917552551234", NumberKind.LANDLINE)


@pytest.mark.parametrize(
    ("text", "e164", "country"),
    [
        ("+44 20 7183 8750", "+442071838750", "GB"),
        ("00442071838750", "+442071838750", "GB"),
        ("+9779841234567", "+9779841234567", "NP"),
        ("+971501234567", "+971501234567", "AE"),
    ],
)
def test_doctors_abroad_have_foreign_numbers(text: str, e164: str, country: str) -> None:
    number = parse_number(text)
    assert (number.e164, number.country) == (e164, country)


def test_a_number_that_may_be_either_counts_as_mobile() -> None:
    assert parse_number("+12025550123").kind is NumberKind.MOBILE


@pytest.mark.parametrize(
    "text",
    [
        "98765abc10",
        "9876543210&PJSIP/x",
        "9876543210\r\nAction: Originate",
        "9876543210\n",
        "98765432१०",
        "tel:9876543210",
        "9876543210,1234",
        "9876543210#",
        "*9876543210",
        "9876543210;ext=5",
        "98765\u00a043210",
        "98+76543210",
        "++919876543210",
        "",
        "12",
        "5551234567",
        "+91104",
        "+91987654321",
        "9" * 30,
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(NumberError) as refusal:
        parse_number(text)
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, ConfigError)
    assert str(refusal.value).count(".") == 1


@pytest.mark.parametrize(
    "text", [None, "", " ", "anonymous", "Anonymous", "unavailable", "Restricted", "unknown", "UNKNOWN", "asterisk"]
)
def test_a_withheld_caller_is_nobody(text: str | None) -> None:
    assert parse_caller(text) is None


@pytest.mark.parametrize(
    ("text", "caller"),
    [
        ("sip:+919876543210@10.0.0.5:5060;user=phone", "+919876543210"),
        ("<sip:09876543210@trunk.example>", "+919876543210"),
        ("tel:+919876543210", "+919876543210"),
        ("tel:9876543210;phone-context=+91", "+919876543210"),
        ("+09876543210", "+919876543210"),
        ("+0919876543210", "+919876543210"),
        ("442071838750", "+442071838750"),
        ("sip:anonymous@anonymous.invalid", None),
        ("2001x", None),
        ("98765\r\n43210", None),
    ],
)
def test_caller_numbers_are_read_as_trunks_send_them(text: str, caller: str | None) -> None:
    assert parse_caller(text) == caller


@pytest.mark.parametrize("text", ["9876543210", "+0123456789", "+91987654321012345", "+91 98765", "12", "104\n", "1;2"])
def test_only_e164_and_short_codes_get_into_a_dial_string(text: str) -> None:
    assert not dialable(text)


def test_a_masked_number_keeps_its_last_four_digits() -> None:
    assert mask("+919876543210") == "••••3210"
    assert mask("104") == "104"
    assert mask(None) == "-"
    assert mask("whoever") == "••••"


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(ConfigError, match="HELPLINE_COUNTRY=XX"):
        parse_number("09876543210", "XX")


def test_parsing_takes_less_than_a_millisecond() -> None:
    parse_number("9876543210")
    began = time.perf_counter()
    for last in range(500):
        parse_caller(f"0919876543{last:03d}")
    assert (time.perf_counter() - began) / 500 < 0.001
