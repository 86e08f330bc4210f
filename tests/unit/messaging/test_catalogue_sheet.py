"""The sheet goes to the portal and comes back; whatever a spreadsheet made of it is understood or told by line."""

from __future__ import annotations

import csv
import io

import pytest

from messaging.catalogue import shipped
from messaging.errors import SheetError
from messaging.wording.matching import Registration
from messaging.wording.sheet import COLUMNS, as_csv, read

SHEET = as_csv(list(shipped()), {}, "1101234567890123456", "HLTHMP")


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def csv_of(*rows: dict[str, str], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def filled(template: str = "otp", language: str = "hi", **changes: str) -> dict[str, str]:
    row = next(row for row in table(SHEET) if (row["template"], row["language"]) == (template, language))
    return {**row, "dlt_template_id": "1107161234567890123", **changes}


def test_every_wording_stands_in_the_sheet_with_what_the_portal_asks() -> None:
    rows = table(SHEET)
    assert len(rows) == len(list(shipped()))
    row = next(row for row in rows if row["template_name"] == "otp_en_1")
    assert (row["category"], row["type"], row["consent"]) == ("Service Implicit", "Text", "not needed")
    assert (row["entity_id"], row["header"]) == ("1101234567890123456", "HLTHMP")
    assert "{#var#}" in row["text"]
    assert "{#numeric#}" in row["text_with_types"]
    assert row["variables"] == "code: numeric; minutes: numeric"
    assert row["sent"] == "later"
    slip = next(row for row in rows if row["template_name"] == "advice_slip_hi_1")
    assert (slip["type"], slip["numbers_and_links"], slip["parts"]) == ("Unicode", "104, 108", "2")
    assert "डॉ. अनीता वर्मा" in slip["sample"]


def test_a_registered_wording_has_its_id_and_comes_back_as_it_went() -> None:
    template = shipped().find("otp", "hi")
    known = Registration("otp", "hi", 1, "1107161234567890123", template.tagged_text, "HEALTH")
    rows, faults, waiting = read(as_csv(list(shipped()), {("otp", "hi", 1): known}, "", "HLTHMP"))
    assert [row.registration for row in rows] == [known]
    assert (faults, waiting) == ([], len(list(shipped())) - 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_saves_is_read(encoding: str, delimiter: str) -> None:
    text = csv_of(filled(), filled(language="en", dlt_template_id="'1107161234567890124"), delimiter=delimiter)
    rows, faults, waiting = read(text.encode(encoding))
    assert [(row.line, row.registration.dlt_template_id) for row in rows] == [
        (2, "1107161234567890123"),
        (3, "1107161234567890124"),
    ]
    assert rows[0].registration.text == shipped().find("otp", "hi").registered_text
    assert (faults, waiting) == ([], 0)


def test_columns_may_be_moved_added_and_named_in_capitals() -> None:
    text = 'Note,DLT Template ID,Version,Language,Template,Registered Text\r\nx,1107161234567890123,1,en,otp,"a, b"\r\n'
    rows, _, _ = read(text.encode())
    assert rows[0].registration == Registration("otp", "en", 1, "1107161234567890123", "a, b")


def test_the_line_of_a_row_is_told_also_behind_a_text_of_several_lines() -> None:
    text = csv_of(filled(registered_text="one\r\ntwo"), filled(version="first"), filled(text="", registered_text=""))
    rows, faults, _ = read(text.encode())
    assert rows[0].registration.text == "one\r\ntwo"
    assert [(fault.line, fault.what) for fault in faults] == [
        (4, "the version is a whole number, such as 1"),
        (5, "the registered text is missing"),
    ]


def test_a_blank_at_the_end_of_a_text_is_kept_and_one_beside_an_id_is_not() -> None:
    rows, _, _ = read(csv_of(filled(registered_text="a ", dlt_template_id=" 1107161234567890123 ")).encode())
    assert rows[0].registration.text == "a "
    assert rows[0].registration.dlt_template_id == "1107161234567890123"


@pytest.mark.parametrize("dlt_template_id", ["1107161234567890000", "110716123456789000"])
def test_an_id_that_a_spreadsheet_has_rounded_is_told(dlt_template_id: str) -> None:
    _, faults, _ = read(csv_of(filled(dlt_template_id=dlt_template_id)).encode())
    assert "rounded it to zeros" in faults[0].what


def test_a_text_whose_quotation_marks_were_lost_is_told() -> None:
    text = "template,language,version,dlt_template_id,registered_text\notp,en,1,1107161234567890123,a, b\n"
    assert read(text.encode())[1][0].what.startswith("the row has more cells than there are columns")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column template, language, version, dlt_template_id"),
        (b"template,language\n", "no column version, dlt_template_id"),
        ("template,language,version,dlt_template_id\nहिन्दी".encode("utf-16-be"), "UTF-8|no column"),
        (b"template,language,version,dlt_template_id\n\xe9", "UTF-8"),
        (b'template,language,version,dlt_template_id\notp,hi,1,5\notp,"hi,1,5\n', "line 3: .* quotation mark"),
        (b"PK\x03\x04\x00\x00", "no column"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_as_a_whole(data: bytes, said: str) -> None:
    with pytest.raises(SheetError, match=said):
        read(data)
