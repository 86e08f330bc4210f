"""Whether a doctor would be rung now, by the rules that routing itself goes by, and until when not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from admin_api.doctors.shown import DoctorState
from routing.model import DoctorSnapshot
from routing.schedule import next_midnight, next_opening, night_began
from routing.strict import Look


@dataclass(frozen=True)
class Doing:
    state: DoctorState
    until: datetime | None
    next_window: datetime | None


def doing_of(doctor: DoctorSnapshot, look: Look) -> Doing:
    """What the doctor does at the look's moment. Pure."""
    zone = doctor.zone or look.rules.zone
    opening = next_opening(doctor.schedule, zone, look.at) if doctor.schedule is not None else None
    if doctor.duty == "on" and doctor.duty_from is not None and doctor.duty_from > look.at:
        opening = doctor.duty_from  # has taken duty on from then, whatever the schedule says
    state = _state(doctor, look)
    return Doing(state, _until(state, doctor, look, opening), opening if opening and opening > look.at else None)


def _state(doctor: DoctorSnapshot, look: Look) -> DoctorState:
    if not doctor.active:
        return DoctorState.RETIRED
    if doctor.claimed:  # before duty: who goes off duty in the middle of a call is busy still
        return DoctorState.BUSY
    trouble = look.duty_trouble(doctor) or look.trouble_now(doctor)
    return DoctorState(trouble) if trouble else DoctorState.FREE


def _until(state: DoctorState, doctor: DoctorSnapshot, look: Look, opening: datetime | None) -> datetime | None:
    match state:
        case DoctorState.ON_LEAVE | DoctorState.OFF_SCHEDULE:
            return opening
        case DoctorState.NIGHT:
            return _morning(doctor.zone or look.rules.zone, look)
        case DoctorState.OVER_CALLS | DoctorState.OVER_MINUTES:
            return next_midnight(look.at, look.rules.zone)
        case DoctorState.WRAP_UP:
            return doctor.free_since
        case DoctorState.COOL_DOWN:
            return doctor.cool_down_until
        case DoctorState.FREE:
            return doctor.duty_until
    return None


def _morning(zone: str, look: Look) -> datetime:
    begins, ends = look.rules.night
    return night_began(zone, look.at, look.rules.night) + timedelta(hours=(ends - begins) % 24)
