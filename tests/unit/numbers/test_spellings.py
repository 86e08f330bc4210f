"""However an operator delivers a number that was dialled, it is found."""

from __future__ import annotations

import pytest

from config.numbers import parse_number, spellings


def test_a_number_is_delivered_with_or_without_plus_country_code_and_trunk_prefix() -> None:
    written = ("+9118001037378", "9118001037378", "18001037378", "018001037378")
    assert spellings("+9118001037378") == written
    assert {parse_number(each).e164 for each in written} == {"+9118001037378"}


@pytest.mark.parametrize("short", ["104", "1098", "14416"])
def test_a_short_code_is_delivered_as_it_is(short: str) -> None:
    assert spellings(short) == (short,)
