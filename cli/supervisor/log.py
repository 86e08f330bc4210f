"""One readable log of all services: each line with its time and who said it, on the terminal and in a rotated file."""

import logging
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from config.clock import utc_now

_BYTES_PER_FILE = 10_000_000
_FILES_KEPT = 5
_REMEMBERED_LINES = 200
_COLOURS = ("36", "32", "35", "34", "33")


def printable(line: str) -> str:
    """The line without control characters: a stranger's SIP header must not steer the reader's terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)


class ServiceLog:
    """Takes lines from any thread. They go to `folder`/helpline.log and, unless `quiet`, to `terminal` (or stderr)."""

    def __init__(
        self,
        names: Sequence[str],
        folder: Path | None = None,
        terminal: TextIO | None = None,
        *,
        quiet: bool | None = None,
    ) -> None:
        # A terminal that was given is to be used; without one, silence is the default.
        terminal = None if quiet else terminal or (sys.stderr if quiet is False else None)
        self._width = max((len(name) for name in names), default=0)
        self._colour_of = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
        self._terminal = terminal
        self._colour = terminal is not None and terminal.isatty()
        self._lock = threading.Lock()
        self._remembered: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_REMEMBERED_LINES))
        self._file = _rotated(folder) if folder else None

    def write(self, name: str, line: str) -> None:
        """One line of what `name` said."""
        now = utc_now().astimezone()
        line = printable(line)
        with self._lock:
            self._remembered[name].append(line)
            if self._file:
                stamp = now.strftime("%Y-%m-%d %H:%M:%S.") + f"{now.microsecond // 1000:03d}" + now.strftime("%z")
                self._file.emit(_record(f"{stamp} {name:<{self._width}} | {line}"))
            if self._terminal:
                self._show(f"{now:%H:%M:%S} {name:<{self._width}} |", name, line)

    def said(self, name: str) -> list[str]:
        """The last lines of one service, oldest first."""
        with self._lock:
            return list(self._remembered[name])

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _show(self, prefix: str, name: str, line: str) -> None:
        assert self._terminal is not None
        if self._colour:
            prefix = f"\x1b[{self._colour_of.get(name, '1')}m{prefix}\x1b[0m"
        try:
            self._terminal.write(f"{prefix} {line}\n")
            self._terminal.flush()
        except (OSError, ValueError):  # the terminal was closed; the file goes on
            self._terminal = None


def terminal_log(names: Sequence[str], folder: Path) -> ServiceLog:
    """The log of `./helpline up`: on stderr and in `folder`/helpline.log."""
    return ServiceLog(names, folder, quiet=False)


def _rotated(folder: Path) -> RotatingFileHandler:
    folder.mkdir(parents=True, exist_ok=True)
    return RotatingFileHandler(
        folder / "helpline.log", maxBytes=_BYTES_PER_FILE, backupCount=_FILES_KEPT, encoding="utf-8", delay=True
    )


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("helpline", logging.INFO, "", 0, text, None, None)
