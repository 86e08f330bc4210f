"""The patient of a call: completed by the doctor while they talk or afterwards."""

from __future__ import annotations

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.calls import repository
from admin_api.calls.schemas import PatientChange
from admin_api.problems import Problem
from admin_api.security import Principal
from cdr.events import PATIENT_IDENTIFIED, JournalEntry
from cdr.journal import Journal, lines_of
from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberError, NumberKind, parse_number
from config.schema import Call, Patient, PatientPhone
from prescriptions.rules import Age


def complete(
    session: Session, who: Principal, journal: Journal, call: Call, change: PatientChange, country: str
) -> Patient:
    """Choose, make or change the call's patient, in the caller's transaction.

    Problem 422 for a number that can take no SMS, an impossible age, or a new patient without a name; 409 for another
    patient once a slip is issued.
    """
    mobile = _mobile(change.mobile, country) if change.mobile else None
    if change.age_value is not None and change.age_unit and not Age(change.age_value, change.age_unit).is_plausible:
        raise Problem(422, "invalid", "Nobody is that old.", field="age_value")
    patient = _chosen(session, call, change) or _new(session, call, change)
    changed = _apply(patient, change)
    session.flush()
    for number in filter(None, (mobile, _mobile_or_none(call.caller_number, country))):
        if session.get(PatientPhone, (patient.id, number)) is None:
            session.add(PatientPhone(patient_id=patient.id, number=number))
    data = {"patient": patient.id} | ({"mobile": mobile} if mobile else {})
    audit.record(session, who, "patient.changed", "patient", patient.id, call=call.id, fields=changed)
    session.flush()
    journal.append(session, [JournalEntry(call.id, utc_now(), PATIENT_IDENTIFIED, data)])
    journal.record(session, call.id)
    return patient


def mobile_of(session: Session, call: Call, patient_id: str, country: str) -> str | None:
    """Where this patient's SMS of this call goes: the mobile told in the call, the one it came from, or a known one."""
    for line in reversed(lines_of(session, call.id)):
        entry = line.entry
        if entry.kind == PATIENT_IDENTIFIED and entry.data["patient"] == patient_id and entry.data.get("mobile"):
            return str(entry.data["mobile"])
    known = [call.caller_number, *repository.numbers_of_patient(session, patient_id)]
    return next((mobile for number in known if (mobile := _mobile_or_none(number, country))), None)


def _chosen(session: Session, call: Call, change: PatientChange) -> Patient | None:
    wanted = change.patient_id or call.patient_id
    if wanted is None:
        return None
    if wanted != call.patient_id:
        if call.patient_id and repository.slips_of(session, [call.id]):
            raise Problem(409, "conflict", "A slip has been issued for the patient of this call.", field="patient_id")
        known = repository.patients_of_number(session, call.caller_number) if call.caller_number else []
        if wanted not in [patient.id for patient in known]:
            # The same answer for a patient of another number and for none at all: nobody may try ids out.
            raise Problem(422, "invalid", "Nobody with this id has called from this number.", field="patient_id")
    return session.get(Patient, wanted)


def _new(session: Session, call: Call, change: PatientChange) -> Patient:
    if not change.name:
        raise Problem(422, "invalid", "A new patient needs a name.", field="name")
    now = utc_now()
    patient = Patient(
        id=new_id("patient"),
        age_value=call.age_value,
        age_unit=call.age_unit,
        age_recorded_on=now.date() if call.age_value is not None else None,
        created_at=now,
    )
    session.add(patient)
    return patient


def _apply(patient: Patient, change: PatientChange) -> list[str]:
    """Copy the given fields; their names."""
    given = change.model_dump(exclude_none=True, exclude={"patient_id", "mobile"})
    for name, value in given.items():
        setattr(patient, name, value)
    if "age_value" in given:
        patient.age_recorded_on = utc_now().date()
    return sorted(given) + (["mobile"] if change.mobile else [])


def _mobile(text: str, country: str) -> str:
    try:
        number = parse_number(text, country)
    except NumberError as error:
        raise Problem(422, "invalid", str(error), field="mobile") from None
    if number.kind is not NumberKind.MOBILE:
        raise Problem(422, "invalid", "An SMS can only go to a mobile number.", field="mobile")
    return number.e164


def _mobile_or_none(text: str | None, country: str) -> str | None:
    try:
        return _mobile(text, country) if text else None
    except Problem:
        return None
