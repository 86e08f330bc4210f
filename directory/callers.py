"""The number that calls: the language to greet it in, and the patients who called from it before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.schema import Call, Caller, Patient, PatientPhone, Slip

MOST_PATIENTS = 5


@dataclass(frozen=True)
class Particulars:
    """What is keyed in about a patient: the age as told, its unit (years, months, days), the gender or ""."""

    age: int | None
    age_unit: str
    gender: str


def language_of(session: Session, number: str) -> str | None:
    """The language chosen last from this number; None where it has not been asked."""
    return session.scalar(select(Caller.language).where(Caller.number == number))


def remember_language(session: Session, number: str, language: str, at: datetime) -> None:
    """Greet this number in `language` from now on."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Caller).values(number=number, language=language, updated_at=at)
    changes = {"language": row.excluded.language, "updated_at": row.excluded.updated_at}
    session.execute(row.on_conflict_do_update(index_elements=["number"], set_=changes))


def patients_of(session: Session, number: str, most: int = MOST_PATIENTS) -> list[Patient]:
    """The patients of a number, whoever called or was entered last first."""
    last_call = select(func.max(Call.arrived_at)).where(Call.patient_id == Patient.id).scalar_subquery()
    query = (
        select(Patient)
        .join(PatientPhone, PatientPhone.patient_id == Patient.id)
        .where(PatientPhone.number == number)
        .order_by(func.coalesce(last_call, Patient.created_at).desc(), Patient.id.desc())
    )
    return list(session.scalars(query.limit(most)))


def patient_of(session: Session, number: str, patient_id: str) -> Patient | None:
    """The patient, if it is one of this number: ids are not for trying out."""
    if session.get(PatientPhone, (patient_id, number)) is None:
        return None
    return session.get(Patient, patient_id)


def numbers_of(session: Session, patient_id: str) -> list[str]:
    """The patient's numbers, in the order in which messages prefer them (admin_api/calls/patients.py)."""
    numbers = select(PatientPhone.number).where(PatientPhone.patient_id == patient_id)
    return list(session.scalars(numbers.order_by(PatientPhone.number)))


def add_patient(
    session: Session, call_id: str, number: str | None, told: Particulars, at: datetime, today: date
) -> Patient:
    """The new patient of this call, stored once: asked again in the same call with the same particulars, it is found.

    A withheld number (None) is not kept with it.
    """
    patient_id = _id_of(call_id, told)
    patient = session.get(Patient, patient_id)
    if patient is None:
        patient = Patient(
            id=patient_id,
            gender=told.gender or None,
            age_value=told.age,
            age_unit=told.age_unit or "years" if told.age is not None else None,
            age_recorded_on=today if told.age is not None else None,
            created_at=at,
        )
        session.add(patient)
        session.flush()
        if number is not None:
            session.add(PatientPhone(patient_id=patient_id, number=number))
            session.flush()
    return patient


def last_slip(session: Session, number: str) -> Slip | None:
    """The newest advice slip of this number's patients."""
    query = select(Slip).join(PatientPhone, PatientPhone.patient_id == Slip.patient_id)
    return session.scalar(query.where(PatientPhone.number == number).order_by(Slip.issued_at.desc(), Slip.id).limit(1))


def _id_of(call_id: str, told: Particulars) -> str:
    # Made from the call and what was told, so that a repeated request writes the same row.
    digest = hashlib.sha256(repr((call_id, told)).encode()).hexdigest()[:8]
    return f"patient-{call_id.removeprefix('call-')}-{digest}"
