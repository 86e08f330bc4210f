"""A mobile by keys: asked only of callers who have none of their own, read back, and then used for the whole call."""

from __future__ import annotations

import pytest

from config.frozen import replace
from config.numbers import NumberKind, parse_number
from flows import commands as do
from flows import digits, engine
from flows.definition import Collect, Go
from flows.events import Bridged, BridgeEnded, Keyed, Served, Silent
from tests.unit.flows.conftest import FLOWS, Caller, Dials

OPEN, FREE, FULL = Served("open"), Served("free"), Served("full")
UNKNOWN = Served("unknown")
ASKED = ("mobile.ask",)
READ_BACK = ("lines.keyed", "=phone:+919876543210", "mobile.confirm")
QUESTION = Collect(prompt=(), exhausted=Go("bye"), name="one", least=0, most=0, go=Go("bye"), form="mobile")


def waits(dials: Dials, mobile: str, *, category: str = "4", **how: object) -> Caller:
    """On 104, for the skin, past the question about recording; `mobile` is what is known of the calling number."""
    caller = dials("line_104", **how).meets(OPEN)
    if how.get("withheld"):
        caller.meets(Served("withheld", {"mobile": "no"}), Served("one"))
    else:
        caller.meets(Served("known", {"mobile": mobile}))
    caller.meets(Keyed(category), Keyed("50"), Keyed(""), Keyed("1"), Served("stored", {"patient": "1"}))
    return caller.meets(Keyed("2"), FREE, Keyed("2"))


def asked(caller: Caller) -> bool:
    return any(name == "known_mobile" for name, _ in caller.asked)


# --- what is a mobile ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keyed", ["9876543210", "09876543210", "919876543210", "00919876543210", "0919876543210", "6000000000"]
)
def test_every_spelling_of_a_mobile_is_taken(keyed: str) -> None:
    assert digits.read(QUESTION, keyed) == f"+91{keyed[-10:]}"
    assert digits.wrong_mobile(keyed) == ""


@pytest.mark.parametrize(
    ("keyed", "what"),
    [
        ("98765", "length"),
        ("987654321", "length"),
        ("98765432101", "length"),
        ("0987654321", "length"),
        ("104", "length"),
        ("1098", "length"),
        ("14416", "length"),
        ("2551234", "length"),
        ("0", "length"),
        ("07552551234", "landline"),
        ("7552551234", "landline"),  # Bhopal, without its 0: ten digits that begin like a mobile
        ("01123456789", "landline"),
        ("00447911123456", "foreign"),
        ("0014155552671", "foreign"),
        ("00971501234567", "foreign"),
        ("0099999999999999", "foreign"),
        ("18001037378", "other"),
        ("2222222222", "landline"),
        ("9000000000000000", "length"),
        ("5555555555", "unknown"),
    ],
)
def test_what_is_no_mobile_is_told_by_what_is_wrong_with_it(keyed: str, what: str) -> None:
    assert digits.read(QUESTION, keyed) is None
    assert digits.wrong_mobile(keyed) == what


def test_what_is_taken_can_be_written_to() -> None:
    for keyed in ("9876543210", "00919876543210"):
        number = parse_number(digits.read(QUESTION, keyed) or "")
        assert (number.kind, number.country) == (NumberKind.MOBILE, "IN")


# --- who is asked ----------------------------------------------------------------------------------------------------


def test_a_mobile_is_not_asked(dials: Dials) -> None:
    caller = waits(dials, "yes")
    assert caller.heard == ("long_illness.ask",)
    assert not asked(caller)


def test_a_landline_is_asked_once_while_a_doctor_is_sought(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN)
    assert caller.heard == ASKED
    assert caller.meets(Keyed("9876543210")).heard == READ_BACK
    assert caller.meets(Keyed("1")).heard == ("long_illness.ask",)
    assert do.StopSeeking() not in caller.all
    assert caller.state.answers["sms_to"] == "+919876543210"


@pytest.mark.parametrize("withheld", ["yes", "no"])
def test_callers_hear_what_the_number_is_for(withheld: str) -> None:
    flow = FLOWS["specialist_line"]
    begun = engine.begin(flow, sms_possible=False, answers={"withheld": withheld, "category": "skin", "skill": "skin"})
    caller = Caller(flow, replace(begun, node="mobile_number/known", waiting="service")).meets(UNKNOWN)
    assert caller.heard == (f"mobile.for.{withheld}", "mobile.ask")


def test_a_landline_whose_patient_gave_a_mobile_before_is_not_asked(dials: Dials) -> None:
    caller = waits(dials, "no").meets(Served("known", {"sms_to": "+919876500000"}))
    assert caller.heard == ("long_illness.ask",)
    assert caller.asked[-1] == ("known_mobile", {"patient": "1"})


def test_while_the_database_is_away_nobody_is_asked(dials: Dials) -> None:
    assert waits(dials, "no").meets(Served("failed")).heard == ("long_illness.ask",)


