"""What stands on a slip: a pure composition, so that it can be checked without a database.

The fields are those of TPG Annexure 2 (sample prescription format). The doctor's contact is the helpline's number,
never the doctor's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from prescriptions.rules import (
    PRESCRIPTION_FORMAT,
    Age,
    Consultation,
    Drug,
    Formulary,
    Permitted,
    Refused,
    is_printable,
    may_prescribe,
    missing_identity,
    refusals,
)

LONGEST_ADVICE = 2000
VERSION = 1


@dataclass(frozen=True, slots=True)
class Prescriber:
    """The registered medical practitioner, as on the register."""

    name: str
    qualification: str
    registration_number: str
    council: str
    address: str
    contact: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """The patient, as completed by the doctor. `guardian`: the adult beside a minor."""

    name: str
    age: Age | None
    gender: str | None
    address: str
    district: str
    state: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the doctor says: complaints, provisional diagnosis, advice, and the drugs asked for."""

    complaints: str
    diagnosis: str
    advice: str
    drugs: tuple[Drug, ...]


def consultation_of(doctor: Prescriber, patient: Recipient) -> Consultation:
    """A call to the helpline: by voice, and not known to be a follow-up."""
    return Consultation(patient.age, doctor.registration_number, guardian_name=patient.guardian)


def refusals_of(
    doctor: Prescriber, patient: Recipient, findings: Findings, formulary: Formulary
) -> tuple[Refused, ...]:
    """Every rule that stands against issuing this slip, each once; none: it may be issued."""
    return tuple(dict.fromkeys(_refusals(doctor, patient, findings, formulary)))


def compose(
    doctor: Prescriber, patient: Recipient, findings: Findings, formulary: Formulary, issued_at: datetime
) -> dict[str, Any]:
    """The slip's content, JSON-ready, everything copied in. Only for what `refusals_of` has nothing against."""
    consultation = consultation_of(doctor, patient)
    decided = [may_prescribe(drug, consultation, formulary) for drug in findings.drugs]
    age = patient.age
    return {
        "version": VERSION,
        "issued_at": issued_at.isoformat(),
        "consultation": {"mode": consultation.mode, "first": consultation.first},
        "doctor": asdict(doctor),
        "patient": asdict(patient) | {"minor": bool(age and age.is_minor)},
        "complaints": findings.complaints.strip(),
        "diagnosis": findings.diagnosis.strip(),
        "advice": findings.advice.strip(),
        "drugs": [asdict(drug) for drug in decided if isinstance(drug, Permitted)],
        "formulary": formulary.source,
    }


def _refusals(doctor: Prescriber, patient: Recipient, findings: Findings, formulary: Formulary) -> Iterator[Refused]:
    consultation = consultation_of(doctor, patient)
    yield from missing_identity(consultation)
    if not findings.advice.strip() and not findings.drugs:
        yield Refused(PRESCRIPTION_FORMAT, "nothing_on_it")
    for text in (findings.complaints, findings.diagnosis, findings.advice):
        if not is_printable(text.replace("\n", " "), LONGEST_ADVICE):
            yield Refused(PRESCRIPTION_FORMAT, "text_invalid")
    yield from _twice(findings.drugs, formulary)
    for drug in findings.drugs:
        yield from refusals(drug, consultation, formulary)


def _twice(drugs: Sequence[Drug], formulary: Formulary) -> Iterator[Refused]:
    # The same drug under two names is how paracetamol is taken in double dose.
    seen = set()
    for drug in drugs:
        row = formulary.find(drug.generic)
        if row and row.generic in seen:
            yield Refused(PRESCRIPTION_FORMAT, "prescribed_twice", row.generic.upper())
        seen.add(row.generic if row else None)
