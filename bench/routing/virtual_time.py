"""PURE: a clock that only moves when there is nothing left to do at its moment."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Work = Callable[[], None]


class VirtualTime:
    """`now` is in seconds. What is due at the same moment is done in the order in which it was asked for."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self._due: list[tuple[float, int, Work]] = []
        self._order = itertools.count()

    def at(self, moment: float, work: Work) -> None:
        """Do `work` then; what is due in the past is done now."""
        heapq.heappush(self._due, (max(moment, self.now), next(self._order), work))

    def after(self, seconds: float, work: Work) -> None:
        self.at(self.now + seconds, work)

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._due:
            self.now, _, work = heapq.heappop(self._due)
            work()
