"""What stands on a slip, and what keeps it from being issued."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from prescriptions.content import LONGEST_ADVICE, Findings, Prescriber, Recipient, compose, refusals_of
from prescriptions.formulary import load_formulary
from prescriptions.rules import Age, Drug

FORMULARY = load_formulary()
AT = datetime(2020, 5, 15, 10, 30, tzinfo=UTC)
DOCTOR = Prescriber("Dr Anita Verma", "MBBS", "MP-12345", "MP Medical Council", "Bhopal", "104")
PATIENT = Recipient("Ramesh", Age(45, "years"), "male", "Ward 3", "Indore", "Madhya Pradesh")
PARACETAMOL = Drug("paracetamol", "tablet", "500 mg", "1-0-1", 3)
FINDINGS = Findings("fever for two days", "viral fever", "rest, fluids", (PARACETAMOL,))


def reasons(doctor: Prescriber = DOCTOR, patient: Recipient = PATIENT, findings: Findings = FINDINGS) -> list[str]:
    return [refused.reason_id for refused in refusals_of(doctor, patient, findings, FORMULARY)]


def test_a_slip_carries_every_field_of_the_guidelines_sample() -> None:
    assert reasons() == []
    content = compose(DOCTOR, PATIENT, FINDINGS, FORMULARY, AT)
    assert content["issued_at"] == "2020-05-15T10:30:00+00:00"
    assert content["doctor"]["registration_number"] == "MP-12345"
    assert content["patient"]["age"] == {"value": 45, "unit": "years"}
    assert content["patient"]["minor"] is False
    assert (content["complaints"], content["diagnosis"], content["advice"]) == (
        "fever for two days",
        "viral fever",
        "rest, fluids",
    )
    [drug] = content["drugs"]
    assert (drug["name"], drug["frequency"], drug["days"]) == ("PARACETAMOL", "1-0-1", 3)
    assert content["consultation"] == {"mode": "audio", "first": True}
    assert json.loads(json.dumps(content)) == content


def test_advice_alone_is_a_slip() -> None:
    assert reasons(findings=replace(FINDINGS, drugs=())) == []


def test_an_empty_slip_is_refused() -> None:
    assert reasons(findings=Findings("fever", "", " ", ())) == ["nothing_on_it"]


def test_age_and_registration_number_are_mandatory_even_for_advice_alone() -> None:
    advice = replace(FINDINGS, drugs=())
    assert reasons(replace(DOCTOR, registration_number=""), replace(PATIENT, age=None), advice) == [
        "age_missing",
        "registration_number_missing",
    ]


def test_all_that_stands_against_it_is_told_once() -> None:
    findings = replace(FINDINGS, drugs=(PARACETAMOL, replace(PARACETAMOL, generic="morphine"), PARACETAMOL))
    assert sorted(reasons(patient=replace(PATIENT, age=None), findings=findings)) == [
        "age_missing",
        "not_in_formulary",
        "prescribed_twice",
    ]


def test_one_drug_under_two_names_is_noticed() -> None:
    findings = replace(FINDINGS, drugs=(PARACETAMOL, replace(PARACETAMOL, generic="PCM", strength="650 mg")))
    assert reasons(findings=findings) == ["prescribed_twice"]


@pytest.mark.parametrize("advice", ["x" * (LONGEST_ADVICE + 1), "a\x1bb", "a\u202eb", "a\ud800b"])
def test_text_that_cannot_be_printed_is_refused(advice: str) -> None:
    assert reasons(findings=replace(FINDINGS, advice=advice)) == ["text_invalid"]


def test_advice_may_have_several_lines() -> None:
    assert reasons(findings=replace(FINDINGS, advice="rest\nfluids")) == []


def test_a_minor_is_marked_and_the_adult_named() -> None:
    child = replace(PATIENT, age=Age(8, "months"), guardian="Sita")
    content = compose(DOCTOR, child, FINDINGS, FORMULARY, AT)
    assert (content["patient"]["minor"], content["patient"]["guardian"]) == (True, "Sita")
