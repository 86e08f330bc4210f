"""PURE: what a decision wants done. ivr/performer.py does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.state import Wait


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
class HangUp:
    """End a leg. `polite` lets a doctor who has answered hear that the caller is gone."""

    channel: str
    polite: bool = False


@dataclass(frozen=True)
class LetBe:
    """The leg is not ours any more: undo a time limit set before we knew."""

    channel: str


@dataclass(frozen=True)
class Release:
    """Let the doctor held by `offer` go; calls may be offered again from `free_since` on."""

    offer: str
    free_since: datetime


@dataclass(frozen=True)
class StoreCallback:
    number: str
    category: str


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
    | HangUp
    | LetBe
    | Release
    | StoreCallback
    | SendSms
    | Write
    | Finish
)
