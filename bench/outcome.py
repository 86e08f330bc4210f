"""PURE: what became of one segment of calls on one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.plan import Segment


@dataclass(frozen=True)
class Outcome:
    """One segment on one side. `recorded` calls stand in the journal (or call records) as they should.

    `cpu` is seconds by process, `delays` seconds from the accepting key to the tone; `problems` are in words.
    """

    side: str
    segment: Segment
    attempted: int
    successful: int
    recorded: int
    cpu: Mapping[str, float]
    delays: tuple[float, ...]
    problems: tuple[str, ...]

    @property
    def failed(self) -> int:
        """A call counts as served only when those who made it and the records agree."""
        return self.attempted - min(self.successful, self.recorded)

    @property
    def cpu_per_call(self) -> dict[str, float]:
        """Milliseconds by process."""
        return {name: seconds * 1000 / self.attempted for name, seconds in self.cpu.items()}
