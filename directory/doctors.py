"""A doctor who calls is known by any of the doctor's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.schema import Call, Doctor, DoctorPhone, Strike


@dataclass(frozen=True)
class Work:
    """What a doctor has done: talks with patients, and whole minutes of them."""

    calls: int
    minutes: int


def doctor_of(session: Session, number: str) -> Doctor | None:
    """The active doctor with this number, on whichever of their phones; None too where two doctors share it.

    Several doctors may sit behind one centre's number; nobody's duty is changed by guessing which of them calls.
    """
    query = select(Doctor).join(DoctorPhone, DoctorPhone.doctor_id == Doctor.id)
    found = session.scalars(query.where(DoctorPhone.number == number, DoctorPhone.active, Doctor.active)).all()
    return found[0] if len(found) == 1 else None


def last_talk(session: Session, doctor_id: str, since: datetime) -> Call | None:
    """The doctor's last talk, if its caller's leg ended at `since` or later and nobody was flagged for abuse in it."""
    talks = select(Call).where(Call.doctor_id == doctor_id, Call.bridged_at.is_not(None), Call.ended_at >= since)
    flagged = select(Strike.id).where(Strike.call_id == Call.id).exists()
    return session.scalars(talks.where(~flagged).order_by(Call.ended_at.desc()).limit(1)).first()


def work_since(session: Session, doctor_id: str, since: datetime) -> Work:
    """The talks that began at `since` or later; one that goes on counts as a call without minutes yet."""
    query = select(func.count(), func.coalesce(func.sum(Call.talk_ms), 0)).where(
        Call.doctor_id == doctor_id, Call.bridged_at >= since
    )
    calls, milliseconds = session.execute(query).one()
    return Work(calls, int(milliseconds or 0) // 60_000)
