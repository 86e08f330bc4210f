"""Who sees which number."""

from __future__ import annotations

import pytest

from admin_api.masking import doctor_number, journal_data, masked, patient_number
from admin_api.permissions import Role

NUMBER = "+919876543210"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "+91 98•••••210"),
        ("+14155550123", "+14•••••123"),
        ("108", "108"),
        ("14416", "14416"),
        ("+290212", "•••••"),
    ],
)
def test_a_masked_number_can_be_recognised_but_not_called(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.ADMIN, NUMBER),
        (Role.SUPERVISOR, "+91 98•••••210"),
        (Role.DISTRICT, "+91 98•••••210"),
        (Role.DOCTOR, None),
    ],
)
def test_a_patients_number_is_whole_for_administrators_only_and_never_there_for_doctors(
    role: Role, shown: str | None
) -> None:
    assert patient_number(NUMBER, role) == shown
    assert journal_data({"caller": NUMBER, "line": "l"}, role) == {"caller": shown, "line": "l"}
    assert journal_data({"number": NUMBER, "request": "r"}, role)["number"] == shown
    assert journal_data({"patient": "p", "mobile": NUMBER}, role)["mobile"] == shown


def test_a_withheld_number_stays_withheld_and_an_ambulance_shows() -> None:
    assert patient_number(None, Role.ADMIN) is None
    assert journal_data({"caller": None, "number": "108"}, Role.DOCTOR) == {"caller": None, "number": "108"}


def test_a_doctors_number_is_whole_for_administrators_and_for_the_doctor() -> None:
    assert doctor_number(NUMBER, Role.ADMIN) == NUMBER
    assert doctor_number(NUMBER, Role.DOCTOR, own=True) == NUMBER
    assert doctor_number(NUMBER, Role.DOCTOR) == doctor_number(NUMBER, Role.SUPERVISOR) == "+91 98•••••210"
