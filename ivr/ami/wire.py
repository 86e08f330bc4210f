"""PURE: AMI's bytes. Splits what arrives into messages, builds what is sent, refuses what could inject a header.

Facts tried on Asterisk 22.10: a message ends with an empty line; a header may repeat (ChanVariable, Output); the
greeting line has no empty line after it; `Result` and `Env` of the AsyncAGI events are URL-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from ivr.errors import IvrError

HeaderValue = str | int | Sequence[str]

_GREETING = b"Asterisk Call Manager/"
_LONGEST_MESSAGE = 1 << 20
# Asterisk reads an AMI line into a buffer of 1,025 bytes and drops what is over.
_LONGEST_LINE = 1024
# What the ActionIDs of actions begin with whose answer nobody waits for. Most that is sent is such, and reading what
# comes back was a third of reading everything.
UNAWAITED = "~"
_UNAWAITED_ANSWERS = tuple(f"Response: {word}\r\nActionID: {UNAWAITED}".encode() for word in ("Success", "Error"))
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_AGI_CALLER = re.compile(r"(?:^|%0A)agi_callerid%3A%20((?:(?!%0A).)*)")
_UNFIT = re.compile(r"[\r\n\0]")


class WireError(IvrError):
    """A message that may not be sent, or bytes that are not AMI."""


class Framer:
    """Collects bytes in whatever pieces they come and yields whole messages, each a dict of headers.

    A header that repeats has its values joined by a line feed. Text is decoded only when a message is whole, so a
    UTF-8 character split over two reads survives (panoramisk's own parser loses it).
    """

    def __init__(self) -> None:
        self._buffer = b""
        self.version = ""

    def feed(self, data: bytes) -> list[dict[str, str]]:
        buffer = self._buffer + data
        if not self.version and buffer.startswith(_GREETING):
            line, end, rest = buffer.partition(b"\r\n")
            if not end:
                self._buffer = buffer
                return []
            self.version = line[len(_GREETING) :].decode("ascii", "replace").strip()
            buffer = rest
        *whole, self._buffer = buffer.split(b"\r\n\r\n")
        if len(self._buffer) > _LONGEST_MESSAGE:
            raise WireError("a message of more than a megabyte is not AMI")
        messages = [parse_message(part) for part in whole if not part.startswith(_UNAWAITED_ANSWERS)]
        return [message for message in messages if message]


def parse_message(raw: bytes) -> dict[str, str]:
    """The headers of one message; lines that are no header are left out."""
    headers: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        key, text = name.strip(), value.removeprefix(" ")
        headers[key] = f"{headers[key]}\n{text}" if key in headers else text
    return headers


def unawaited(action: str, number: int, headers: Mapping[str, HeaderValue]) -> bytes:
    """An action whose answer nobody waits for; `feed` passes over that answer. Refuses what `check_headers` refuses.

    `number` tells it from the other actions of its session.
    """
    check_headers(headers)
    lines = [f"Action: {action}", f"ActionID: {UNAWAITED}{number}"]
    for name, value in headers.items():
        values = [value] if isinstance(value, (str, int)) else value
        lines += [f"{name}: {item}" for item in values]
    return "\r\n".join([*lines, "\r\n"]).encode()


def check_headers(headers: Mapping[str, HeaderValue]) -> None:
    """Refuse names and values that would end the line (CR, LF), cut the text (NUL) or overrun Asterisk's buffer."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise WireError(f"{name!r} is not an AMI header name")
        for item in [value] if isinstance(value, (str, int)) else value:
            text = str(item)
            if _UNFIT.search(text):
                raise WireError(f"the value of {name} contains a line end or NUL")
            if len(name) + 2 + _bytes_of(name, text) > _LONGEST_LINE:
                raise WireError(f"the value of {name} is longer than the {_LONGEST_LINE} bytes Asterisk reads")


def _bytes_of(name: str, text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise WireError(f"the value of {name} cannot be written as UTF-8") from None


@dataclass(frozen=True)
class AgiResult:
    """What an AGI command answered: `200 result=1 (45)` is code 200, result "1", data "45"."""

    code: int
    result: str
    data: str


def parse_agi_result(encoded: str) -> AgiResult:
    """The `Result` header of an AsyncAGIExec event."""
    text = unquote(encoded).strip()
    match = re.match(r"(\d{3})[ -](?:result=(\S*))?\s*(?:\((.*)\))?", text, re.DOTALL)
    if not match:
        return AgiResult(0, "", text)
    return AgiResult(int(match[1]), match[2] or "", match[3] or "")


def agi_caller(encoded: str) -> str:
    """agi_callerid alone of an `Env` header; reading all of it at each arrival costs more than what it is for."""
    found = _AGI_CALLER.search(encoded)
    return unquote(found[1]) if found else ""


def parse_agi_environment(encoded: str) -> dict[str, str]:
    """The `Env` header of an AsyncAGIStart event: agi_callerid, agi_extension, agi_uniqueid, …"""
    pairs = (line.partition(": ") for line in unquote(encoded).splitlines())
    return {name: value for name, separator, value in pairs if separator}
