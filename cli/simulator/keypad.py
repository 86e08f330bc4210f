"""The terminal's keyboard as a telephone's keypad: single keys on a terminal, lines from anywhere else."""

from __future__ import annotations

import sys
from typing import Protocol, TextIO

try:
    import termios
    import tty
except ImportError:  # not on this system: lines then
    termios = tty = None  # type: ignore[assignment]

HANG_UP = "q"
_DIGITS = "0123456789*"


class Keypad(Protocol):
    """Where answers come from."""

    def press(self, longest: int, words: str = "") -> str:
        """At most `longest` digits, ended by # or Enter, or one of `words` at once; "" is silence, "q" hangs up."""
        ...

    def line(self) -> str:
        """A line for a question that is not the caller's."""
        ...


class LineKeypad:
    """Answers typed line by line, as from a pipe; the end of the input hangs up."""

    def __init__(self, source: TextIO) -> None:
        self._source = source

    def press(self, longest: int, words: str = "") -> str:
        return self.line()

    def line(self) -> str:
        text = self._source.readline()
        answer = text.strip() if text else HANG_UP
        print(answer, flush=True)  # a terminal shows what is typed, a pipe does not
        return answer


class TerminalKeypad(LineKeypad):
    """Keys count as they are pressed; Enter is silence, or ends digits."""

    def line(self) -> str:
        text = self._source.readline()
        return text.strip() if text else HANG_UP

    def press(self, longest: int, words: str = "") -> str:
        keys = self._keys(longest, words)
        print(flush=True)
        return keys

    def _keys(self, longest: int, words: str) -> str:
        keys = ""
        while True:
            key = self._key()
            if key in (HANG_UP, *words) and not keys:
                return key
            if key in "\r\n":
                return keys
            if key == "#":
                return f"{keys}#"
            if key in _DIGITS:
                keys += key
                print(key, end="", flush=True)
                if len(keys) >= longest:
                    return keys

    def _key(self) -> str:
        number = self._source.fileno()
        before = termios.tcgetattr(number)
        try:
            tty.setcbreak(number)
            key = self._source.read(1)
        finally:
            termios.tcsetattr(number, termios.TCSADRAIN, before)
        return key or HANG_UP


def keypad(source: TextIO | None = None) -> Keypad:
    """The keypad that fits `source` (default: stdin)."""
    source = source or sys.stdin
    return TerminalKeypad(source) if termios is not None and source.isatty() else LineKeypad(source)
