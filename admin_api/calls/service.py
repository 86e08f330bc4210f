"""What staff see of calls, each look written to the audit log in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.calls import patients, repository
from admin_api.calls.schemas import (
    CallDetail,
    CallPage,
    CallShown,
    DecisionShown,
    JournalShown,
    KnownPatient,
    LegShown,
    Named,
    OfferShown,
    PatientChange,
    PatientShown,
    SlipShown,
)
from admin_api.calls.scope import narrowed
from admin_api.masking import journal_data, patient_number
from admin_api.permissions import Role, scope_of
from admin_api.problems import Problem
from admin_api.security import Principal
from cdr import reader
from cdr.errors import CdrError
from cdr.events import ROUTE_DECIDED
from cdr.journal import Journal, JournalLine
from cdr.reader import CallFilter
from config.schema import Call, Offer, Patient


def listing(session: Session, who: Principal, which: CallFilter, *, limit: int, cursor: str | None) -> CallPage:
    """One page of calls, newest first. Problem 422 for a cursor that no list gave."""
    try:
        page = reader.calls(session, narrowed(which, who), limit=limit, cursor=cursor)
    except (CdrError, OverflowError, StatementError):  # the latter two: a moment that no database can hold
        raise Problem(422, "invalid", "This cursor was not made by a list of calls.", field="cursor") from None
    audit.record(session, who, "calls.listed", "call", calls=[call.id for call in page.calls])
    return CallPage(calls=_shown(session, who, page.calls), next_cursor=page.next_cursor)


def detail(session: Session, who: Principal, call_id: str, country: str) -> CallDetail:
    """Everything about one call. Problem 404, or 403 for a call that is not within one's reach."""
    call = reach(session, who, call_id)
    audit.record(session, who, "call.viewed", "call", call.id, patient=call.patient_id)
    return _detail(session, who, call, country)


def complete_patient(
    session: Session, who: Principal, journal: Journal, call_id: str, change: PatientChange, country: str
) -> CallDetail:
    """Complete the patient's details and show the call as it is then."""
    repository.serialise(session, call_id)
    call = reach(session, who, call_id)
    patients.complete(session, who, journal, call, change, country)
    session.refresh(call)
    return _detail(session, who, call, country)


def reach(session: Session, who: Principal, call_id: str) -> Call:
    """The call, if it is there (else 404) and this person's to see (else 403; as ids cannot be guessed, it tells
    nobody anything)."""
    call = session.get(Call, call_id)
    if call is None:
        raise Problem(404, "not_found", "There is no such call.")
    if not repository.is_reachable(session, who, call_id):
        raise Problem(403, "not_allowed", "This call is not one of yours.")
    return call


def _shown(session: Session, who: Principal, calls: Sequence[Call]) -> list[CallShown]:
    patient_names = repository.names_of_patients(session, [call.patient_id for call in calls if call.patient_id])
    doctor_names = repository.names_of_doctors(session, [call.doctor_id for call in calls if call.doctor_id])
    slips = repository.slips_of(session, [call.id for call in calls])
    return [
        CallShown(
            **{name: getattr(call, name) for name in _COPIED},
            caller=patient_number(call.caller_number, who.role),
            patient=_named(call.patient_id, patient_names),
            doctor=_named(call.doctor_id, doctor_names),
            slip_number=slips[call.id].number if call.id in slips else None,
        )
        for call in calls
    ]


_COPIED = tuple(CallShown.model_fields.keys() - {"caller", "patient", "doctor", "slip_number"})


def _named(id: str | None, names: dict[str, str]) -> Named | None:
    return Named(id=id, name=names.get(id, "")) if id else None


def _detail(session: Session, who: Principal, call: Call, country: str) -> CallDetail:
    parts = reader.call_detail(session, call.id)
    assert parts is not None
    patient = session.get(Patient, call.patient_id) if call.patient_id else None
    slip = repository.slips_of(session, [call.id]).get(call.id)
    known = repository.patients_of_number(session, call.caller_number) if call.caller_number else []
    offers = _offers(session, who, parts.offers)
    # Others who share the phone are shown only to somebody who may choose among them.
    may_write = scope_of(who.role, "PATCH", "/api/v1/calls/{call_id}/patient") is not None
    return CallDetail(
        call=_shown(session, who, [call])[0],
        patient=_patient(session, who, call, patient, country) if patient else None,
        known_patients=[KnownPatient.model_validate(each) for each in known] if may_write else [],
        legs=[LegShown.model_validate(leg) for leg in parts.legs],
        offers=offers,
        decisions=_decisions(parts.journal, offers),
        journal=[_line(line, who.role) for line in parts.journal],
        slip=SlipShown.model_validate(slip) if slip else None,
        can_receive_sms=patients.mobile_of(session, call, call.patient_id, country) is not None,
        may_write=may_write,
        may_issue_slip=who.role is Role.DOCTOR and reader.has_talked(parts.journal, who.doctor_id or ""),
    )


def _patient(session: Session, who: Principal, call: Call, patient: Patient, country: str) -> PatientShown:
    mobile = patients.mobile_of(session, call, patient.id, country)
    copied = {name: getattr(patient, name) for name in PatientShown.model_fields if hasattr(patient, name)}
    return PatientShown(**copied, mobile=patient_number(mobile, who.role), can_receive_sms=mobile is not None)


def _line(line: JournalLine, role: Role) -> JournalShown:
    entry = line.entry
    return JournalShown(id=line.id, at=entry.at, kind=entry.kind, data=journal_data(entry.data, role))


def _decisions(journal: Sequence[JournalLine], offers: Sequence[OfferShown]) -> list[DecisionShown]:
    """The decisions about those offers that are shown."""
    names = {offer.id: offer.doctor_name for offer in offers}
    return [
        DecisionShown(
            at=line.entry.at,
            offer_id=line.entry.data["offer"],
            doctor_name=names[line.entry.data["offer"]],
            excluded=dict(line.entry.data["excluded"]),
            points=dict(line.entry.data["points"]),
        )
        for line in journal
        if line.entry.kind == ROUTE_DECIDED and line.entry.data["offer"] in names
    ]


def _offers(session: Session, who: Principal, offers: Sequence[Offer]) -> list[OfferShown]:
    """The offers; a doctor sees only the own ones, because it is nobody's business which colleague declined."""
    if who.role is Role.DOCTOR:
        offers = [offer for offer in offers if offer.doctor_id == who.doctor_id]
    names = repository.names_of_doctors(session, [offer.doctor_id for offer in offers])
    copied = tuple(OfferShown.model_fields.keys() - {"doctor_name"})
    return [
        OfferShown(**{name: getattr(offer, name) for name in copied}, doctor_name=names.get(offer.doctor_id, ""))
        for offer in offers
    ]
