"""Whoever may write to us may not fill the disk: so many lines of a kind a minute, then only how many there were."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

_WINDOW_SECONDS = 60.0


class SparingLog:
    """`warning` as a logger has it, at most `most` times a minute; what was left out is counted with the next line."""

    def __init__(self, log: logging.Logger, most: int = 20, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._most, self._clock = log, most, clock
        self._guard = threading.Lock()
        self._began, self._count = float("-inf"), 0

    def warning(self, message: str, *arguments: Any) -> None:
        """Never a telephone number, a text or a secret among the arguments: they end in a file."""
        left_out = self._left_out()
        if left_out is None:
            return
        if left_out:
            self._log.warning("%d further lines like the next one were left out", left_out)
        self._log.warning(message, *arguments)

    def _left_out(self) -> int | None:
        """How many lines were left out before this one; None: this one is, too."""
        with self._guard:
            now, left_out = self._clock(), 0
            if now - self._began >= _WINDOW_SECONDS:
                left_out = max(0, self._count - self._most)
                self._began, self._count = now, 0
            self._count += 1
            return left_out if self._count <= self._most else None


class Budget:
    """So many at once, and so many more each second: what strangers may make us store."""

    def __init__(self, most: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._per_second, self._clock = most, per_second, clock
        self._guard = threading.Lock()
        self._left, self._at = most, clock()

    def spend(self) -> bool:
        """Take one; False where nothing is left."""
        with self._guard:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
