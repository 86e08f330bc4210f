"""POST and GET /doctors, GET and PATCH /doctors/{doctor_id}, its duty, and its phones' quarantine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from admin_api.doctors import service
from admin_api.doctors.repository import DoctorFilter
from admin_api.doctors.schemas import DoctorChange, DutyChange, NewDoctor
from admin_api.doctors.shown import DoctorPage, DoctorShown
from admin_api.fields import DoctorId, Duty, IdText, PhoneId, ShortText, Skill
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import CurrentHouse, Reading, Writing

router = APIRouter(prefix="/api/v1/doctors", tags=["doctors"])


@router.post("", status_code=201, responses=documented(409))
def create_doctor(body: NewDoctor, who: Who, session: Writing, house: CurrentHouse) -> DoctorShown:
    """Take a doctor on, with phones, categories and, if wanted, an account for issuing slips."""
    return service.create(session, who, body, house)


@router.get("", responses=documented())
def list_doctors(
    who: Who,
    session: Reading,
    house: CurrentHouse,
    q: Annotated[ShortText | None, Query(description="Part of a name or registration number")] = None,
    duty: Duty | None = None,
    category: Skill | None = None,
    quarantined: Annotated[bool, Query(description="Only doctors with a number in quarantine")] = False,
    retired: Annotated[bool | None, Query(description="true: only retired ones, false: none of them")] = None,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DoctorPage:
    """The doctors: all, those of one's district, or oneself."""
    which = DoctorFilter(q, duty, category, quarantined, retired)
    return service.listing(session, who, which, house, cursor=cursor, limit=limit)


@router.get("/{doctor_id}", responses=documented(404))
def show_doctor(doctor_id: DoctorId, who: Who, session: Reading, house: CurrentHouse) -> DoctorShown:
    """One doctor, with phones, schedule, and what keeps the doctor from being rung now."""
    return service.look(session, who, doctor_id, house)


@router.patch("/{doctor_id}", responses=documented(404, 409))
def change_doctor(
    doctor_id: DoctorId, body: DoctorChange, who: Who, session: Writing, house: CurrentHouse
) -> DoctorShown:
    """Change a doctor; doctors themselves change schedule, night and limits. Counts for the next call at once."""
    return service.change(session, who, doctor_id, body, house)


@router.patch("/{doctor_id}/duty", responses=documented(404, 409))
def change_duty(doctor_id: DoctorId, body: DutyChange, who: Who, session: Writing, house: CurrentHouse) -> DoctorShown:
    """Switch a doctor on duty, off, or to a pause. Takes effect for the next call at once."""
    return service.change_duty(session, who, doctor_id, body, house)


@router.post("/{doctor_id}/phones/{phone_id}/release", responses=documented(404))
def release_phone(
    doctor_id: DoctorId, phone_id: PhoneId, who: Who, session: Writing, house: CurrentHouse
) -> DoctorShown:
    """Let a number out of quarantine, after somebody has looked why it could not be reached."""
    return service.lift_quarantine(session, who, doctor_id, phone_id, house)
