"""PURE: what can happen to somebody in a flow. Past tense, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Started:
    """The call is answered and the flow begins."""


@dataclass(frozen=True)
class Keyed:
    """Keys were pressed at a question; `digits` holds 0-9 and *, never the ending #, and may be empty (only #)."""

    digits: str


@dataclass(frozen=True)
class Silent:
    """The question's time ran out without a key, or a stretch of music ended."""


@dataclass(frozen=True)
class Played:
    """A prompt that asks nothing has ended."""


@dataclass(frozen=True)
class NobodyFree:
    """The search found no doctor for now. `reason`: nobody_on_duty | all_busy | all_declined | queue_full."""

    reason: str = "all_busy"


@dataclass(frozen=True)
class Placed:
    """Where the person stands among those who wait, from 1 (0: not known), and for about how long.

    `wait` is a number of minutes, `long` for more than can be told, or empty where nobody knows.
    """

    position: int
    wait: str = ""


@dataclass(frozen=True)
class Bridged:
    """The person talks to somebody; the outstanding question is void."""


@dataclass(frozen=True)
class BridgeEnded:
    """The other party has left and the person is back in the flow."""


@dataclass(frozen=True)
class SoughtAgain:
    """The talk is over before its time, and another doctor is looked for already; `prompts` say why."""

    prompts: tuple[str, ...]


@dataclass(frozen=True)
class TransferEnded:
    """A transfer (the ambulance) is over; `answered` tells whether anybody was reached."""

    answered: bool


@dataclass(frozen=True)
class Item:
    """One of a list to choose from: what the flow remembers of it, and the prompts that name it."""

    value: str
    phrase: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """A service has answered: its outcome, the variables it fills and the lists. `failed` is always possible."""

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """A recording is over; `file` is empty where nothing was said."""

    file: str


FlowEvent = (
    Started
    | Keyed
    | Silent
    | Played
    | NobodyFree
    | Placed
    | Bridged
    | BridgeEnded
    | SoughtAgain
    | TransferEnded
    | Served
    | Recorded
)
