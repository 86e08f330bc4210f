"""Issues an advice slip: refused as a whole or stored as a whole, once per call, under a number to read out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.schema import Doctor, Patient, Slip
from prescriptions.content import Findings, Prescriber, Recipient, compose, refusals_of
from prescriptions.errors import PrescriptionError, SlipAlreadyIssued
from prescriptions.formulary import explain, load_formulary
from prescriptions.number import new_slip_number
from prescriptions.rules import Age, AgeUnit, Drug, Formulary, Refused

_NUMBERS_TO_TRY = 5


class SlipRefused(PrescriptionError):
    """Rules stand against the slip; `refusals` holds every one, for the log and for the doctor."""

    def __init__(self, refusals: Sequence[Refused]) -> None:
        super().__init__("; ".join(explain(refused) for refused in refusals))
        self.refusals = tuple(refusals)


def issue(
    session: Session,
    *,
    call_id: str,
    doctor: Doctor,
    patient: Patient,
    advice: str,
    complaints: str = "",
    diagnosis: str = "",
    drugs: Sequence[Drug] = (),
    issued_at: datetime,
    number: Callable[[], str] = new_slip_number,
    helpline_number: str = "104",
    guardian_name: str = "",
    further: bool = False,
    formulary: Formulary | None = None,
) -> Slip:
    """Write the slip of a call within the caller's transaction and return its row.

    One slip per call: the same request again returns the first slip, another content raises SlipAlreadyIssued,
    unless `further` asks for one more. SlipRefused carries every rule against it; then nothing is written.
    `number` draws slip numbers; one already taken is drawn again. `helpline_number` is printed as the contact.
    """
    prescriber = _prescriber(doctor, helpline_number)
    recipient = _recipient(patient, guardian_name)
    findings = Findings(_lines(complaints), _lines(diagnosis), _lines(advice), tuple(drugs))
    rows = formulary or load_formulary()
    refused = refusals_of(prescriber, recipient, findings, rows)
    if refused:
        raise SlipRefused(refused)
    values = {
        "id": _slip_id(session, call_id, further),
        "call_id": call_id,
        "doctor_id": doctor.id,
        "patient_id": patient.id,
        "issued_at": issued_at,
        "content": compose(prescriber, recipient, findings, rows, issued_at),
    }
    return _stored(session, values, number)


def _stored(session: Session, values: dict[str, Any], number: Callable[[], str]) -> Slip:
    # The id is the call's, so that of two requests at the same time one finds the other's slip, on either database.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for _ in range(_NUMBERS_TO_TRY):
        session.execute(insert(Slip).values(**values, number=number()).on_conflict_do_nothing())
        slip = session.get(Slip, values["id"])
        if slip is None:
            continue  # the number belongs to another slip
        if _differs(slip, values):
            raise SlipAlreadyIssued(f"this call already has the slip {slip.number}")
        return slip
    raise PrescriptionError(f"no free slip number was found in {_NUMBERS_TO_TRY} draws")


def _differs(slip: Slip, values: dict[str, Any]) -> bool:
    wanted = values["content"] | {"issued_at": slip.content["issued_at"]}
    return (slip.doctor_id, slip.patient_id, slip.content) != (values["doctor_id"], values["patient_id"], wanted)


def _slip_id(session: Session, call_id: str, further: bool) -> str:
    issued = session.scalar(select(func.count()).select_from(Slip).where(Slip.call_id == call_id)) or 0
    return f"slip-{call_id}-{issued + 1 if further else 1}"


def _prescriber(doctor: Doctor, helpline_number: str) -> Prescriber:
    return Prescriber(
        name=doctor.name,
        qualification=doctor.qualification,
        registration_number=doctor.registration_number,
        council=doctor.council,
        address=doctor.address,
        contact=helpline_number,
    )


def _recipient(patient: Patient, guardian_name: str) -> Recipient:
    return Recipient(
        name=patient.name,
        age=_age(patient.age_value, patient.age_unit),
        gender=patient.gender,
        address=patient.address,
        district=patient.district,
        state=patient.state,
        guardian=guardian_name,
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")  # as browsers send what is typed into a form


def _age(value: int | None, unit: str | None) -> Age | None:
    for known in get_args(AgeUnit):
        if value is not None and unit == known:
            return Age(value, known)
    return None
