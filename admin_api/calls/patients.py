"""The patient of a call: completed by the doctor while they talk or afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.calls import repository
from admin_api.calls.schemas import PatientChange
from admin_api.problems import Problem
from admin_api.security import Principal
from cdr.events import ANSWER_GIVEN, PATIENT_IDENTIFIED, JournalEntry
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
    keyed = _keyed([line.entry for line in lines_of(session, call.id)])
    # What the caller keyed is kept with the patient: the next call from this landline need not ask for it.
    for number in filter(None, (mobile or keyed, _mobile_or_none(call.caller_number, country))):
        if session.get(PatientPhone, (patient.id, number)) is None:
            session.add(PatientPhone(patient_id=patient.id, number=number))
    data = {"patient": patient.id} | ({"mobile": mobile} if mobile else {})
    audit.record(session, who, "patient.changed", "patient", patient.id, call=call.id, fields=changed)
    session.flush()
    journal.append(session, [JournalEntry(call.id, utc_now(), PATIENT_IDENTIFIED, data)])
    journal.record(session, call.id)
    return patient


def mobile_of(session: Session, call: Call, patient_id: str | None, country: str) -> str | None:
    """Where this patient's SMS of this call goes: the mobile told to the doctor, the one that was keyed, the one that
    called, or a known one."""
    entries = [line.entry for line in lines_of(session, call.id)]
    for entry in reversed(entries):
        if entry.kind == PATIENT_IDENTIFIED and entry.data["patient"] == patient_id and entry.data.get("mobile"):
            return str(entry.data["mobile"])
    of_patient = repository.numbers_of_patient(session, patient_id) if patient_id else []
    known = [_keyed(entries), call.caller_number, *of_patient]
    return next((mobile for number in known if (mobile := _mobile_or_none(number, country))), None)


def _keyed(entries: Sequence[JournalEntry]) -> str | None:
    """The mobile that the caller keyed and confirmed (flows/engine.py); the last one."""
    given = [entry.data["value"] for entry in entries if entry.kind == ANSWER_GIVEN and entry.data["name"] == "mobile"]
    return str(given[-1]) if given else None


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
    """A number that somebody types: a foreign one would be a way to run up a bill."""
    try:
        number = parse_number(text, country)
    except NumberError as error:
        raise Problem(422, "invalid", str(error), field="mobile") from None
    if number.kind is not NumberKind.MOBILE:
        what = number.kind.value.replace("_", " ")
        raise Problem(422, "invalid", f"An SMS can only go to a mobile, and this is a {what} number.", field="mobile")
    if number.country != country:
        raise Problem(422, "invalid", "A patient's SMS can only go to a mobile of this country.", field="mobile")
    return number.e164


def _mobile_or_none(text: str | None, country: str) -> str | None:
    try:
        number = parse_number(text, country) if text else None
    except NumberError:
        return None
    return number.e164 if number is not None and number.kind is NumberKind.MOBILE else None
