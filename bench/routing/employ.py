"""The day's doctors as rows of the real database, on duty in the three ways there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import insert

from bench.routing.crowd import Crowd, Volunteer
from bench.routing.day import DAY_SECONDS, MIDNIGHT, moment
from config.database import Database
from config.schema import Doctor, DoctorCategory, DoctorPhone

Way = Literal["until", "by_hand", "schedule"]
_ZONE_OFFSET = timedelta(hours=5, minutes=30)


def way_of(volunteer: Volunteer) -> Way:
    """How the doctor's duty ends: at a time named in advance, by hand, or by a schedule while "on" all the time."""
    return ("until", "until", "by_hand", "schedule")[volunteer.index % 4]


def shift_of(volunteer: Volunteer) -> tuple[float, float] | None:
    """From when to when the doctor may be rung: a schedule is by the minute and ends before midnight."""
    if volunteer.shift is None:
        return None
    begin, end = volunteer.shift
    if way_of(volunteer) == "schedule":
        begin, end = max(0, begin // 60 * 60), min(end // 60 * 60, DAY_SECONDS - 60)
    return begin, end


def employ(database: Database, crowd: Crowd) -> None:
    """Store everybody; who works by a schedule is on duty already, nobody else is."""
    with database.writing() as session:
        everybody = crowd.volunteers
        session.execute(insert(Doctor), [_row(one) for one in everybody])
        session.execute(
            insert(DoctorPhone),
            [{"id": f"{one.id}-phone", "doctor_id": one.id, "number": f"+9198{one.index:08d}"} for one in everybody],
        )
        categories = [{"doctor_id": one.id, "category": name} for one in everybody for name in one.practice]
        session.execute(insert(DoctorCategory), categories)


def _row(one: Volunteer) -> dict[str, Any]:
    scheduled, shift = way_of(one) == "schedule", shift_of(one)
    windows = [[_clock(shift[0]), _clock(shift[1])]] if scheduled and shift and shift[0] < shift[1] else []
    day = (MIDNIGHT + _ZONE_OFFSET).date().isoformat()
    return {
        "id": one.id,
        "name": one.id,
        "registration_number": one.id,
        "council": "Simulation",
        "languages": list(one.languages),
        "serves": list(one.districts) or None,
        "gender": one.gender,
        "duty": "on" if scheduled else "off",
        "duty_changed_at": moment(-DAY_SECONDS),
        "schedule": {"dates": {day: windows}} if scheduled else None,
        "created_at": MIDNIGHT,
    }


def _clock(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