def test_nobody_is_asked_in_an_emergency(dials: Dials) -> None:
    caller = dials("line_104").meets(OPEN, Served("known", {"mobile": "no"}), Keyed("4"), Keyed("50"), Keyed(""))
    caller.meets(Keyed("1"), Served("stored", {"patient": "1"}), Keyed("1"), Keyed("2"), Keyed("2"))
    assert caller.sought == ["skin"]
    caller.meets(Keyed("2"))
    assert caller.state.node.startswith("questions/")
    assert not asked(caller)


def test_nobody_is_asked_twice_in_a_call(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed(""), Silent(), Silent(), Keyed("9"))
    caller.meets(Keyed("4"), Keyed("50"), Keyed(""), Keyed("1"), Served("stored", {"patient": "2"}), Keyed("2"), FREE)
    assert [name for name, _ in caller.asked].count("known_mobile") == 1


# --- how it is answered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyed", "said"),
    [
        ("98765", "mobile.length"),
        ("07552551234", "mobile.landline"),
        ("00447911123456", "mobile.foreign"),
        ("18001037378", "mobile.other"),
        ("5555555555", "mobile.unknown"),
    ],
)
def test_what_is_wrong_is_said_once_and_then_it_goes_on_without(dials: Dials, keyed: str, said: str) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed(keyed))
    assert caller.heard == (said, *ASKED)
    assert caller.meets(Keyed(keyed)).heard == ("long_illness.ask",)
    assert "sms_to" not in caller.state.answers


@pytest.mark.parametrize("answer", [Keyed(""), Silent()])
def test_a_lone_hash_or_silence_is_without(dials: Dials, answer: Keyed | Silent) -> None:
    assert waits(dials, "no").meets(UNKNOWN, answer).heard == ("long_illness.ask",)


@pytest.mark.parametrize("answer", [Keyed(""), Silent()])
def test_what_nobody_has_confirmed_is_written_to_by_nobody(dials: Dials, answer: Keyed | Silent) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed("9876543210"), answer)
    assert caller.heard == ("long_illness.ask",)
    assert not caller.state.answers.get("sms_to")
    assert not caller.state.answers.get("keyed_mobile")
    assert not any(note["name"] == "mobile" for note in caller.notes("answer.given"))


def test_two_asks_again(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed("9876543211"), Keyed("2"))
    assert caller.heard == ASKED
    assert caller.meets(Keyed("9876543210"), Keyed("1")).state.answers["sms_to"] == "+919876543210"


def test_the_ambulance_is_a_star_and_an_eight_away(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed("*"))
    assert caller.heard == ("help.menu",)
    assert caller.meets(Keyed("8")).state.node.startswith("ambulance")


def test_the_number_stands_on_record_as_an_answer_alone(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed("9876543210"), Keyed("1"))
    assert {"name": "mobile", "value": "+919876543210"} in caller.notes("answer.given")
    assert not any("98765" in str(note["keys"]) for note in caller.notes("key.pressed"))


def test_a_doctor_who_comes_in_the_middle_is_not_kept_waiting(dials: Dials) -> None:
    caller = waits(dials, "no").meets(UNKNOWN, Keyed("9876543210"), Bridged(), BridgeEnded())
    assert caller.heard == ("goodbye.doctor_left",)
    assert not caller.state.answers.get("sms_to")


# --- a withheld number -----------------------------------------------------------------------------------------------


def full_for_withheld(dials: Dials) -> Caller:
    caller = dials("line_104", withheld=True).meets(OPEN, Served("withheld", {"mobile": "no"}), Served("one"))
    caller.meets(Keyed("4"), Keyed("50"), Keyed(""), Keyed("1"), Served("stored", {"patient": "1"}), Keyed("2"), FULL)
    return caller.meets(Keyed("1"), UNKNOWN)


def test_a_withheld_number_is_called_back_on_the_mobile_that_was_keyed(dials: Dials) -> None:
    caller = full_for_withheld(dials).meets(Keyed("9876543210"), Keyed("1"))
    assert do.RequestCallback("skin") in caller.last
    assert caller.heard == ("callback.stored",)


def test_a_withheld_number_without_a_mobile_gets_a_goodbye(dials: Dials) -> None:
    caller = full_for_withheld(dials).meets(Silent())
    assert caller.heard == ("callback.withheld",)
    assert not any(isinstance(command, do.RequestCallback) for command in caller.all)


def test_a_withheld_number_may_be_booked_for_the_opening(dials: Dials) -> None:
    caller = dials("line_104", withheld=True).meets(
        Served("closed"), Served("withheld"), Served("found", {"opens_day": "tomorrow", "opens_at": "09:00"})
    )
    caller.meets(Keyed("1"), Served("withheld"), UNKNOWN, Keyed("9876543210"), Keyed("1"))
    assert caller.asked[-1] == ("book_opening", {"sms_to": "+919876543210"})
    assert caller.meets(Served("booked")).heard == ("closed.booked", "goodbye.patient")
