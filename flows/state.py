"""PURE: where somebody stands in a flow. Frozen, small, round-trips through JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from flows.events import Item

Waiting = Literal["", "input", "playback", "bridge", "transfer", "service", "recording", "ended"]


@dataclass(frozen=True)
class FlowState:
    """`waiting` says which event is awaited: exactly one, until the flow has ended.

    `retries` counts wrong keys and silences at `node`; `holds` what was heard since an announcement was due, itself
    included; `announcements` how often it was said that nobody is free, `tips` how many tips were; `position` and
    `wait` are the last Placed, `led` whether somebody was led on because nobody is on duty, or the queue full; `steps`
    counts everything, as a bound on endless loops. `said`
    waits to be said with the next prompt, `page` is the page of the list that is offered, `digits` what was keyed and
    is being read back, `full` says that the last digits ended without the # that may still come (which then repeats
    what was `put_before` the question that follows them), `seeking` is the node whose search goes on, there or while
    its questions are asked. `answers` are the flow's variables, `phrases` what the things chosen are called.
    """

    flow: str
    version: str
    node: str
    waiting: Waiting = ""
    retries: int = 0
    holds: int = 0
    announcements: int = 0
    tips: int = 0
    position: int = 0
    wait: str = ""
    nobody_free: bool = False
    led: bool = False
    callback_possible: bool = True
    sms_possible: bool = True
    greeted: bool = False
    steps: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lists: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    page: int = 0
    digits: str = ""
    full: bool = False
    put_before: tuple[str, ...] = ()
    seeking: str = ""

    @property
    def ended(self) -> bool:
        return self.waiting == "ended"
