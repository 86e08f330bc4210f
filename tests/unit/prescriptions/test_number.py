"""A slip's number is read out on the telephone: it cannot be guessed, and a misheard one is noticed."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prescriptions.errors import SlipNumberError
from prescriptions.number import new_slip_number, parse_slip_number

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
numbers = st.builds(new_slip_number)


def test_a_thousand_numbers_are_readable_and_all_different() -> None:
    drawn = {new_slip_number() for _ in range(1000)}
    assert len(drawn) == 1000
    for number in drawn:
        assert re.fullmatch(rf"P-[{SYMBOLS}]{{4}}-[{SYMBOLS}]{{4}}-[{SYMBOLS}]", number)
        assert number[2] != "P"


@given(numbers)
def test_a_number_is_understood_however_it_is_written(number: str) -> None:
    bare = number.replace("-", "")
    for spelling in (number, number.lower(), bare, bare[1:], f" {number} ", number.replace("-", " ")):
        assert parse_slip_number(spelling) == number
    assert parse_slip_number(number[:2] + number[2:].replace("0", "O").replace("1", "l")) == number


@given(numbers, st.integers(0, 8), st.sampled_from(SYMBOLS))
def test_any_one_misheard_symbol_is_noticed(number: str, place: int, heard: str) -> None:
    symbols = list(number[2:].replace("-", ""))
    assume(symbols[place] != heard)
    symbols[place] = heard
    with pytest.raises(SlipNumberError):
        parse_slip_number("P-" + "".join(symbols))


@given(numbers, st.integers(0, 7))
def test_two_neighbours_swapped_are_noticed(number: str, place: int) -> None:
    symbols = list(number[2:].replace("-", ""))
    assume(symbols[place] != symbols[place + 1])
    symbols[place], symbols[place + 1] = symbols[place + 1], symbols[place]
    with pytest.raises(SlipNumberError):
        parse_slip_number("P-" + "".join(symbols))


@given(numbers, st.integers(0, 8))
def test_a_missing_symbol_is_noticed(number: str, place: int) -> None:
    symbols = number[2:].replace("-", "")
    with pytest.raises(SlipNumberError):
        parse_slip_number("P-" + symbols[:place] + symbols[place + 1 :])


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = parse_slip_number(text)
    except SlipNumberError:
        return
    assert parse_slip_number(number) == number
