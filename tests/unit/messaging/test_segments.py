"""What an SMS costs, at every boundary where the price changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.segments import Encoding, segment


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", Encoding.GSM7, 1),
        ("a" * 160, Encoding.GSM7, 1),
        ("a" * 161, Encoding.GSM7, 2),
        ("a" * 306, Encoding.GSM7, 2),
        ("a" * 307, Encoding.GSM7, 3),
        ("€" * 80, Encoding.GSM7, 1),
        ("€" * 81, Encoding.GSM7, 2),
        ("€" * 152, Encoding.GSM7, 2),  # 76 a part: an odd septet stays empty rather than split an escape
        ("€" * 153, Encoding.GSM7, 3),
        ("a" * 158 + "€", Encoding.GSM7, 1),
        ("a" * 159 + "€", Encoding.GSM7, 2),
        ("क" * 70, Encoding.UCS2, 1),
        ("क" * 71, Encoding.UCS2, 2),
        ("क" * 134, Encoding.UCS2, 2),
        ("क" * 135, Encoding.UCS2, 3),
        ("😀" * 35, Encoding.UCS2, 1),
        ("😀" * 36, Encoding.UCS2, 2),
        ("😀" * 66, Encoding.UCS2, 2),  # 33 a part: 67 units hold no half pair
        ("😀" * 67, Encoding.UCS2, 3),
        ("a" * 70 + "`", Encoding.UCS2, 2),  # the backtick is in no table: one character makes the whole text dearer
        ("ç", Encoding.UCS2, 1),  # only the capital cedilla is in the default alphabet
        ("Ç", Encoding.GSM7, 1),
        ("₹", Encoding.UCS2, 1),
        ("[]{}\\^~|\f", Encoding.GSM7, 1),
    ],
)
def test_a_text_costs_what_the_network_charges(text: str, encoding: Encoding, count: int) -> None:
    segments = segment(text)
    assert (segments.encoding, segments.count) == (encoding, count)


def test_a_part_ends_before_an_escape_it_cannot_hold() -> None:
    assert [len(part) for part in segment("a" * 152 + "€" + "a" * 20).parts] == [152, 21]


def test_a_part_ends_before_a_surrogate_pair_it_cannot_hold() -> None:
    assert [len(part) for part in segment("क" * 66 + "😀" + "क" * 20).parts] == [66, 21]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_parts_join_to_the_text_and_each_fits_into_140_octets(text: str) -> None:
    segments = segment(text)
    assert "".join(segments.parts) == text
    for part in segments.parts:
        if segments.encoding is Encoding.UCS2:
            assert len(part.encode("utf-16-be")) // 2 <= (70 if segments.count == 1 else 67)
        else:
            septets = sum(2 if c in "\f^{}\\[~]|€" else 1 for c in part)
            assert septets <= (160 if segments.count == 1 else 153)
