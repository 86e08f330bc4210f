"""Slows down guessing: after five failures for one user name from one address, signing in waits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

FAILURES_ALLOWED = 5
WINDOW_SECONDS = 300.0
_KEYS_KEPT = 10_000  # an attacker who varies names must not fill the memory


@dataclass
class _Attempts:
    count: int
    first_at: float


class SignInThrottle:
    """Counts attempts by (user name, address). In memory: there is one web process, and a restart forgives.

    An attempt counts as failed from its beginning, so that a hundred at once are not a hundred free guesses;
    success takes the count back.
    """

    def __init__(self) -> None:
        self._attempts: OrderedDict[tuple[str, str], _Attempts] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, username: str, address: str, now: float) -> float | None:
        """Register an attempt at `now` (monotonic seconds). Seconds to wait when it is refused, else None."""
        key = (username, address)
        with self._lock:
            attempts = self._attempts.get(key)
            if attempts is None or now - attempts.first_at >= WINDOW_SECONDS:
                attempts = self._attempts[key] = _Attempts(0, now)
                self._attempts.move_to_end(key)
            if attempts.count >= FAILURES_ALLOWED:
                return max(1.0, attempts.first_at + WINDOW_SECONDS - now)
            attempts.count += 1
            while len(self._attempts) > _KEYS_KEPT:
                self._attempts.popitem(last=False)
            return None

    def succeeded(self, username: str, address: str) -> None:
        """Forget the failures: this was the right person."""
        with self._lock:
            self._attempts.pop((username, address), None)
