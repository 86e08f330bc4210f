"""What the department has registered decides which wording is sent; a faulty row is told, and keeps no other back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from config.clock import utc_now
from config.database import Database
from config.schema import DltRegistration
from messaging import registrations
from messaging.catalogue import shipped
from messaging.errors import SheetError, TemplateError
from messaging.wording.matching import Registration

OTP = shipped().find("otp", "hi")
GOOD = Registration("otp", "hi", 1, "1107161234567890123", OTP.tagged_text)


def register(database: Database, registration: Registration) -> bool:
    with database.writing() as session:
        return registrations.register(session, shipped(), registration, "staff-1", utc_now())


def taken(database: Database, text: str) -> registrations.Taken:
    with database.writing() as session:
        return registrations.take(session, shipped(), text.encode(), "staff-1", utc_now())


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(DltRegistration)) or 0


def test_a_registration_is_kept_and_found(database: Database) -> None:
    assert register(database, replace(GOOD, header="HlthMP"))
    assert not register(database, replace(GOOD, header="HlthMP")), "entered again it changes nothing"
    with database.reading() as session:
        found = registrations.of_template(session, "otp", "hi")
        row = session.get_one(DltRegistration, ("otp", "hi", 1))
    assert found == {1: replace(GOOD, header="HlthMP")}, "some operators tell capitals from small letters"
    assert (row.registered_by, row.registered_text) == ("staff-1", OTP.tagged_text)
    assert shipped().find("otp", "hi", found).version == 1


def test_an_id_is_corrected_by_entering_it_again(database: Database) -> None:
    register(database, GOOD)
    assert register(database, replace(GOOD, dlt_template_id="1107161234567890999"))
    assert count(database) == 1


@pytest.mark.parametrize(
    ("changes", "said", "reason"),
    [
        ({"dlt_template_id": "1.10716E+18"}, "what a spreadsheet makes of it", "not_registered"),
        ({"dlt_template_id": "11071612345"}, "12 to 19 digits", "not_registered"),
        ({"dlt_template_id": "१२३४५६७८९०१२३"}, "12 to 19 digits", "not_registered"),
        ({"header": "VM-HLTHMP-S"}, "without the operator's VM-", "not_registered"),
        ({"text": OTP.tagged_text.replace("।", ".")}, "ours ‘।’ DEVANAGARI DANDA", "wording_differs"),
        ({"text": OTP.tagged_text + "\r\n"}, r"ours the end, registered U\+000D", "wording_differs"),
        ({"version": 2}, "there is no template otp", "wording_missing"),
        ({"language": "ta"}, "there is no template otp", "wording_missing"),
    ],
)
def test_what_cannot_be_a_registration_is_refused(
    database: Database, changes: dict[str, str], said: str, reason: str
) -> None:
    with pytest.raises(TemplateError, match=said) as caught:
        register(database, replace(GOOD, **changes))  # type: ignore[arg-type]
    assert caught.value.reason == reason
    assert count(database) == 0


def test_an_id_belongs_to_one_wording(database: Database) -> None:
    register(database, GOOD)
    english = shipped().find("otp", "en")
    with pytest.raises(TemplateError, match=r"is that of otp \(hi, version 1\) already"):
        register(database, replace(GOOD, language="en", text=english.registered_text))


def test_a_sheet_comes_back_with_good_rows_and_faulty_ones(database: Database) -> None:
    english, slip = shipped().find("otp", "en"), shipped().find("advice_slip", "en")
    lines = [
        "template,language,version,dlt_template_id,registered_text",
        f'otp,hi,1,1107161234567890123,"{OTP.registered_text}"',
        f'otp,en,1,1107161234567890124,"{english.registered_text}!"',
        f'advice_slip,en,1,1107161234567890125,"{slip.registered_text}"',
        f'otp,hi,1,1107161234567890126,"{OTP.registered_text}"',
        "duty_on,hi,1,,",
        "duty_on,hi,x,12,",
    ]
    found = taken(database, "\r\n".join(lines))
    assert found.entered == (("otp", "hi", 1), ("advice_slip", "en", 1))
    assert (found.waiting, found.unchanged) == (1, 0)
    assert [fault.line for fault in found.faults] == [3, 5, 7]
    assert "EXCLAMATION MARK" in found.faults[0].what
    assert found.faults[1].what == "the same wording stands in a row above"
    assert count(database) == 2
    assert taken(database, "\r\n".join(lines[:2])).unchanged == 1


def test_a_sheet_that_went_out_comes_back_unchanged(database: Database) -> None:
    register(database, replace(GOOD, header="HLTHMP"))
    with database.reading() as session:
        data = registrations.as_sheet(session, shipped(), "1101234567890123456", "OTHER")
    found = taken(database, data.decode("utf-8-sig"))
    assert (found.entered, found.unchanged, found.waiting, found.faults) == ((), 1, len(list(shipped())) - 1, ())


def test_a_file_that_is_no_sheet_leaves_everything_as_it_was(database: Database) -> None:
    register(database, GOOD)
    with pytest.raises(SheetError):
        taken(database, "otp,hi,1,2\n")
    assert count(database) == 1
