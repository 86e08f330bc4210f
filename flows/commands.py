"""PURE: what a flow wants done. Imperative, no behaviour; the performer is ivr/performer.py or a simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ask:
    """Play `prompts` (keys interrupt) and collect at most `max_digits` keys. Answered by Keyed or Silent.

    `seconds` is how long to wait for the first key after the prompts. With `music` they are the whole, prompts
    included: the rest is music. One that is `passing` is one of many alike: nothing is lost if a successor knows only
    an earlier one.
    """

    prompts: tuple[str, ...]
    max_digits: int
    seconds: float
    music: bool = False
    passing: bool = False


@dataclass(frozen=True)
class Play:
    """Play `prompts` to their end. Answered by Played."""

    prompts: tuple[str, ...]


@dataclass(frozen=True)
class Seek:
    """Look for a doctor of `category`, and go on looking. Answered by NobodyFree (any number of times) or Bridged.

    `skills` are what the doctor must have besides, such as hub:12; `priority` who goes before others in the queue;
    `gender` of the doctor who would be liked best.
    """

    category: str
    priority: str = ""
    skills: tuple[str, ...] = ()
    gender: str = ""


@dataclass(frozen=True)
class StopSeeking:
    """The person does not wait for a doctor any more."""


@dataclass(frozen=True)
class Transfer:
    """Connect the person to `target` (ambulance, tele_manas, …). Answered by TransferEnded."""

    target: str
    prompts: tuple[str, ...]


@dataclass(frozen=True)
class RequestCallback:
    """Store that the caller wants to be called back."""

    category: str


@dataclass(frozen=True)
class Serve:
    """Ask a service (flows/services.py). Answered by Served, with the outcome `failed` after about two seconds."""

    service: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordMessage:
    """Play `prompts` and a tone, then record for at most `seconds`. Answered by Recorded."""

    prompts: tuple[str, ...]
    seconds: int


@dataclass(frozen=True)
class Sms:
    """Send the caller a message."""

    template: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something for the journal (cdr/events.py)."""

    kind: str
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Conclude:
    """The flow's answer to whoever started it: accepted, declined, advice, …; the flow itself may go on."""

    result: str


@dataclass(frozen=True)
class HangUp:
    """The flow is over; end the call leg."""


FlowCommand = (
    Ask
    | Play
    | Seek
    | StopSeeking
    | Transfer
    | RequestCallback
    | Serve
    | RecordMessage
    | Sms
    | Note
    | Conclude
    | HangUp
)
