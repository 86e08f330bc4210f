"""What a doctor hears: the offer, and the question after the talk."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Keyed, Played, Silent
from tests.unit.flows.conftest import Dials

OFFER = ("offer.intro", "category.fever", "offer.age_prefix", "age.45", "offer.keys")


def test_the_offer_says_who_calls_and_one_accepts(dials: Dials) -> None:
    doctor = dials("offer", offer=OFFER)
    assert doctor.heard == OFFER
    assert doctor.meets(Keyed("1")).concluded == ["accepted"]


def test_two_declines_with_thanks(dials: Dials) -> None:
    doctor = dials("offer", offer=OFFER).meets(Keyed("2"))
    assert doctor.concluded == ["declined"]
    assert doctor.heard == ("offer.declined_thanks",)
    assert doctor.meets(Played()).last == (do.HangUp(),)


def test_a_voicemail_that_never_presses_one_hears_the_offer_twice_and_gets_no_patient(dials: Dials) -> None:
    doctor = dials("offer", offer=OFFER).meets(Silent())
    assert doctor.heard == OFFER
    assert doctor.meets(Silent()).concluded == ["unconfirmed"]


def test_the_keys_of_the_patients_line_mean_nothing_to_a_doctor(dials: Dials) -> None:
    assert dials("offer", offer=OFFER).meets(Keyed("8")).heard == ("menu.wrong", *OFFER)


@pytest.mark.parametrize(
    ("pressed", "outcome"), [("1", "advice"), ("2", "prescription"), ("3", "refer"), ("4", "emergency")]
)
def test_the_outcome_is_one_key(dials: Dials, pressed: str, outcome: str) -> None:
    doctor = dials("disposition").meets(Keyed(pressed))
    assert doctor.concluded == [outcome]
    assert doctor.heard == ()
    assert doctor.state.ended  # the line is closed at once


def test_an_outcome_that_is_never_keyed_is_none_after_three_questions(dials: Dials) -> None:
    doctor = dials("disposition").meets(Silent())
    assert doctor.heard == ("disposition.ask",)
    assert doctor.meets(Keyed("7")).heard == ("disposition.wrong", "disposition.ask")
    assert doctor.meets(Silent()).concluded == ["none"]
