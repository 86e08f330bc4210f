"""What a service is asked and what it answers: plain values, so that the thread it runs in shares nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.database import Database
from flows.events import Item
from routing.store import RoutingStore


@dataclass(frozen=True)
class Who:
    """The call in which a flow asks. `caller` is E.164 or a short code, None: withheld; `at` is aware."""

    call_id: str
    caller: str | None
    line_id: str
    dialled: str
    language: str
    at: datetime


Note = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """An outcome of flows/services.py, the variables and lists it fills, and what belongs into the journal.

    `notes` are (kind, data) of cdr/events.py. `duty_changed` tells that the matchmaker must look anew.
    Numbers, dates (2026-11-24) and times (09:30, in the deployment's zone) are written as text, flags as yes or no; ""
    is not known, and forgets what an earlier answer said.
    """

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    duty_changed: bool = False


@dataclass(frozen=True)
class Office:
    """What every service works with. `speakable(language, prompt)` tells whether a prompt can be played now."""

    database: Database
    routing: RoutingStore
    zone: ZoneInfo
    country: str
    queue_limit: int
    wrap_up_minutes: float
    speakable: Callable[[str, str], bool]
    languages: tuple[str, ...]
    recordings: Path
    # What ivr/services/openings.py found: until when it holds, and the moment, by line and what is wanted.
    openings: dict[tuple[str, str], tuple[datetime, datetime | None]] = field(default_factory=dict)

    def today(self, who: Who) -> date:
        """The day of the call where the helpline is."""
        return who.at.astimezone(self.zone).date()

    def clock(self, at: datetime) -> str:
        """A time of day as flows have it: 09:30."""
        return at.astimezone(self.zone).strftime("%H:%M")

    def when(self, opens: datetime | None) -> dict[str, str]:
        """The variables that say an opening; None: none is in sight."""
        if opens is None:
            return {"opens_on": "", "opens_at": ""}
        return {"opens_on": opens.astimezone(self.zone).date().isoformat(), "opens_at": self.clock(opens)}


Arguments = Mapping[str, str]
Service = Callable[[Office, Arguments, Who], Answer]


def flag(value: bool) -> str:
    """A flag as flows write it."""
    return "yes" if value else "no"
