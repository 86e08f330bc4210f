"""The queries about calls and their patients that cdr.reader does not answer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from admin_api.calls.scope import reachable
from admin_api.security import Principal
from config.schema import Call, Doctor, Patient, PatientPhone, Slip


def serialise(session: Session, call_id: str) -> None:
    """Let one writer at a time work on a call's papers, until the transaction ends.

    Not by locking the call's row: the controller changes that one while it holds the journal's lock, which we take
    last (cdr/journal.py), and each would wait for the other. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(104, hashtext(:call))"), {"call": call_id})


def is_reachable(session: Session, who: Principal, call_id: str) -> bool:
    """Whether the call is among those of this person."""
    return session.scalar(select(func.count()).select_from(Call).where(Call.id == call_id, reachable(who))) == 1


def names_of_patients(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Names by patient id."""
    return {row.id: row.name for row in session.execute(select(Patient.id, Patient.name).where(Patient.id.in_(ids)))}


def names_of_doctors(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Names by doctor id."""
    return {row.id: row.name for row in session.execute(select(Doctor.id, Doctor.name).where(Doctor.id.in_(ids)))}


def slips_of(session: Session, call_ids: Sequence[str]) -> dict[str, Slip]:
    """The newest slip of each call that has one."""
    statement = select(Slip).where(Slip.call_id.in_(call_ids)).order_by(Slip.issued_at, Slip.id)
    return {slip.call_id: slip for slip in session.scalars(statement)}


def patients_of_number(session: Session, number: str) -> Sequence[Patient]:
    """Everybody who has called from, or is written to at, this number."""
    return session.scalars(
        select(Patient)
        .join(PatientPhone, PatientPhone.patient_id == Patient.id)
        .where(PatientPhone.number == number)
        .order_by(Patient.created_at, Patient.id)
        .limit(20)
    ).all()


def numbers_of_patient(session: Session, patient_id: str) -> list[str]:
    """The patient's numbers."""
    statement = select(PatientPhone.number).where(PatientPhone.patient_id == patient_id).order_by(PatientPhone.number)
    return list(session.scalars(statement))
