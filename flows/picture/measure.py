"""PURE: how wide words are, and how they are broken into lines: there is no font here, so widths are on the safe side.

The figures are those of DejaVu Sans and Lohit Devanagari, which are wider than what most screens show.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_NARROW = frozenset("iljtfr.,:;'!|()[] /-")
_WIDE = frozenset("mwMW@%—")
_VIRAMA = "\u094d"
_LONG_SIGNS = frozenset("ािीोौःॉ")


def width(text: str, size: float, bold: bool = False) -> float:
    """An upper estimate of the width of `text`, in the unit of the font's `size`."""
    ems = sum(_ems(character, text[at + 1 : at + 2]) for at, character in enumerate(text))
    return ems * size * (1.1 if bold else 1.0)


def _ems(character: str, following: str) -> float:
    if "\u0900" <= character <= "\u097f":
        return _devanagari(character, following)
    if unicodedata.combining(character):
        return 0.0
    if character in _NARROW:
        return 0.4
    if character in _WIDE:
        return 0.98
    return 0.72 if character.isupper() or ord(character) > 0x24F else 0.64


def _devanagari(character: str, following: str) -> float:
    if character in _LONG_SIGNS:
        return 0.34
    if unicodedata.category(character) == "Mn":
        return 0.0
    if character == "।":
        return 0.35
    if "\u0904" <= character <= "\u0914":  # the independent vowels
        return 0.98
    # A consonant with a virama is written as a half letter before the next.
    return 0.5 if following == _VIRAMA else 0.74


def wrap(text: str, size: float, widest: float, most_lines: int, bold: bool = False) -> tuple[str, ...]:
    """`text` in at most `most_lines` lines no wider than `widest`; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold) <= widest:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = lines[:most_lines]
    if len(lines) > most_lines:
        kept[-1] += " …"
    return tuple(_cut(line, size, widest, bold) for line in kept)


def _cut(line: str, size: float, widest: float, bold: bool) -> str:
    if width(line, size, bold) <= widest:
        return line
    kept = line.removesuffix("…").rstrip()
    while kept and width(kept + "…", size, bold) > widest:
        kept = _shorter(kept)
    return kept.rstrip(" ,।-") + "…"


def _shorter(text: str) -> str:
    """Without the last letter and the signs it carries."""
    at = len(text) - 1
    while at > 0 and unicodedata.category(text[at]) in {"Mn", "Mc"}:
        at -= 1
    return text[:at].removesuffix(_VIRAMA)


def widest(lines: Sequence[str], size: float, bold: bool = False) -> float:
    """The width of the widest line."""
    return max((width(line, size, bold) for line in lines), default=0.0)
