"""What is known about one call at one phone: when it rang, was answered and ended, and its sound."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from phones.audio_socket import Line
from phones.ears import Samples, first_sound

# How a key travels: as RTP events, as SIP INFO, or as tones in the sound.
KeyWay = Literal["rfc4733", "info", "inband"]


@dataclass(frozen=True)
class EndCause:
    """Why a call ended: Q.850 code and text, the SIP status where one was sent, and who ended it.

    `by` is "this phone", "the other side" or "the network" (it was killed or stopped).
    """

    code: int
    text: str
    sip: int | None
    by: str


@dataclass
class Leg:
    """One call at one phone. Times are `time.monotonic()` seconds; written in the network's loop only."""

    number: str
    other: str
    incoming: bool
    keys_as: KeyWay = "rfc4733"
    changed: Callable[[], None] = lambda: None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began_at: float = field(default_factory=time.monotonic)
    channel: str | None = None
    sip_call_id: str | None = None  # of incoming calls
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    end_cause: EndCause | None = None
    ended_here: bool = False
    vanished_at: float | None = None  # the phone has lost its network
    line: Line | None = None
    keys_heard: str = ""
    keys_pressed: list[tuple[str, float]] = field(default_factory=list)

    def line_opened(self, line: Line) -> float:
        """The exchange connected this leg's audio. Returns the time that is 0 s in the recording."""
        if self.answered_at is None:
            self.answered_at = time.monotonic()
        self.line = line
        self.changed()
        return self.answered_at

    def key_heard(self, key: str) -> None:
        self.keys_heard += key
        self.changed()

    def end(self, cause: EndCause) -> None:
        if self.ended_at is None:
            self.ended_at = time.monotonic()
            self.end_cause = cause
            self.changed()

    def heard(self) -> Samples:
        """All that this phone heard since it was answered, silence included, up to now."""
        if self.line is None or self.answered_at is None:
            return np.zeros(0, dtype=np.int16)
        return self.line.heard.samples((self.ended_at or time.monotonic()) - self.answered_at)

    def hears_sound(self) -> bool:
        """Whether anything but silence was heard yet."""
        return first_sound(self.heard()) is not None

    def state(self) -> str:
        """In words, for error messages."""
        if self.end_cause is not None:
            sip = f", SIP {self.end_cause.sip}" if self.end_cause.sip else ""
            return f"ended by {self.end_cause.by} ({self.end_cause.text}{sip})"
        if self.answered_at is not None:
            return "answered and still up"
        return "ringing" if self.rang_at is not None else "dialling"
