"""Doctors, as JSON: who they are, when they may be rung, and what keeps them from being rung now."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from admin_api.fields import Duty, Gender, Level, ResponseBody


class DoctorState(StrEnum):
    """Whether the doctor would be rung now; in all but the first, routing/strict.py's first reason why not."""

    FREE = "free"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    COOL_DOWN = "cool_down"
    PAUSED = "paused"
    OFF = "off_duty"
    DUTY_OVER = "duty_over"
    ON_LEAVE = "on_leave"
    OFF_SCHEDULE = "off_schedule"
    NIGHT = "night"
    OVER_CALLS = "over_calls"
    OVER_MINUTES = "over_minutes"
    NO_PHONE = "no_phone"
    RETIRED = "retired"


class PhoneShown(ResponseBody):
    id: str
    number: str = Field(description="E.164; masked except for administrators and the doctor")
    active: bool
    room: str | None = Field(default=None, description="The control room whose number it is")
    quarantined_at: datetime | None = Field(default=None, description="Not rung until somebody has looked at it")
    quarantine_reason: str = ""


class DoctorShown(ResponseBody):
    """A doctor. `busy`: an offer or a call holds the doctor now."""

    id: str
    name: str
    qualification: str
    registration_number: str
    council: str
    address: str
    district: str
    state: str
    gender: Gender | None
    categories: list[str]
    levels: dict[str, Level]
    languages: list[str]
    serves: list[str] | None
    phones: list[PhoneShown]
    active: bool
    duty: Duty
    duty_changed_at: datetime | None
    duty_until: datetime | None
    duty_reason: str
    busy: bool
    doing: DoctorState
    until: datetime | None = Field(description="When what keeps the doctor from being rung ends, where that is known")
    next_window: datetime | None = Field(description="When the schedule allows a call next; null: no window, or now")
    time_zone: str
    schedule: dict[str, Any] | None
    night: bool
    calls_per_day: int | None
    minutes_per_day: int | None
    wrap_up_seconds: int | None
    calls_today: int
    minutes_today: int
    may_change: list[str] = Field(description="The fields that you may change")


class DoctorPage(ResponseBody):
    doctors: list[DoctorShown]
    next_cursor: str | None = Field(description="Give as `cursor` for the next page; null: this was the last")
