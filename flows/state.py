"""PURE: where somebody stands in a flow. Frozen, small, round-trips through JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Waiting = Literal["", "input", "playback", "bridge", "transfer", "ended"]


@dataclass(frozen=True)
class FlowState:
    """`waiting` says which event is awaited: exactly one, until the flow has ended.

    `retries` counts wrong keys and silences at `node`; `holds` stretches of music since the last announcement;
    `announcements` how often "all doctors are busy" was said; `steps` everything, as a bound on endless loops.
    """

    flow: str
    version: str
    node: str
    waiting: Waiting = ""
    retries: int = 0
    holds: int = 0
    announcements: int = 0
    nobody_free: bool = False
    callback_possible: bool = True
    greeted: bool = False
    steps: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.waiting == "ended"
