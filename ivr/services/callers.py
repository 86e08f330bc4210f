"""Services about who calls: the caller's language and the patients of the number."""

from __future__ import annotations

from collections.abc import Iterator

from cdr import events
from config.numbers import NumberError, NumberKind, parse_number
from config.schema import Doctor, Patient
from directory import callers
from directory.ages import age_on, year_of_birth
from directory.callers import Particulars
from flows.events import Item
from flows.services import SMS_TO
from ivr.services.answer import Answer, Arguments, Note, Office, Who, flag


def caller(office: Office, arguments: Arguments, who: Who) -> Answer:
    if who.caller is None:
        return Answer("withheld", {"mobile": flag(False)}, {"patients": ()})
    with office.database.reading() as session:
        language = callers.language_of(session, who.caller)
        patients = callers.patients_of(session, who.caller)
    values = {"mobile": flag(_is_mobile(who.caller, office.country))}
    if language not in office.languages:
        language = None  # its catalogue has been taken away since
    if language:
        values["language"] = language
    known = language is not None or bool(patients)
    return Answer("known" if known else "new", values, {"patients": tuple(_items(office, patients))})


def languages(office: Office, arguments: Arguments, who: Who) -> Answer:
    """Each says itself, with its key: the caller may understand no other."""
    spoken = sorted(office.languages, key=lambda language: (language != who.language, language))
    items = tuple(Item(language, (f"=language_offer:{language}:#",)) for language in spoken)
    return Answer("several" if len(items) > 1 else "one", lists={"languages": items})


def remember_language(office: Office, arguments: Arguments, who: Who) -> Answer:
    language = arguments["language"]
    if who.caller is not None:
        with office.database.writing() as session:
            callers.remember_language(session, who.caller, language, who.at)
    return Answer("done")


def patient(office: Office, arguments: Arguments, who: Who) -> Answer:
    if who.caller is None:
        return Answer("gone")
    with office.database.reading() as session:
        found = callers.patient_of(session, who.caller, arguments["patient"])
    if found is None:
        return Answer("gone")
    identified: Note = (events.PATIENT_IDENTIFIED, {"patient": found.id})
    # What is not known of this patient must not be what another one said earlier in the call.
    values = {"gender": found.gender or "", "age": "", "age_unit": ""}
    if found.age_value is None or not found.age_unit or not found.age_recorded_on:
        return Answer("found", values, notes=(identified,))
    age, unit = age_on(office.today(who), found.age_value, found.age_unit, found.age_recorded_on)
    # The record and the doctor's screen have the age of the call, as if it had been keyed.
    told: Note = (events.ANSWER_GIVEN, {"name": "age", "value": age, "unit": unit})
    return Answer("found", {**values, "age": str(age), "age_unit": unit}, notes=(identified, told))


def new_patient(office: Office, arguments: Arguments, who: Who) -> Answer:
    age = arguments.get("age", "")
    told = Particulars(
        age=int(age) if age else None,
        age_unit=arguments.get("age_unit", ""),
        gender=arguments.get("gender", ""),
    )
    with office.database.writing() as session:
        stored = callers.add_patient(session, who.call_id, who.caller, told, who.at, office.today(who))
    return Answer("stored", {"patient": stored.id}, notes=((events.PATIENT_IDENTIFIED, {"patient": stored.id}),))


def name_patient(office: Office, arguments: Arguments, who: Who) -> Answer:
    if who.caller is None:
        return Answer("gone")
    with office.database.writing() as session:
        found = callers.patient_of(session, who.caller, arguments["patient"])
        if found is None:
            return Answer("gone")
        found.name_recording = arguments["name_recording"]
    return Answer("kept")


def known_mobile(office: Office, arguments: Arguments, who: Who) -> Answer:
    """A mobile that the chosen patient of a landline gave before need not be keyed again."""
    if who.caller is None:
        return Answer("unknown")
    if _is_mobile(who.caller, office.country):
        return Answer("known", {SMS_TO: who.caller})
    patient_id = arguments.get("patient", "")
    with office.database.reading() as session:
        found = callers.patient_of(session, who.caller, patient_id) if patient_id else None
        numbers = callers.numbers_of(session, found.id) if found else []
    mobile = next((number for number in numbers if _is_mobile(number, office.country)), None)
    return Answer("known", {SMS_TO: mobile}) if mobile else Answer("unknown")


def last_prescription(office: Office, arguments: Arguments, who: Who) -> Answer:
    if who.caller is None:
        return Answer("none")
    with office.database.reading() as session:
        slip = callers.last_slip(session, who.caller)
        doctor = session.get(Doctor, slip.doctor_id) if slip is not None else None
    if slip is None:
        return Answer("none")
    issued_on = slip.issued_at.astimezone(office.zone).date().isoformat()
    values = {"issued_on": issued_on, "slip_number": slip.number}
    if doctor is not None:
        values |= {"slip_doctor": doctor.name, "slip_registration": doctor.registration_number}
    return Answer("found", values)


def _items(office: Office, patients: list[Patient]) -> Iterator[Item]:
    for each in patients:
        phrase = _name_of(office, each)
        # Somebody of whom nothing is known could not be told from the others.
        if phrase:
            yield Item(each.id, phrase)


def _name_of(office: Office, patient: Patient) -> tuple[str, ...]:
    spoken = office.recordings / patient.name_recording
    if patient.name_recording and spoken.is_file():
        return (f"recording:{spoken.with_suffix('')}",)
    phrase = []
    if patient.age_value is not None and patient.age_unit and patient.age_recorded_on:
        phrase.append(f"=year:{year_of_birth(patient.age_value, patient.age_unit, patient.age_recorded_on)}")
    if patient.gender:
        phrase.append(f"=gender:{patient.gender}")
    return tuple(phrase)


def _is_mobile(number: str, country: str) -> bool:
    try:
        return parse_number(number, country).kind is NumberKind.MOBILE
    except NumberError:
        return False
