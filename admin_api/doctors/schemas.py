"""What is asked about doctors, as JSON: taking one on, changing one, duty. What is answered is in shown.py."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from admin_api.fields import (
    Duty,
    Gender,
    IdText,
    Level,
    Line,
    Name,
    NumberText,
    Password,
    RequestBody,
    ShortText,
    Skill,
    Username,
)

# At most 30 characters: that is what fits into a variable of a registered SMS template (TRAI DLT).
RegistrationNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./()\-]{0,29}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
# Whether a text is a time, a date or a zone is said by routing/schedule.py, in a clerk's words.
_Short = Annotated[str, StringConstraints(max_length=40, pattern=r"^[\x20-\x7e]*$")]
_Day = Annotated[str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)$")]
_Span = Annotated[list[_Short], Field(min_length=2, max_length=2)]
_Windows = Annotated[list[_Span], Field(max_length=12, description='Such as [["09:00", "14:00"]]; over midnight too')]
_CallsPerDay = Annotated[int, Field(ge=1, le=500)]
_MinutesPerDay = Annotated[int, Field(ge=1, le=1440)]
_WrapUpSeconds = Annotated[int, Field(ge=0, le=600)]


class ScheduleBody(RequestBody):
    """When a doctor may be rung, in the doctor's own zone. Without windows: whenever on duty."""

    weekly: dict[_Day, _Windows] = Field(default_factory=dict)
    dates: Annotated[dict[_Short, _Windows], Field(max_length=200)] = Field(
        default_factory=dict, description="A date's own windows instead of the week's; none: not on that day"
    )
    leave: Annotated[list[_Span], Field(max_length=100, description="From the first to the last day")] = Field(
        default_factory=list
    )

    def stored(self) -> dict[str, Any]:
        return self.model_dump()


class Availability(RequestBody):
    """What a doctor may say of the own availability."""

    time_zone: _Short = Field(default="", description="Such as Europe/London; empty: the helpline's own")
    schedule: ScheduleBody | None = Field(default=None, description="null: whenever on duty")
    night: bool = Field(default=True, description="May be rung at night")
    calls_per_day: _CallsPerDay | None = None
    minutes_per_day: _MinutesPerDay | None = None


# Fields that a doctor changes by the own hand; all others are staff's.
OWN_FIELDS = frozenset(Availability.model_fields)


class NewAccount(RequestBody):
    """The doctor's own account, with which slips are issued."""

    username: Username
    password: Annotated[Password, Field(min_length=10)]


class NewDoctor(Availability):
    """A registered medical practitioner. The registration number is on every slip, so it is mandatory."""

    name: Name
    registration_number: RegistrationNumber
    qualification: ShortText = ""
    council: ShortText = ""
    address: Line = ""
    district: ShortText = ""
    state: ShortText = ""
    gender: Gender | None = None
    categories: Annotated[list[Skill], Field(min_length=1, max_length=20)]
    levels: dict[Skill, Level] = Field(default_factory=dict, description="Of categories; those not named are general")
    languages: Annotated[list[Language], Field(min_length=1, max_length=12)] = Field(
        default_factory=lambda: ["hi", "en"]
    )
    serves: Annotated[list[ShortText], Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="Districts and states; null: everybody"
    )
    phones: Annotated[list[NumberText], Field(min_length=1, max_length=5, description="Rung in this order")]
    wrap_up_seconds: _WrapUpSeconds | None = Field(default=None, description="null: the helpline's own")
    duty: Duty = "off"
    account: NewAccount | None = None


class PhoneWanted(RequestBody):
    """A phone that is there, by its id, or a new number."""

    id: IdText | None = None
    number: NumberText | None = None
    active: bool = True


class DoctorChange(RequestBody):
    """Fields that are left out stay as they are; null clears where null is allowed."""

    name: Name | None = None
    registration_number: RegistrationNumber | None = None
    qualification: ShortText | None = None
    council: ShortText | None = None
    address: Line | None = None
    district: ShortText | None = None
    state: ShortText | None = None
    gender: Gender | None = None
    categories: Annotated[list[Skill], Field(min_length=1, max_length=20)] | None = None
    levels: dict[Skill, Level] | None = None
    languages: Annotated[list[Language], Field(min_length=1, max_length=12)] | None = None
    serves: Annotated[list[ShortText], Field(min_length=1, max_length=60)] | None = None
    phones: (
        Annotated[
            list[PhoneWanted],
            Field(min_length=1, max_length=5, description="All of them, in ringing order; one not named is removed"),
        ]
        | None
    ) = None
    time_zone: _Short | None = None
    schedule: ScheduleBody | None = None
    night: bool | None = None
    calls_per_day: _CallsPerDay | None = None
    minutes_per_day: _MinutesPerDay | None = None
    wrap_up_seconds: _WrapUpSeconds | None = None
    active: bool | None = Field(default=None, description="false: retired; is never rung, and keeps the record")

    def given(self) -> dict[str, Any]:
        """What the request names, null where it says null."""
        return {name: getattr(self, name) for name in self.model_fields_set}


# What null clears; for other fields it means nothing and is refused.
CLEARABLE = frozenset({"gender", "serves", "schedule", "calls_per_day", "minutes_per_day", "wrap_up_seconds"})


class DutyChange(RequestBody):
    duty: Duty
    reason: ShortText = Field(default="", description="Of a pause, for colleagues to read")
