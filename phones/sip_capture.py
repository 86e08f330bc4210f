"""PURE: reads the packet captures of Asterisk's SIP logger, so that tests can read every message on the wire."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_FILE_HEADER, _PACKET_HEADER = 24, 16
_ETHERNET, _IP, _UDP = 14, 20, 8


@dataclass(frozen=True)
class SipMessage:
    """One message as seen by the network: `direction` is "sent" or "received", `at` seconds since the epoch."""

    direction: str
    at: float
    text: str
    call_id: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\r\n")[0]

    @property
    def method(self) -> str:
        """The request's method; for a response the method it answers."""
        match = re.search(r"^CSeq:\s*\d+\s+(\S+)", self.text, re.MULTILINE | re.IGNORECASE)
        return match[1] if match else ""

    @property
    def status(self) -> int | None:
        """A response's status code; None for a request."""
        match = re.match(r"SIP/2\.0 (\d{3})", self.text)
        return int(match[1]) if match else None

    def header(self, name: str) -> str | None:
        match = re.search(rf"^{re.escape(name)}\s*:\s*(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return match[1] if match else None


def read_capture(data: bytes) -> Iterator[SipMessage]:
    """The messages of one capture file (classic pcap, Ethernet, IPv4, UDP); a torn last packet is left out.

    Asterisk writes the address of its own end as 0.0.0.0:0, which tells the direction.
    """
    position = _FILE_HEADER
    while position + _PACKET_HEADER <= len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, position)
        position += _PACKET_HEADER
        packet = data[position : position + size]
        position += size
        if len(packet) < size or packet[12:14] != b"\x08\x00":
            continue
        udp = packet[_ETHERNET + _IP :]
        source = int.from_bytes(udp[0:2], "big")
        text = udp[_UDP:].decode("utf-8", "replace")
        call_id = re.search(r"^(?:Call-ID|i)\s*:\s*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
        yield SipMessage(
            "sent" if source == 0 else "received",
            seconds + micros / 1e6,
            text,
            call_id[1] if call_id else "",
        )
