"""A name is cut where a reader would cut it: never between a letter and its marks, nor inside a conjunct."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
_VIRAMA = 9  # Unicode's canonical combining class of every Indic virama


def units(text: str) -> int:
    """The text's length in UTF-16 units.

    Which unit the operators count in is not published ("30 characters, English and Unicode both"); no unit of theirs
    makes a text longer than this one, for a text in NFC.
    """
    return len(text) + sum(character > "\uffff" for character in text)


def is_cut(text: str, at: int) -> bool:
    """Whether a reader would see two whole letters on either side of position `at`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after in JOINERS or unicodedata.category(after).startswith("M"):
        return False
    last = text[:at].rstrip(JOINERS)[-1:]
    joined = before in JOINERS or unicodedata.combining(before) == _VIRAMA
    return not (joined and last and unicodedata.combining(last) == _VIRAMA and unicodedata.category(after)[0] == "L")


def cut(text: str, most: int) -> str:
    """The beginning of `text` within `most` units: whole words where that leaves at least half, else whole letters.

    Empty where not even the first letter with its marks fits.
    """
    if units(text) <= most:
        return text
    end = next((at for at in range(min(len(text) - 1, most), 0, -1) if _fits(text, at, most)), 0)
    letters, words = text[:end].rstrip(), _whole_words(text, end)
    return words if units(words) * 2 >= most else letters


def _fits(text: str, at: int, most: int) -> bool:
    return units(text[:at]) <= most and is_cut(text, at)


def _whole_words(text: str, end: int) -> str:
    head = text[:end] if text[end : end + 1] == " " else text[:end].rpartition(" ")[0]
    return head.rstrip(" ,;:-/&(")
