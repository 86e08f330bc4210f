"""POST and GET /doctors, PATCH /doctors/{doctor_id}/duty."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from admin_api.doctors import service
from admin_api.doctors.repository import DoctorFilter
from admin_api.doctors.schemas import DoctorPage, DoctorShown, DutyChange, NewDoctor
from admin_api.fields import DoctorId, Duty, IdText, ShortText
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import CurrentSettings, CurrentWakeUp, Reading, Writing

router = APIRouter(prefix="/api/v1/doctors", tags=["doctors"])


@router.post("", status_code=201, responses=documented(409))
def create_doctor(
    body: NewDoctor,
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    wake_up: CurrentWakeUp,
) -> DoctorShown:
    """Take a doctor on, with phones, categories and, if wanted, an account for issuing slips."""
    return service.create(session, who, body, settings.country, wake_up)


@router.get("", responses=documented())
def list_doctors(
    who: Who,
    session: Reading,
    q: Annotated[ShortText | None, Query(description="Part of a name or registration number")] = None,
    duty: Duty | None = None,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DoctorPage:
    """The doctors: all, those of one's district, or oneself."""
    return service.listing(session, who, DoctorFilter(q, duty), cursor=cursor, limit=limit)


@router.patch("/{doctor_id}/duty", responses=documented(404))
def change_duty(
    doctor_id: DoctorId,
    body: DutyChange,
    who: Who,
    session: Writing,
    wake_up: CurrentWakeUp,
) -> DoctorShown:
    """Switch a doctor on duty, off, or to a pause. Takes effect for the next call at once."""
    return service.change_duty(session, who, doctor_id, body.duty, wake_up)
