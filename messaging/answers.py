"""What gateways have answered, kept until the database takes it: to lose it would bring a sent message in doubt."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from config.database import DatabaseAway
from messaging.recording import Answered

log = logging.getLogger(__name__)

# In one transaction: SQLite's write lock is the controller's too, which must not wait while somebody is on the line.
TOGETHER = 16
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, DatabaseAway)
_SECONDS_UNTIL_ONCE_MORE = 60.0


class Answers:
    """`put` from any thread; the rest from the worker's own. `write` records a few in one transaction."""

    def __init__(self, write: Callable[[list[Answered]], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._new: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._waiting: list[Answered] = []
        self._refused: list[Answered] = []
        self._refused_at = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits that could be recorded now."""
        return self._new.empty() and not self._waiting

    def put(self, answered: Answered) -> None:
        self._new.put(answered)

    def record(self) -> None:
        """Write everything down; raises one of DATABASE_AWAY where that is not to be had."""
        with suppress(queue.Empty):
            while True:
                self._waiting.append(self._new.get_nowait())
        if self._refused and self._clock() - self._refused_at >= _SECONDS_UNTIL_ONCE_MORE:
            self._waiting, self._refused = self._waiting + self._refused, []
        while self._waiting:
            batch = self._waiting[:TOGETHER]
            try:
                self._write(batch)
            except DATABASE_AWAY:
                raise
            except Exception:
                self._write_singly(batch)
            del self._waiting[: len(batch)]

    def _write_singly(self, batch: list[Answered]) -> None:
        # One that cannot be written must not hold up all others.
        for answered in batch:
            try:
                self._write([answered])
            except DATABASE_AWAY:
                raise
            except Exception:
                log.exception("what became of message %s cannot be recorded yet", answered.message_id)
                self._refused.append(answered)
                self._refused_at = self._clock()
