"""What an SMS costs: its encoding and its parts.

3GPP TS 23.038: the GSM 7-bit default alphabet, whose extension table costs two septets a character, else UCS-2 in
16-bit units. 3GPP TS 23.040: 140 octets a message, six of them taken by the header that joins parts. So 160 septets
alone and 153 joined, 70 units alone and 67 joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Segments:
    """`parts` are the texts of the messages a phone joins again; an empty text is one empty part."""

    encoding: Encoding
    parts: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.parts)


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


def segment(text: str) -> Segments:
    """Encode in GSM-7 where every character allows it, else UCS-2, and cut where the network would.

    Neither an escaped character nor a surrogate pair is ever split between two parts.
    """
    encoding = Encoding.GSM7 if all(c in _BASIC or c in _EXTENSION for c in text) else Encoding.UCS2
    cost = _septets if encoding is Encoding.GSM7 else _utf16_units
    if sum(map(cost, text)) <= _ALONE[encoding]:
        return Segments(encoding, (text,))
    return Segments(encoding, tuple(_cut(text, cost, _JOINED[encoding])))


def _septets(character: str) -> int:
    return 2 if character in _EXTENSION else 1


def _utf16_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, cost: Callable[[str], int], limit: int) -> Iterable[str]:
    start, used = 0, 0
    for index, character in enumerate(text):
        if used + cost(character) > limit:
            yield text[start:index]
            start, used = index, 0
        used += cost(character)
    yield text[start:]
