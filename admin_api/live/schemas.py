"""What is going on now, as JSON. No patient's name or number is in it: it is polled every second by everybody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from admin_api.fields import ResponseBody
from admin_api.health.controller import ControllerState


class CallStage(StrEnum):
    MENU = "menu"
    WAITING = "waiting"
    RINGING = "ringing"  # a doctor's phone rings
    TALKING = "talking"


class DoctorWork(StrEnum):
    OFF = "off"
    PAUSED = "paused"
    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    NOT_NOW = "not_now"  # on duty, but outside the hours, over a limit, or without a telephone


class LiveCall(ResponseBody):
    id: str
    stage: CallStage
    category: str | None
    age_value: int | None
    age_unit: str | None
    since: datetime = Field(description="When this stage began")
    arrived_at: datetime
    doctor_id: str | None
    doctor_name: str | None
    priority: str | None
    place: int | None = Field(default=None, description="Of a waiting call, from 1, among those who want its doctors")
    estimate: str | None = Field(default=None, description='About so many minutes more, or "long"; null: not known')
    wants: list[str] = Field(default=[], description="The skills that it waits for, such as hub:h01")


class LiveDoctor(ResponseBody):
    id: str
    name: str
    duty: str
    work: DoctorWork
    categories: list[str]


class LiveMessages(ResponseBody):
    """What of the messages wants attention; for those who may act on it."""

    overdue: int = Field(description="Waiting for longer than HELPLINE_SMS_BACKLOG_SECONDS")
    oldest_seconds: int | None = Field(description="How long the oldest of them has been due")
    gateways: list[str] = Field(description="The gateways that have turned some of them away")
    why: str = Field(description="What a gateway said last when it turned one away, in its own words")
    unknown: int = Field(description="Nobody knows whether they were sent, and nobody has decided yet")


class Live(ResponseBody):
    at: datetime
    journal: int = Field(description="Give as `since`: the answer has `changed` false when nothing was written since")
    changed: bool
    controller: ControllerState
    calls: list[LiveCall]
    calls_total: int
    doctors: list[LiveDoctor] = Field(description="Those on duty or at work, then the others, at most 200")
    on_duty: int
    free: int
    ended_latest: str | None = Field(description="Changes when a call ends: then the list of recent calls is old")
    message_latest: str | None = Field(description="Changes when a message is written or its state changes")
    inbound_latest: str | None = Field(description="Changes when somebody has sent us a message")
    messages: LiveMessages | None = Field(description="null: not for this account")
