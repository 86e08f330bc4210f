"""SMPP's fields octet by octet, and the alphabet of 3GPP TS 23.038, for the SMSC on loopback."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

SEPTETS = {
    **{chr(code): code for code in range(0x20, 0x7F) if chr(code) not in "$@[\\]^_`{|}~"},
    **{"@": 0x00, "£": 0x01, "$": 0x02, "¥": 0x03, "è": 0x04, "é": 0x05, "ù": 0x06, "ì": 0x07, "ò": 0x08, "Ç": 0x09},
    **{"\n": 0x0A, "Ø": 0x0B, "ø": 0x0C, "\r": 0x0D, "Å": 0x0E, "å": 0x0F, "Δ": 0x10, "_": 0x11, "Φ": 0x12, "Γ": 0x13},
    **{"Λ": 0x14, "Ω": 0x15, "Π": 0x16, "Ψ": 0x17, "Σ": 0x18, "Θ": 0x19, "Ξ": 0x1A, "Æ": 0x1C, "æ": 0x1D, "ß": 0x1E},
    **{"É": 0x1F, "¤": 0x24, "¡": 0x40, "Ä": 0x5B, "Ö": 0x5C, "Ñ": 0x5D, "Ü": 0x5E, "§": 0x5F, "¿": 0x60, "ä": 0x7B},
    **{"ö": 0x7C, "ñ": 0x7D, "ü": 0x7E, "à": 0x7F},
}
_BASIC = {code: character for character, code in SEPTETS.items()}
_ESCAPED = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


@dataclass(frozen=True)
class Submit:
    source: str
    destination: str
    esm_class: int
    coding: int
    registered: int
    octets: bytes
    tlvs: Mapping[int, bytes]


def read_submit(body: bytes) -> Submit:
    _service, body = body.split(b"\0", 1)
    source, body = body[2:].split(b"\0", 1)
    destination, body = body[2:].split(b"\0", 1)
    esm_class, body = body[0], body[3:]
    _schedule, _validity, body = body.split(b"\0", 2)
    registered, _replace, coding, _default, length = body[:5]
    octets, rest = body[5 : 5 + length], body[5 + length :]
    tlvs = {}
    while rest:
        tag, size = struct.unpack(">HH", rest[:4])
        tlvs[tag], rest = rest[4 : 4 + size], rest[4 + size :]
    return Submit(source.decode("ascii"), destination.decode("ascii"), esm_class, coding, registered, octets, tlvs)


def text_of(octets: bytes, coding: int) -> str:
    """data_coding 0 is one septet an octet, 8 is UCS-2; the gateway has no other."""
    if coding == 8:
        return octets.decode("utf-16-be")
    assert coding == 0, f"data_coding {coding}"
    text, codes = "", iter(octets)
    for code in codes:
        text += _ESCAPED[next(codes)] if code == 0x1B else _BASIC[code]
    return text


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


def exactly(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        piece = connection.recv(size - len(read))
        if not piece:
            raise EOFError
        read += piece
    return read
