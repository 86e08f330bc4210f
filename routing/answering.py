"""Phones that nobody answers: the doctor's duty is paused after some offers in a row, a dead number is put aside.

A volunteer who has walked away from the phone would cost every caller the time that it rings. Both are undone by
people: the doctor comes back on duty, and staff take a number out of quarantine when they have looked at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Table, bindparam, exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from config.schema import Doctor, DoctorPhone

UNANSWERED_REASON = "unanswered"  # of a doctor's pause

What = Literal["answered", "unanswered", "unreachable", ""]

# What an offer's result (cdr/events.py) says of doctor and phone. Somebody busy, or whose caller left, tells nothing; a
# voicemail (unconfirmed) is nobody. A phone that rang in vain works all the same.
_MEANING: dict[str, What] = {
    "accepted": "answered",
    "declined": "answered",
    "no_answer": "unanswered",
    "unconfirmed": "unanswered",
    "unreachable": "unreachable",
}


@dataclass(frozen=True)
class AnsweringRules:
    """After how many in a row: offers that a doctor does not answer, and calls that do not reach a number."""

    unanswered: int = 2
    unreachable: int = 3


@dataclass(frozen=True)
class Paused:
    """The doctor's duty was paused; `phone` is the number that was rung last, `languages` are the doctor's."""

    doctor: str
    phone: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Quarantined:
    """A number is rung no more until somebody has looked at it."""

    doctor: str
    phone_id: str
    reason: str


def meaning(result: str) -> What:
    """What an offer's result says; pure."""
    return _MEANING.get(result, "")


def count(
    session: Session, doctor_id: str, phone_id: str, result: str, at: datetime, rules: AnsweringRules, cause: int = 0
) -> Paused | Quarantined | None:
    """Count an offer's end within the caller's transaction; what follows from it. `cause` is Q.850's number."""
    match meaning(result):
        case "answered":
            if _counts_anything(session, doctor_id, phone_id):
                _reset(session, doctor_id)
                _works(session, phone_id)
        case "unanswered":
            _works(session, phone_id)
            return _unanswered(session, doctor_id, phone_id, at, rules)
        case "unreachable":
            return _unreachable(session, doctor_id, phone_id, at, rules, cause)
    return None


def quarantined(session: Session) -> list[DoctorPhone]:
    """The numbers that are put aside, the newest first."""
    query = select(DoctorPhone).where(DoctorPhone.quarantined_at.is_not(None))
    return list(session.scalars(query.order_by(DoctorPhone.quarantined_at.desc(), DoctorPhone.id)))


def release_phone(session: Session, phone_id: str) -> bool:
    """Somebody has looked at a number: it may be rung again. False where it is in no quarantine."""
    free = update(DoctorPhone).where(DoctorPhone.id == phone_id, DoctorPhone.quarantined_at.is_not(None))
    if _change(session, free.values(quarantined_at=None, quarantine_reason="", failures=0)) == 0:
        return False
    _touch(session, phone_id)
    return True


def _unanswered(session: Session, doctor_id: str, phone_id: str, at: datetime, rules: AnsweringRules) -> Paused | None:
    _change(session, update(Doctor).where(Doctor.id == doctor_id).values(unanswered=Doctor.unanswered + 1))
    on_duty = (Doctor.id == doctor_id, Doctor.duty == "on", Doctor.unanswered >= rules.unanswered)
    values = {"duty": "paused", "duty_reason": UNANSWERED_REASON, "duty_changed_at": at, "duty_until": None}
    if _change(session, update(Doctor).where(*on_duty).values(**values, unanswered=0)) == 0:
        return None
    languages = session.scalar(select(Doctor.languages).where(Doctor.id == doctor_id)) or []
    number = session.scalar(select(DoctorPhone.number).where(DoctorPhone.id == phone_id)) or ""
    return Paused(doctor_id, number, tuple(languages))


def _unreachable(
    session: Session, doctor_id: str, phone_id: str, at: datetime, rules: AnsweringRules, cause: int
) -> Quarantined | None:
    of_phone = DoctorPhone.id == phone_id
    _change(session, update(DoctorPhone).where(of_phone).values(failures=DoctorPhone.failures + 1))
    dead = (of_phone, DoctorPhone.failures >= rules.unreachable, DoctorPhone.quarantined_at.is_(None))
    reason = f"cause {cause}" if cause else "unreachable"
    if _change(session, update(DoctorPhone).where(*dead).values(quarantined_at=at, quarantine_reason=reason)) == 0:
        return None
    _touch(session, phone_id)
    return Quarantined(doctor_id, phone_id, reason)


def _counts_anything(session: Session, doctor_id: str, phone_id: str) -> bool:
    """Nearly always not, and one look costs a quarter of two updates that change nothing: it is done at every talk."""
    return bool(session.connection().scalar(_ANYTHING, {"doctor": doctor_id, "phone": phone_id}))


_DOCTORS, _PHONES = cast(Table, Doctor.__table__), cast(Table, DoctorPhone.__table__)
_ANYTHING = select(
    or_(
        exists().where(_DOCTORS.c.id == bindparam("doctor"), _DOCTORS.c.unanswered > 0),
        exists().where(_PHONES.c.id == bindparam("phone"), _PHONES.c.failures > 0),
    )
)


def _reset(session: Session, doctor_id: str) -> None:
    # Nearly always nothing is to be changed, and then the roster need not look at the doctor.
    _change(session, update(Doctor).where(Doctor.id == doctor_id, Doctor.unanswered > 0).values(unanswered=0))


def _works(session: Session, phone_id: str) -> None:
    _change(session, update(DoctorPhone).where(DoctorPhone.id == phone_id, DoctorPhone.failures > 0).values(failures=0))


def _touch(session: Session, phone_id: str) -> None:
    """Rosters read the doctors that have changed (config/schema.py: Doctor.changed_at), not their phones."""
    of_phone = select(DoctorPhone.doctor_id).where(DoctorPhone.id == phone_id).scalar_subquery()
    _change(session, update(Doctor).where(Doctor.id == of_phone).values(active=Doctor.active))


def _change(session: Session, statement: object) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
    assert isinstance(result, CursorResult)
    return result.rowcount
