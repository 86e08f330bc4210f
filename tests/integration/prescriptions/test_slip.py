"""A slip is stored as a whole or not at all, once per call, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Doctor, Patient, Slip
from prescriptions.errors import PrescriptionError, SlipAlreadyIssued
from prescriptions.number import parse_slip_number
from prescriptions.rules import Drug
from prescriptions.slip import SlipRefused, issue

PARACETAMOL = Drug("paracetamol", "tablet", "500 mg", "1-0-1", 3)


@pytest.fixture
def stocked(database: Database, now: datetime) -> Database:
    with database.writing() as session:
        session.add(Doctor(id="doc-1", name="Dr Anita Verma", registration_number="MP-12345", created_at=now))
        session.add(Patient(id="pat-1", name="Ramesh", age_value=45, age_unit="years", created_at=now))
        session.add(Patient(id="pat-2", name="Nobody knows", created_at=now))
    return database


def write(session: Session, now: datetime, **changes: Any) -> Slip:
    wanted: dict[str, Any] = {
        "call_id": "call-1",
        "doctor": session.get_one(Doctor, "doc-1"),
        "patient": session.get_one(Patient, "pat-1"),
        "complaints": "fever",
        "diagnosis": "viral fever",
        "advice": "rest\r\nfluids",
        "drugs": [PARACETAMOL],
        "issued_at": now,
    }
    return issue(session, **wanted | changes)


def slips(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Slip)) or 0


def test_a_slip_is_stored_with_everything_copied_in(stocked: Database, now: datetime) -> None:
    with stocked.writing() as session:
        number = write(session, now).number
        session.get_one(Doctor, "doc-1").name = "Dr Married Since"
    with stocked.reading() as session:
        slip = session.scalars(select(Slip).where(Slip.number == number)).one()
    assert parse_slip_number(number) == number
    assert (slip.call_id, slip.doctor_id, slip.patient_id, slip.issued_at) == ("call-1", "doc-1", "pat-1", now)
    assert slip.content["doctor"]["name"] == "Dr Anita Verma"
    assert slip.content["doctor"]["contact"] == "104"
    assert slip.content["advice"] == "rest\nfluids"
    assert slip.content["drugs"][0]["name"] == "PARACETAMOL"


def test_a_refused_slip_writes_nothing_and_tells_every_rule(stocked: Database, now: datetime) -> None:
    def write_morphine() -> None:
        with stocked.writing() as session:
            patient = session.get_one(Patient, "pat-2")
            write(session, now, patient=patient, drugs=[Drug("morphine", "tablet", "10 mg", "1-0-1", 3)])

    with pytest.raises(SlipRefused) as refusal:
        write_morphine()
    assert {each.reason_id for each in refusal.value.refusals} == {"age_missing", "not_in_formulary"}
    assert "TPG 3.2" in str(refusal.value)
    assert slips(stocked) == 0


def test_the_same_request_again_is_the_first_slip(stocked: Database, now: datetime) -> None:
    with stocked.writing() as session:
        first = write(session, now)
    with stocked.writing() as session:
        second = write(session, now + timedelta(minutes=1))
    assert (second.id, second.number, second.issued_at) == (first.id, first.number, now)
    assert slips(stocked) == 1


def test_another_content_for_the_same_call_is_not_passed_off_as_the_first(stocked: Database, now: datetime) -> None:
    with stocked.writing() as session:
        number = write(session, now).number
    with pytest.raises(SlipAlreadyIssued, match=number), stocked.writing() as session:
        write(session, now, advice="go to hospital")


def test_a_further_slip_is_written_when_asked_for(stocked: Database, now: datetime) -> None:
    with stocked.writing() as session:
        numbers = {write(session, now).number, write(session, now, advice="go to hospital", further=True).number}
    assert len(numbers) == 2
    assert slips(stocked) == 2


def test_a_number_already_taken_is_drawn_again(stocked: Database, now: datetime) -> None:
    drawn: Iterator[str] = iter(["P-1", "P-1", "P-1", "P-2"])
    with stocked.writing() as session:
        write(session, now, number=lambda: next(drawn))
    with stocked.writing() as session:
        other = write(session, now, call_id="call-2", number=lambda: next(drawn))
    assert other.number == "P-2"


def test_a_source_of_numbers_that_repeats_itself_is_given_up(stocked: Database, now: datetime) -> None:
    with stocked.writing() as session:
        write(session, now, number=lambda: "P-1")
    with pytest.raises(PrescriptionError, match="no free slip number"), stocked.writing() as session:
        write(session, now, call_id="call-2", number=lambda: "P-1")


def test_ten_requests_at_once_make_one_slip(stocked: Database, now: datetime) -> None:
    def once(_: int) -> str:
        with stocked.writing() as session:
            return write(session, now).number

    with ThreadPoolExecutor(10) as pool:
        numbers = set(pool.map(once, range(10)))
    assert len(numbers) == 1
    assert slips(stocked) == 1
