"""What may be prescribed by telephone: List O of the formulary, with age and registration number; nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import prescriptions
from prescriptions.errors import FormularyError
from prescriptions.formulary import DATA_DIR, explain, load_formulary
from prescriptions.rules import (
    Age,
    AgeUnit,
    Consultation,
    Drug,
    Formulary,
    FormularyDrug,
    Permitted,
    Refused,
    may_prescribe,
    refusals,
)

FORMULARY = load_formulary()
CONSULTATION = Consultation(Age(45, "years"), "MP-12345")
PARACETAMOL = Drug("paracetamol", "tablet", "500 mg", "1-0-1", 3)


def reasons(drug: Drug, consultation: Consultation = CONSULTATION, formulary: Formulary = FORMULARY) -> set[str]:
    return {refused.reason_id for refused in refusals(drug, consultation, formulary)}


@pytest.mark.parametrize(
    ("drug", "name"),
    [
        (PARACETAMOL, "PARACETAMOL"),
        (Drug("Acetaminophen", "Tablet", "500mg", "1-1-1", 5), "PARACETAMOL"),
        (Drug("ORS", "sachet", "21.8 g", "1-1-1-1", 2), "ORAL REHYDRATION SALTS"),
        (Drug("zinc", "dispersible tablet", "20 mg", "0-1/2-0", 14), "ZINC SULPHATE"),
        (Drug("zinc", "syrup", "20 mg/5 ml", "½ - 0 - ½", 14), "ZINC SULPHATE"),
    ],
)
def test_list_o_is_permitted_under_its_generic_name_in_capitals(drug: Drug, name: str) -> None:
    permitted = may_prescribe(drug, CONSULTATION, FORMULARY)
    assert isinstance(permitted, Permitted)
    assert (permitted.name, permitted.list) == (name, "O")
    assert "List O" in permitted.rule


def test_what_is_written_down_is_the_formularys_spelling() -> None:
    permitted = may_prescribe(Drug("PCM", "TABLET", "500MG", "½-0-½", 3, " after  food "), CONSULTATION, FORMULARY)
    assert permitted == Permitted(
        "PARACETAMOL", "tablet", "500 mg", "1/2-0-1/2", 3, "after food", "O", FORMULARY.source
    )


@pytest.mark.parametrize(
    "name",
    ["amoxicillin", "azithromycin", "alprazolam", "morphine", "enalapril", "paracetamol+codeine", "parcetamol", ""],
)
def test_a_drug_that_is_in_no_list_is_refused(name: str) -> None:
    assert reasons(replace(PARACETAMOL, generic=name)) == {"not_in_formulary"}


@pytest.mark.parametrize("other", ["A", "B", "X", "o", ""])
def test_every_list_but_o_is_refused(other: str) -> None:
    row = FormularyDrug("clotrimazole", other, {"cream": ("1 %",)})
    formulary = Formulary((row,), "test")
    for consultation in (CONSULTATION, replace(CONSULTATION, mode="video"), replace(CONSULTATION, first=False)):
        assert reasons(Drug("clotrimazole", "cream", "1 %", "1-0-1", 7), consultation, formulary) == {
            "list_not_allowed"
        }


@pytest.mark.parametrize("age", [None, Age(-1, "years"), Age(121, "years"), Age(5, "decades")])  # type: ignore[arg-type]
def test_without_an_age_nothing_is_prescribed(age: Age | None) -> None:
    assert reasons(PARACETAMOL, replace(CONSULTATION, age=age)) == {"age_missing"}


@pytest.mark.parametrize("number", ["", "  ", "none", "12\n34"])
def test_without_a_registration_number_nothing_is_prescribed(number: str) -> None:
    assert reasons(PARACETAMOL, replace(CONSULTATION, registration_number=number)) == {"registration_number_missing"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"form": "injection"}, "form_not_in_formulary"),
        ({"strength": "1000 mg"}, "strength_not_in_formulary"),
        ({"strength": "125 mg/5 ml"}, "strength_not_in_formulary"),
        ({"frequency": "twice a day"}, "frequency_invalid"),
        ({"frequency": "0-0-0"}, "frequency_invalid"),
        ({"frequency": "1-0"}, "frequency_invalid"),
        ({"frequency": "1-0-1-1-1"}, "frequency_invalid"),
        ({"frequency": "5-0-5"}, "frequency_invalid"),
        ({"frequency": "1-0-1\n"}, "frequency_invalid"),
        ({"frequency": "१-0-1"}, "frequency_invalid"),
        ({"days": 0}, "duration_invalid"),
        ({"days": 31}, "duration_invalid"),
        ({"instructions": "x" * 201}, "text_invalid"),
        ({"instructions": "a\x00b"}, "text_invalid"),
        ({"instructions": "a\u202eb"}, "text_invalid"),
    ],
)
def test_what_the_row_does_not_offer_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert reasons(replace(PARACETAMOL, **changes)) == {reason}


def test_every_rule_that_stands_against_a_drug_is_told() -> None:
    found = reasons(Drug("morphine", "tablet", "", "often", 99), Consultation(None, ""))
    assert found == {
        "age_missing",
        "registration_number_missing",
        "not_in_formulary",
        "frequency_invalid",
        "duration_invalid",
    }


@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=20), st.text(max_size=12), st.integers())
def test_whatever_is_asked_for_is_decided_and_a_refusal_names_its_rule(
    generic: str, form: str, strength: str, frequency: str, days: int
) -> None:
    decision = may_prescribe(Drug(generic, form, strength, frequency, days), CONSULTATION, FORMULARY)
    if isinstance(decision, Refused):
        assert decision.rule.startswith("TPG")
        assert "\n" not in explain(decision)
    else:
        assert decision.name in {"PARACETAMOL", "ORAL REHYDRATION SALTS", "ZINC SULPHATE"}


def test_the_formulary_has_the_three_drugs_of_list_o_and_says_where_from() -> None:
    assert {row.generic for row in FORMULARY.drugs} == {"paracetamol", "oral rehydration salts", "zinc sulphate"}
    assert {row.list for row in FORMULARY.drugs} == {"O"}
    assert "25 March 2020" in FORMULARY.source


@pytest.mark.parametrize(
    ("age", "minor"),
    [
        (Age(17, "years"), True),
        (Age(18, "years"), False),
        (Age(215, "months"), True),
        (Age(216, "months"), False),
        (Age(6574, "days"), True),
        (Age(6575, "days"), False),
    ],
)
def test_a_minor_is_under_eighteen_in_any_unit(age: Age, minor: bool) -> None:
    assert age.is_plausible
    assert age.is_minor is minor


def test_every_reason_has_words_in_both_languages() -> None:
    room = Path(prescriptions.__file__).parent
    source = "".join((room / name).read_text() for name in ("rules.py", "content.py"))
    used = set(re.findall(r'Refused\(\w+, "(\w+)"', source))
    texts = yaml.safe_load((DATA_DIR / "refusals.yaml").read_text(encoding="utf-8"))
    assert used == set(texts)
    assert len(used) >= 10
    for reason_id in used:
        for language in ("hi", "en"):
            words = explain(Refused("TPG 3.2", reason_id, "X"), language)
            assert words.endswith("[TPG 3.2]")
            assert "{" not in words


def test_every_age_unit_has_a_limit() -> None:
    for unit in get_args(AgeUnit):
        assert Age(1, unit).is_plausible


@pytest.mark.parametrize("body", ["", "[]", "drugs: [{}]", "drugs: [", "source: x\ndrugs: 3\nlongest_days: 3"])
def test_a_broken_formulary_is_named(tmp_path: Path, body: str) -> None:
    path = tmp_path / "formulary.yaml"
    path.write_text(body)
    with pytest.raises(FormularyError, match=r"formulary\.yaml"):
        load_formulary(path)
