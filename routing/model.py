"""PURE: what routing decides about: doctors and waiting calls as of a moment, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from routing.schedule import Schedule

GENERAL = "general"  # the category of the helper, key 0, and of "anything else", key 7

Level = Literal["general", "specialist", "super"]
Reason = Literal["nobody_on_duty", "all_busy", "all_declined"]
Exclusion = Literal[
    "wrong_category",
    "wrong_level",
    "lacks_skill",
    "off_duty",
    "paused",
    "duty_over",
    "on_leave",
    "off_schedule",
    "night",
    "over_calls",
    "over_minutes",
    "no_phone",
    "busy",
    "wrap_up",
    "cool_down",
    "declined",
    "rests",
    "number_in_use",
]


@dataclass(frozen=True)
class Phone:
    """One of a doctor's phones; `number` is E.164 and validated when it was stored.

    `lines` calls at most ring or talk there at a time; `room` names the control room whose number it is.
    """

    id: str
    number: str
    lines: int = 1
    room: str = ""


@dataclass(frozen=True)
class DoctorSnapshot:
    """A doctor as of the snapshot's moment. `phones` are those that may be rung, the first to be rung first.

    `free_since` is the end of the last wrap-up: None where the doctor has not had a call, in the future while the
    wrap-up lasts. `serves` are ids of districts and states, None everybody. `zone` is that of schedule and night, empty
    the deployment's. `calls_today` and `seconds_today` are of `day`. `seat` is the telephone that a claimed doctor has.
    """

    id: str
    categories: Mapping[str, Level]
    duty: str
    active: bool
    claimed: bool
    free_since: datetime | None
    phones: tuple[Phone, ...]
    duty_from: datetime | None = None
    duty_until: datetime | None = None
    duty_changed_at: datetime | None = None
    languages: frozenset[str] = frozenset({"hi", "en"})
    serves: frozenset[str] | None = None
    gender: str = ""
    schedule: Schedule | None = None
    zone: str = ""
    night: bool = True
    calls_per_day: int | None = None
    minutes_per_day: int | None = None
    day: date | None = None
    calls_today: int = 0
    seconds_today: int = 0
    cool_down_until: datetime | None = None
    wrap_up_seconds: int | None = None
    seat: str = ""


@dataclass(frozen=True)
class WaitingCall:
    """A call that wants a doctor. `tried` has the moment of the last unanswered offer by doctor.

    `skills` are what the doctor must have, such as hub:h01; `priority` is one of PRIORITIES; `level` above general is
    reached by escalation only. `preferred` is the doctor of the last talk about the same complaint, `offered` are those
    whose phones ring for it now, `tried_phones` ids of phones on which nobody was reached. `line`: the dialled number.
    """

    call_id: str
    category: str
    waiting_since: datetime
    declined_by: frozenset[str] = frozenset()
    tried: Mapping[str, datetime] = field(default_factory=dict)
    priority: str = ""
    skills: tuple[str, ...] = ()
    level: Level = "general"
    language: str = "hi"
    district: str = ""
    state: str = ""
    preferred: str = ""
    preferred_until: datetime | None = None
    gender: str = ""
    offered: frozenset[str] = frozenset()
    tried_phones: frozenset[str] = frozenset()
    line: str = ""


@dataclass(frozen=True)
class Snapshot:
    at: datetime
    doctors: tuple[DoctorSnapshot, ...]


@dataclass(frozen=True)
class Choice:
    """Offer the call to this doctor on this phone, once the claim of doctor and seat has succeeded."""

    doctor_id: str
    phone: Phone
    seat: str = ""


@dataclass(frozen=True)
class NobodyFree:
    """Nobody can be offered the call now; `on_duty_count` doctors on duty could in principle take it."""

    reason: Reason
    on_duty_count: int


@dataclass(frozen=True)
class Scored:
    """A doctor who may be rung, and why this one: the points by name, whose sum is the total (but for rounding)."""

    doctor_id: str
    total: float
    parts: Mapping[str, float]
    phone: Phone
    seat: str

    @property
    def choice(self) -> Choice:
        return Choice(self.doctor_id, self.phone, self.seat)


@dataclass(frozen=True)
class Ranking:
    """Everybody looked at: how many each rule excluded (the first that did), and who is left, the best first.

    `staff` are those on duty who could in principle take the call, `willing` those of them who have not said no.
    `ready` may be rung now; `best` are the first of them. `held` says that the call waits for its preferred doctor, and
    nobody else is rung yet.
    """

    excluded: Mapping[Exclusion, int]
    best: tuple[Scored, ...]
    staff: int
    willing: int
    held: bool = False
    ready: int = 0
