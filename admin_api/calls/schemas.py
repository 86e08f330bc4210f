"""Calls and their patients, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from admin_api.fields import (
    AgeUnit,
    AgeValue,
    Gender,
    IdText,
    Line,
    Name,
    NumberText,
    RequestBody,
    ResponseBody,
    ShortText,
)


class Named(ResponseBody):
    """Somebody, by id and name."""

    id: str
    name: str


class CallShown(ResponseBody):
    """A call in a list. `caller` is masked except for administrators, and null for doctors and withheld numbers."""

    id: str
    dialled: str
    caller: str | None
    language: str
    category: str | None
    age_value: int | None
    age_unit: str | None
    arrived_at: datetime
    sought_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    wait_ms: int | None
    talk_ms: int | None
    result: str | None
    disposition: str | None
    priority: str | None
    talks: int = Field(description="How many doctors the patient was bridged with")
    ended_by: str | None
    hangup_cause: int | None
    hangup_text: str | None
    patient: Named | None
    doctor: Named | None
    slip_number: str | None


class CallPage(ResponseBody):
    calls: list[CallShown]
    next_cursor: str | None


class LegShown(ResponseBody):
    id: str
    role: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    cause_text: str | None


class OfferShown(ResponseBody):
    id: str
    doctor_id: str
    doctor_name: str
    kind: str = Field(description="call | specialist | handed_over | dial_back | callback")
    offered_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    result: str | None
    cause: int | None


class DecisionShown(ResponseBody):
    """Why a doctor was rung: how many others each rule excluded, and the points of whoever was chosen, by part."""

    at: datetime
    offer_id: str
    doctor_name: str
    excluded: dict[str, int]
    points: dict[str, float]


class JournalShown(ResponseBody):
    id: int
    at: datetime
    kind: str
    data: dict[str, Any] = Field(description="cdr/events.py lists each kind's; telephone numbers are masked")


class PatientShown(ResponseBody):
    """A patient. `mobile` is masked except for administrators and null for doctors; `can_receive_sms` tells them."""

    id: str
    name: str
    gender: str | None
    age_value: int | None
    age_unit: str | None
    address: str
    district: str
    state: str
    mobile: str | None
    can_receive_sms: bool


class KnownPatient(ResponseBody):
    """Somebody who called from this number before: one phone, many patients."""

    id: str
    name: str
    gender: str | None
    age_value: int | None
    age_unit: str | None


class SlipShown(ResponseBody):
    number: str
    issued_at: datetime
    content: dict[str, Any]


class CallDetail(ResponseBody):
    call: CallShown
    patient: PatientShown | None
    known_patients: list[KnownPatient]
    legs: list[LegShown]
    offers: list[OfferShown]
    decisions: list[DecisionShown]
    journal: list[JournalShown]
    slip: SlipShown | None
    can_receive_sms: bool = Field(description="Whether a mobile is known for this call; else ask the patient for one")
    may_write: bool = Field(description="Whether you may complete the patient's details")
    may_issue_slip: bool = Field(description="Whether you are the doctor who spoke with this patient")


class PatientChange(RequestBody):
    """The patient of a call: an earlier one by `patient_id`, or a new one; fields that are left out stay."""

    patient_id: IdText | None = None
    name: Name | None = None
    age_value: AgeValue | None = None
    age_unit: AgeUnit | None = None
    gender: Gender | None = None
    address: Line | None = None
    district: ShortText | None = None
    state: ShortText | None = None
    mobile: NumberText | None = None

    @model_validator(mode="after")
    def _age_is_value_and_unit(self) -> Self:
        if (self.age_value is None) != (self.age_unit is None):
            raise ValueError("an age is a value and its unit: give age_value and age_unit together")
        return self
