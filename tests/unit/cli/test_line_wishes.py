"""What may be wished of a line, and what is said of a wish that cannot be met."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from cli.lines.errors import LineRefused
from cli.lines.wishes import Known, Wish, fields, line_number
from config.schema import TRANSFER_NUMBERS

KNOWN = Known(
    flows={"line_104", "opd_line"},
    parts={"arrival"},
    inner={"offer"},
    untaken={"new_line"},
    languages={"hi", "en"},
    districts={"bhopal", "agar_malwa"},
    zone=ZoneInfo("Asia/Kolkata"),
    country="IN",
)


def test_what_is_wished_becomes_the_lines_columns_and_nothing_else_does() -> None:
    assert fields(Wish(), KNOWN) == {}
    wish = Wish("opd_line", " Our  OPDs ", "en", "mon 09:00-14:00", "2027-01-26", "Bhopal, Agar Malwa,bhopal", "102")
    assert fields(wish, KNOWN) == {
        "flow": "opd_line",
        "name": "Our OPDs",
        "language": "en",
        "hours": {"mon": [["09:00", "14:00"]]},
        "closed_dates": ["2027-01-26"],
        "districts": ["bhopal", "agar_malwa"],
        "ambulance_number": "102",
    }


def test_always_all_and_none_take_limits_away() -> None:
    wish = Wish(hours="always", districts="all", closed="none")
    assert fields(wish, KNOWN) == {"hours": None, "districts": None, "closed_dates": None}


def test_a_line_may_have_a_queue_limit_of_its_own_and_nought_takes_it_away() -> None:
    assert fields(Wish(queue_limit=20), KNOWN) == {"queue_limit": 20}
    assert fields(Wish(queue_limit=0), KNOWN) == {"queue_limit": None}


def test_other_services_numbers_are_added_to_those_of_the_line_and_taken_away() -> None:
    numbers = fields(Wish(numbers=["tele_manas=1800-89-14416", "child_line="]), KNOWN)["numbers"]
    assert numbers == {"emergency": "112", "mother_transport": "102", "tele_manas": "+9118008914416"}
    assert fields(Wish(numbers=["emergency=100"]), KNOWN, {})["numbers"] == {"emergency": "100"}
    assert TRANSFER_NUMBERS["child_line"] == "1098"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("opdline"), "there is no flow 'opdline'; there are line_104, opd_line"),
        (Wish("arrival"), "arrival is a part of other flows and no line of its own; the flows are line_104, opd_line"),
        (Wish("offer"), "offer is what doctors hear in a call"),
        (Wish("new_line"), "the helpline takes up new_line when it is started the next time"),
        (Wish(name=" "), "1 to 80 printable characters"),
        (Wish(name="a\nb\x00"), "1 to 80 printable characters"),
        (Wish(language="mr"), "there is no language 'mr'; there are en, hi"),
        (Wish(hours="mon 09:00-25:00"), "mon: '25:00' is no time of day"),
        (Wish(closed="26 January"), "'26' is no date such as 2026-01-26"),
        (Wish(districts="Bhopaal,bhopal"), "there is no district bhopaal; there are agar_malwa, bhopal"),
        (Wish(districts=","), "name districts, or all"),
        (Wish(ambulance="10;8"), "--ambulance '10;8' cannot be dialled"),
        (Wish(numbers=["tele_manas=14416&SIP/thief"]), "--number tele_manas '14416&SIP/thief' cannot be dialled"),
        (Wish(numbers=["police=100"]), "where SERVICE is child_line, emergency, mother_transport, tele_manas"),
        (Wish(numbers=["tele_manas"]), "write SERVICE=NUMBER"),
        (Wish(numbers=["ambulance=108"]), "--ambulance NUMBER"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_with_what_could_be(wish: Wish, why: str) -> None:
    with pytest.raises(LineRefused) as told:
        fields(wish, KNOWN)
    assert why in str(told.value)


def test_who_has_imported_no_places_is_told_how() -> None:
    nowhere = Known((), (), (), (), (), (), KNOWN.zone, "IN")
    with pytest.raises(LineRefused, match="helpline import pincodes"):
        fields(Wish(districts="bhopal"), nowhere)


@pytest.mark.parametrize("text", ["1800 103 7378", "01800-103-7378", "+91 1800 103 7378"])
def test_a_line_has_one_number_however_it_is_written(text: str) -> None:
    assert line_number(text, "IN") == "+9118001037378"


@pytest.mark.parametrize("text", ["", "12", "104;reload", "104 into refused", "104\n105", "_X.", "s"])
def test_what_is_no_number_is_no_line(text: str) -> None:
    with pytest.raises(LineRefused, match="cannot be dialled"):
        line_number(text, "IN")
