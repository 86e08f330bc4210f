"""Doctors read from the database as the policy sees them: all of them, or those that changed."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.schema import ControlRoom, Doctor, DoctorCategory, DoctorPhone
from routing.errors import ScheduleError
from routing.model import DoctorSnapshot, Level, Phone
from routing.schedule import Schedule, parse_schedule, zone_named

log = logging.getLogger(__name__)

# A schedule that cannot be read: no hours are agreed, so nobody is rung outside them.
_NEVER = parse_schedule({"dates": {"1970-01-01": []}})

_COLUMNS = (
    Doctor.id,
    Doctor.duty,
    Doctor.active,
    Doctor.claimed_by,
    Doctor.claimed_seat,
    Doctor.free_since,
    Doctor.duty_from,
    Doctor.duty_until,
    Doctor.duty_changed_at,
    Doctor.languages,
    Doctor.serves,
    Doctor.gender,
    Doctor.schedule,
    Doctor.time_zone,
    Doctor.night,
    Doctor.calls_per_day,
    Doctor.minutes_per_day,
    Doctor.day,
    Doctor.calls_today,
    Doctor.seconds_today,
    Doctor.cool_down_until,
    Doctor.wrap_up_seconds,
    Doctor.changed_at,
)


def read_doctors(session: Session, *which: Any) -> tuple[list[DoctorSnapshot], datetime | None]:
    """The doctors for whom the conditions hold, by id; and the newest `changed_at` among them."""
    rows = session.execute(select(*_COLUMNS).where(*which).order_by(Doctor.id)).all()
    if not rows:
        return [], None
    ids = select(Doctor.id).where(*which)
    categories, phones = _categories(session, ids), _phones(session, ids)
    doctors = [_doctor(row, categories.get(row.id, {}), tuple(phones.get(row.id, ()))) for row in rows]
    return doctors, max(row.changed_at for row in rows)


def _categories(session: Session, ids: Select[Any]) -> Mapping[str, Mapping[str, Level]]:
    categories: defaultdict[str, dict[str, Level]] = defaultdict(dict)
    query = select(DoctorCategory.doctor_id, DoctorCategory.category, DoctorCategory.level)
    for doctor_id, category, level in session.execute(query.where(DoctorCategory.doctor_id.in_(ids))):
        categories[doctor_id][category] = level  # type: ignore[assignment]  # the database checks it
    return categories


def _phones(session: Session, ids: Select[Any]) -> Mapping[str, list[Phone]]:
    """The phones that may be rung, in their order; one in quarantine is none of them."""
    phones: defaultdict[str, list[Phone]] = defaultdict(list)
    query = (
        select(DoctorPhone.doctor_id, DoctorPhone.id, DoctorPhone.number, ControlRoom.name, ControlRoom.lines)
        .join(ControlRoom, (ControlRoom.number == DoctorPhone.number) & ControlRoom.active, isouter=True)
        .where(DoctorPhone.active, DoctorPhone.quarantined_at.is_(None), DoctorPhone.doctor_id.in_(ids))
        .order_by(DoctorPhone.doctor_id, DoctorPhone.position, DoctorPhone.id)
    )
    for doctor_id, phone_id, number, room, lines in session.execute(query):
        phones[doctor_id].append(Phone(phone_id, number, lines or 1, room or ""))
    return phones


def _doctor(row: Any, categories: Mapping[str, Level], phones: tuple[Phone, ...]) -> DoctorSnapshot:
    schedule, zone = _hours(row.id, row.schedule, row.time_zone)
    return DoctorSnapshot(
        id=row.id,
        categories=categories,
        duty=row.duty,
        active=row.active,
        claimed=row.claimed_by is not None,
        free_since=row.free_since,
        phones=phones,
        duty_from=row.duty_from,
        duty_until=row.duty_until,
        duty_changed_at=row.duty_changed_at,
        languages=frozenset(row.languages or ()),
        serves=None if row.serves is None else frozenset(row.serves),
        gender=row.gender or "",
        schedule=schedule,
        zone=zone,
        night=row.night,
        calls_per_day=row.calls_per_day,
        minutes_per_day=row.minutes_per_day,
        day=row.day,
        calls_today=row.calls_today,
        seconds_today=row.seconds_today,
        cool_down_until=row.cool_down_until,
        wrap_up_seconds=row.wrap_up_seconds,
        seat=row.claimed_seat or "",
    )


def _hours(doctor_id: str, stored: Mapping[str, object] | None, zone: str) -> tuple[Schedule | None, str]:
    try:
        if zone:
            zone_named(zone)
        return (None if stored is None else _parsed(json.dumps(stored, sort_keys=True))), zone
    except ScheduleError as error:
        log.error("%s is rung at no time until the stored hours are mended: %s", doctor_id, error)
        return _NEVER, ""


@lru_cache(maxsize=10_000)
def _parsed(stored: str) -> Schedule:
    return parse_schedule(json.loads(stored))
