"""PURE: what a decision wants done. ivr/performer.py does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.state import Wait
from routing.agenda import Outcome
from routing.spoken_agenda import Spoken


@dataclass(frozen=True)
class Perform:
    """Start `wait` on a leg, after starting the music where `start_music` says so."""

    channel: str
    wait: Wait
    start_music: bool = False


@dataclass(frozen=True)
class Probe:
    """Find out on the wire whether `wait` still runs, has an answer, or is lost."""

    channel: str
    wait: Wait


@dataclass(frozen=True)
class SetLanguage:
    """From the next prompt on, a leg hears the files of another language (two or three small letters)."""

    channel: str
    language: str


@dataclass(frozen=True)
class FindDoctor:
    """Put the call into the search."""


@dataclass(frozen=True)
class StopFinding:
    """Take the call out of the search."""


@dataclass(frozen=True)
class Ring:
    """Ring a doctor's phone. `number` is stored and validated."""

    offer: str
    channel: str
    number: str


@dataclass(frozen=True)
class BridgeLegs:
    offer: str
    patient: str
    doctor: str


@dataclass(frozen=True)
class TakeOut:
    """Fetch a leg out of its talk, or away from what it hears: it comes back as LegReady."""

    channel: str


@dataclass(frozen=True)
class Join:
    """Send a leg into the call's room, where three can talk and whoever leaves leaves the others talking."""

    channel: str


@dataclass(frozen=True)
class RingThird:
    """Dial a service (the ambulance) for a talk that goes on; it is shown `caller` (ADR 8)."""

    channel: str
    number: str
    caller: str | None


@dataclass(frozen=True)
class Signal:
    """Let one doctor in a talk hear beeps, by key tones; nobody else hears them."""

    channel: str
    keys: str


@dataclass(frozen=True)
class Strike:
    """A doctor has flagged the caller for abuse (routing/strikes.py)."""

    number: str
    doctor: str


@dataclass(frozen=True)
class HangUp:
    """End a leg. `polite` lets a doctor who has answered hear that the caller is gone, or (`taken`) is with another."""

    channel: str
    polite: bool = False
    taken: bool = False


@dataclass(frozen=True)
class LetBe:
    """The leg is not ours any more: undo a time limit set before we knew."""

    channel: str


@dataclass(frozen=True)
class Release:
    """Let the doctor held by `offer` go; calls may be offered again from `free_since` on.

    Who was never rung, or from whom the call was taken back, keeps the place among the idle. `result` is the offer's,
    as in cdr/events.py ("": never rung); `talked_seconds` None where there was no talk.
    """

    offer: str
    free_since: datetime
    keep_place: bool = False
    result: str = ""
    talked_seconds: int | None = None


@dataclass(frozen=True)
class StoreCallback:
    """Somebody is to be called back; the rest as in routing/callbacks.py:request_callback."""

    number: str
    category: str
    kind: str = "asked"
    line_id: str | None = None
    language: str = "hi"
    priority: str = ""
    waiting_since: datetime | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RingPatient:
    """Ring the patient's phone: `channel` is the id of the leg that it becomes. `number` is stored and validated."""

    channel: str
    number: str


@dataclass(frozen=True)
class EndAttempt:
    """The attempt to call somebody back is over; `outcome` as in routing/agenda.py."""

    request: str
    outcome: Outcome


@dataclass(frozen=True)
class WithdrawCallback:
    """Whoever was to be called back has called, and talks."""

    request: str


@dataclass(frozen=True)
class TellMessage:
    """What has become of a message that is spoken by telephone; `outcome` as in routing/spoken_agenda.py."""

    message: str
    outcome: Spoken


@dataclass(frozen=True)
class SendSms:
    """Promise the caller a message."""

    number: str
    template: str
    language: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Write:
    """An entry for the journal."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Finish:
    """The call is over: its state may be forgotten."""


Command = (
    Perform
    | Probe
    | SetLanguage
    | FindDoctor
    | StopFinding
    | Ring
    | BridgeLegs
    | TakeOut
    | Join
    | RingThird
    | Signal
    | Strike
    | HangUp
    | LetBe
    | Release
    | StoreCallback
    | RingPatient
    | EndAttempt
    | WithdrawCallback
    | TellMessage
    | SendSms
    | Write
    | Finish
)
