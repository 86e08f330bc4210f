"""PURE: what can happen to a call. Each event carries its moment; decisions never ask a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flows.events import Item


@dataclass(frozen=True)
class Event:
    at: datetime


@dataclass(frozen=True)
class Place:
    """Where a waiting call stands, and for about how long: as flows.events.Placed has it."""

    position: int
    wait: str = ""


@dataclass(frozen=True)
class PatientArrived(Event):
    """The patient's leg is answered and handed to us."""


@dataclass(frozen=True)
class CallbackBegun(Event):
    """Somebody is called back in this call."""


@dataclass(frozen=True)
class CalledOff(Event):
    """The patient is not to be rung now after all."""


@dataclass(frozen=True)
class KeysCollected(Event):
    """A leg's question `seq` is answered; `digits` None means the time ran out.

    `place` is the patient's in the queue at that moment, where there is one.
    """

    channel: str
    seq: int
    digits: str | None
    place: Place | None = None


@dataclass(frozen=True)
class PlaybackEnded(Event):
    channel: str
    seq: int


@dataclass(frozen=True)
class MessageRecorded(Event):
    """The recording `seq` is over; `file` is its name in data_dir/recordings, None when nothing was said."""

    channel: str
    seq: int
    file: str | None
    seconds: float


@dataclass(frozen=True)
class DialEnded(Event):
    """The transfer `seq` is over; `status` is Asterisk's DIALSTATUS."""

    channel: str
    seq: int
    status: str
    seconds: int


@dataclass(frozen=True)
class DialAnswered(Event):
    """The other end of a transfer has answered."""


@dataclass(frozen=True)
class ServiceAnswered(Event):
    """The service that wait `seq` asked for has answered, or failed. `notes` are entries for the journal."""

    channel: str
    seq: int
    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True)
class WaitLost(Event):
    """Nothing runs on the leg although wait `seq` is outstanding: it was lost with an earlier controller."""

    channel: str
    seq: int


@dataclass(frozen=True)
class DoctorClaimed(Event):
    """The search found a doctor, who is now reserved for `offer`. `why` is the data of journal kind route.decided."""

    offer: str
    doctor: str
    phone: str
    number: str
    leg: str
    wrap_up_seconds: int | None = None  # the doctor's own
    why: Mapping[str, Any] = field(default_factory=dict)
    room: str = ""  # the control room whose number it is


@dataclass(frozen=True)
class NobodyFree(Event):
    reason: str


@dataclass(frozen=True)
class LegRinging(Event):
    channel: str


@dataclass(frozen=True)
class TakenBack(Event):
    """The dialplan has lost patience with us and serves the patient itself: apology, duty phone."""


@dataclass(frozen=True)
class DoctorKey(Event):
    """During a talk a doctor has pressed the star and then `key` (one of 0-9 * #); nobody else heard it."""

    channel: str
    key: str


@dataclass(frozen=True)
class LegReady(Event):
    """A leg stands in AGI: a doctor has answered, or a bridge is over."""

    channel: str


@dataclass(frozen=True)
class LegEnded(Event):
    """A leg is hung up. `cause` is the Q.850 number."""

    channel: str
    cause: int
    cause_text: str


@dataclass(frozen=True)
class BridgeMade(Event):
    offer: str


@dataclass(frozen=True)
class BridgeFailed(Event):
    offer: str
    reason: str


@dataclass(frozen=True)
class ClockSet(Event):
    """The clock on the wall was set, forward by `by`: `at` is what it shows now."""

    by: timedelta


@dataclass(frozen=True)
class Surveyed(Event):
    """What Asterisk's channel listing shows of this call after a (re)connection.

    `present` are its channels that exist, `ours` those that stand in our dialplan contexts outside a bridge and are
    answered, `bridged` those in a bridge, `taken` those the dialplan serves itself, `room` those in the room of three.
    """

    present: frozenset[str]
    ours: frozenset[str]
    bridged: frozenset[str]
    taken: frozenset[str] = frozenset()
    room: frozenset[str] = frozenset()
