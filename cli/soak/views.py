"""PURE: what each of the three views tells of a run; every moment is in seconds since the run began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Span:
    """A stretch of time; `end` is included."""

    start: float
    end: float

    def touches(self, start: float, end: float) -> bool:
        return self.start <= end and start <= self.end


# --- the telephones -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhoneLeg:
    """A call as its phone saw it. `silences` are of what it heard, as long as they deserve a look."""

    number: str
    other: str
    incoming: bool
    began: float
    rang: float | None
    answered: float | None
    ended: float
    ended_here: bool
    pressed: Sequence[tuple[str, float]] = ()
    silences: Sequence[Span] = ()
    vanished: float | None = None

    @property
    def keys(self) -> str:
        return "".join(key for key, _ in self.pressed)

    def pressed_by(self, moment: float) -> str:
        return "".join(key for key, at in self.pressed if at <= moment)


# --- the witness in Asterisk --------------------------------------------------------------------------------------


@dataclass
class Channel:
    """A channel as the witness saw it; `number` is the telephone at its other end."""

    id: str
    name: str
    number: str
    incoming: bool  # into the helpline
    born: float
    died: float | None = None


@dataclass
class Stay:
    """A channel in a bridge."""

    bridge: str
    channel: str
    entered: float
    left: float | None = None


@dataclass
class Seen:
    """Everything the witness saw. `blind` are the stretches in which it saw nothing."""

    channels: dict[str, Channel] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    blind: list[Span] = field(default_factory=list)


# --- the records --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One line of the journal."""

    at: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class OfferOnRecord:
    id: str
    number: str  # the doctor's
    channel: str
    at: float
    result: str | None


@dataclass(frozen=True)
class CallOnRecord:
    """A call's record and its journal. `channels` are the legs' ids in Asterisk."""

    id: str
    caller: str | None
    arrived: float
    ended: float | None
    result: str | None
    bridged: float | None
    callback: str | None
    disposition: str | None
    channels: Sequence[str]
    open_legs: int
    offers: Sequence[OfferOnRecord]
    journal: Sequence[Entry]

    def entries(self, kind: str) -> list[Entry]:
        return [entry for entry in self.journal if entry.kind == kind]


@dataclass(frozen=True)
class RequestOnRecord:
    """A request to be called back."""

    id: str
    number: str
    state: str
    tries: int
    asked: float
    closed: float | None


@dataclass(frozen=True)
class MessageOnRecord:
    id: str
    recipient: str
    template: str
    text: str
    call: str | None
    attempts: int


@dataclass(frozen=True)
class Records:
    calls: Sequence[CallOnRecord]
    requests: Sequence[RequestOnRecord]
    messages: Sequence[MessageOnRecord]


# --- together -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duty:
    """A change of a doctor's duty: `asked` and `known` are when it was sent and acknowledged (None: never)."""

    number: str
    duty: str
    asked: float
    known: float | None


@dataclass(frozen=True)
class Fault:
    """What was broken, and until when things were out of order."""

    kind: str
    span: Span


@dataclass(frozen=True)
class Run:
    """One soak, as seen from everywhere. `stalls` are when this machine itself stood still."""

    legs: Sequence[PhoneLeg]
    seen: Seen
    records: Records
    duties: Sequence[Duty]
    faults: Sequence[Fault]
    stalls: Sequence[Span]
    doctors: frozenset[str]
    others: frozenset[str]  # the ambulance and the duty phone
    left: Sequence[str] = ()  # what was left behind at the end

    def disturbed(self, start: float, end: float, *kinds: str) -> bool:
        """Whether a fault (of these kinds, if any are given) or a stall touches this stretch."""
        faults = any(fault.span.touches(start, end) for fault in self.faults if not kinds or fault.kind in kinds)
        return faults or any(stall.touches(start, end) for stall in self.stalls)


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, in which call (its id, where it is known) and by whom."""

    rule: str
    at: float
    told: str
    call: str | None = None
    numbers: frozenset[str] = frozenset()
