"""Doctors, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from admin_api.fields import (
    Duty,
    Line,
    Name,
    NumberText,
    Password,
    RequestBody,
    ResponseBody,
    ShortText,
    Skill,
    Username,
)

# At most 30 characters: that is what fits into a variable of a registered SMS template (TRAI DLT).
RegistrationNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./()\-]{0,29}$")]


class NewAccount(RequestBody):
    """The doctor's own account, with which slips are issued."""

    username: Username
    password: Annotated[Password, Field(min_length=10)]


class NewDoctor(RequestBody):
    """A registered medical practitioner. The registration number is on every slip, so it is mandatory."""

    name: Name
    registration_number: RegistrationNumber
    qualification: ShortText = ""
    council: ShortText = ""
    address: Line = ""
    district: ShortText = ""
    state: ShortText = ""
    categories: Annotated[list[Skill], Field(min_length=1, max_length=20)]
    phones: Annotated[list[NumberText], Field(min_length=1, max_length=5, description="Rung in this order")]
    duty: Duty = "off"
    account: NewAccount | None = None


class DutyChange(RequestBody):
    duty: Duty


class PhoneShown(ResponseBody):
    id: str
    number: str = Field(description="E.164; masked except for administrators and the doctor")
    active: bool


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
    categories: list[str]
    phones: list[PhoneShown]
    active: bool
    duty: Duty
    duty_changed_at: datetime | None
    busy: bool


class DoctorPage(ResponseBody):
    doctors: list[DoctorShown]
    next_cursor: str | None = Field(description="Give as `cursor` for the next page; null: this was the last")
