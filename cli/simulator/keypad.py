"""The terminal's keyboard as a telephone's keypad: single keys on a terminal, lines from anywhere else."""

from __future__ import annotations

import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

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

    def pressed(self, seconds: float) -> bool:
        """Whether a key waits to be taken; waits up to `seconds` for one."""
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

    def pressed(self, seconds: float) -> bool:
        return False


class TerminalKeypad:
    """Keys count as they are pressed, also while a prompt is heard; Enter is silence, or ends digits."""

    def __init__(self, source: TextIO) -> None:
        self._source = source

    def press(self, longest: int, words: str = "") -> str:
        with self._key_by_key():
            keys = self._keys(longest, words)
        print(flush=True)
        return keys

    def line(self) -> str:
        text = self._source.readline()
        return text.strip() if text else HANG_UP

    def pressed(self, seconds: float) -> bool:
        with self._key_by_key():
            return bool(select.select([self._source], [], [], seconds)[0])

    def _keys(self, longest: int, words: str) -> str:
        keys = ""
        while len(keys) < longest:
            key = self._source.read(1) or HANG_UP
            if key in (HANG_UP, *words) and not keys:
                return key
            if key in "\r\n":
                return keys
            if key == "#":
                return f"{keys}#"
            if key in _DIGITS:
                keys += key
                print(key, end="", flush=True)
        return keys

    @contextmanager
    def _key_by_key(self) -> Iterator[None]:
        before = termios.tcgetattr(self._source)
        try:
            tty.setcbreak(self._source, termios.TCSANOW)  # what was pressed already still counts
            yield
        finally:
            termios.tcsetattr(self._source, termios.TCSANOW, before)


def keypad(source: TextIO | None = None) -> Keypad:
    """The keypad that fits `source` (default: stdin)."""
    source = source or sys.stdin
    return TerminalKeypad(source) if source.isatty() else LineKeypad(source)
