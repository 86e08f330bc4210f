"""Issues the slip of a call: rules, document, SMS and journal entry, all or nothing."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.calls import patients, repository
from admin_api.calls.service import reach
from admin_api.message_journal import entry_of
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.slips.schemas import NewSlip, SlipIssued, SmsPromised
from cdr.events import SLIP_ISSUED, JournalEntry
from cdr.journal import Journal, lines_of
from cdr.reader import has_talked
from config.clock import utc_now
from config.schema import Call, Doctor, Message, Patient, Slip
from config.settings import Settings
from messaging.outbox import enqueue
from messaging.rules import MessagingRules, messaging_rules
from prescriptions.errors import SlipAlreadyIssued
from prescriptions.formulary import explain
from prescriptions.rules import Drug
from prescriptions.slip import SlipRefused, issue

log = logging.getLogger(__name__)

_PURPOSE = "slip"


def issue_slip(
    session: Session, who: Principal, journal: Journal, settings: Settings, call_id: str, new: NewSlip, language: str
) -> SlipIssued | Problem:
    """The slip and its SMS. The same request again gives the same slip.

    A refusal by a rule is returned, not raised, so that the transaction keeps its entry in the audit log.
    Problems raised: 403 not the doctor of this call, 409 another slip is there, 422 no patient yet.
    """
    repository.serialise(session, call_id)
    call = reach(session, who, call_id)
    if not has_talked(lines_of(session, call_id), who.doctor_id or ""):
        raise Problem(403, "not_allowed", "You have not talked with this patient.")
    doctor = session.get_one(Doctor, who.doctor_id)
    patient = _patient(session, call)
    try:
        slip = issue(
            session,
            call_id=call.id,
            doctor=doctor,
            patient=patient,
            advice="\n".join(text for text in new.advice if text),
            complaints=new.complaints,
            diagnosis=new.diagnosis,
            drugs=[Drug(**drug.model_dump()) for drug in new.drugs],
            issued_at=utc_now(),
            helpline_number=call.dialled or "104",
            guardian_name=new.guardian_name,
        )
    except SlipRefused as refused:
        return _refused(session, who, call, refused, language)
    except SlipAlreadyIssued as error:
        raise Problem(409, "conflict", f"{error}.") from None
    message = _promise_sms(session, call, doctor, patient, slip, messaging_rules(settings))
    audit.record(session, who, "slip.issued", "call", call.id, slip=slip.id, patient=patient.id)
    _write_down(session, journal, slip, message)
    return SlipIssued(
        id=slip.id,
        number=slip.number,
        call_id=call.id,
        issued_at=slip.issued_at,
        content=slip.content,
        sms=SmsPromised.model_validate(message) if message else None,
    )


def _patient(session: Session, call: Call) -> Patient:
    patient = session.get(Patient, call.patient_id) if call.patient_id else None
    if patient is None or not patient.name:
        # TPG 3.2: the patient's name and age are verified before anything is prescribed.
        raise Problem(422, "refused", "Say first who the patient is: the name and the age.", field="patient")
    return patient


def _refused(session: Session, who: Principal, call: Call, refused: SlipRefused, language: str) -> Problem:
    audit.record(
        session,
        who,
        "slip.refused",
        "call",
        call.id,
        rules=[{"reason": each.reason_id, "rule": each.rule, "detail": each.detail} for each in refused.refusals],
    )
    log.info("slip of %s refused: %s", call.id, ", ".join(each.reason_id for each in refused.refusals))
    errors = [{"kind": each.reason_id, "detail": explain(each, language)} for each in refused.refusals]
    return Problem(422, "refused", errors[0]["detail"], errors=errors)


def _promise_sms(
    session: Session, call: Call, doctor: Doctor, patient: Patient, slip: Slip, rules: MessagingRules
) -> Message | None:
    """None where no number is known that the message could go to. The slip stands even where its message cannot."""
    number = patients.mobile_of(session, call, patient.id, rules.country)
    if number is None and _PURPOSE in rules.spoken:
        number = call.caller_number
    if number is None:
        return None
    return enqueue(
        session,
        purpose=_PURPOSE,
        recipient=number,
        key=slip.id,
        template="advice_slip",
        language=call.language if call.language in ("hi", "en") else "hi",
        variables={"doctor": doctor.name, "registration": doctor.registration_number, "slip": slip.number},
        call_id=call.id,
        rules=rules,
    )


def _write_down(session: Session, journal: Journal, slip: Slip, message: Message | None) -> None:
    """Once, however often the same slip is asked for."""
    entries = journal.entries_of(slip.call_id, session)
    if any(entry.kind == SLIP_ISSUED and entry.data["slip"] == slip.id for entry in entries):
        return
    session.flush()
    new = [JournalEntry(slip.call_id, slip.issued_at, SLIP_ISSUED, {"slip": slip.id})]
    if message is not None and message.state == "refused":
        new.append(entry_of(message, slip.call_id))
    journal.append(session, new)
