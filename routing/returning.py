"""PURE: when there is a doctor again, by the schedules of those who are not there now."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from routing.model import DoctorSnapshot
from routing.schedule import next_change, next_opening, schedule_trouble

# So many beginnings and ends are looked at, of a doctor whose hours have begun and who is not there: weeks of them.
_MOST_CHANGES = 60
_MOST_TRIES = 40


def next_doctor(
    doctors: Collection[DoctorSnapshot],
    zone: str,
    after: datetime,
    line_opens: Callable[[datetime], datetime | None] = lambda at: at,
) -> datetime | None:
    """When the first of the doctors works, later than `after` and while the line is open; None: not in sight.

    Only doctors with hours count, and those who have said from when: when others come nobody knows. Whoever should be
    there now and is not is expected after that. `zone` is the deployment's, for doctors without one of their own;
    `line_opens(at)` is `at` itself where the line is open then, else its next opening.
    """
    hours = [doctor for doctor in doctors if _has_windows(doctor) or _said_from(doctor, after)]
    moment = _first(hours, zone, after)
    for _ in range(_MOST_TRIES):
        opens = line_opens(moment) if moment is not None else None
        if opens is None or opens == moment or any(_works(doctor, zone, opens) for doctor in hours):
            return opens
        moment = _first(hours, zone, opens)
    return None


def _first(doctors: Collection[DoctorSnapshot], zone: str, after: datetime) -> datetime | None:
    beginnings = (_begins(doctor, zone, after) for doctor in doctors)
    return min((begins for begins in beginnings if begins is not None), default=None)


def _has_windows(doctor: DoctorSnapshot) -> bool:
    return doctor.schedule is not None and doctor.schedule.has_windows


def _said_from(doctor: DoctorSnapshot, after: datetime) -> datetime | None:
    """From when the doctor has taken duty on, if that is later."""
    begins = doctor.duty_from if doctor.duty == "on" else None
    return begins if begins is not None and begins > after else None


def _begins(doctor: DoctorSnapshot, zone: str, after: datetime) -> datetime | None:
    moments = (_said_from(doctor, after), _opens(doctor, zone, after) if _has_windows(doctor) else None)
    return min((moment for moment in moments if moment is not None), default=None)


def _opens(doctor: DoctorSnapshot, zone: str, after: datetime) -> datetime | None:
    moment = after
    for _ in range(_MOST_CHANGES):
        if not _is_in_hours(doctor, zone, moment):
            return next_opening(doctor.schedule, doctor.zone or zone, moment)
        assert doctor.schedule is not None
        moment = next_change(doctor.schedule, doctor.zone or zone, moment, None)
    return None


def _works(doctor: DoctorSnapshot, zone: str, at: datetime) -> bool:
    begins, ends = doctor.duty_from, doctor.duty_until
    if doctor.duty == "on" and begins is not None and begins <= at and (ends is None or at < ends):
        return True
    return _has_windows(doctor) and _is_in_hours(doctor, zone, at)


def _is_in_hours(doctor: DoctorSnapshot, zone: str, at: datetime) -> bool:
    return doctor.schedule is not None and schedule_trouble(doctor.schedule, doctor.zone or zone, at) is None
