"""The specialist line: only its districts, only its specialists, and a prescription to a mobile."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Bridged, BridgeEnded, Item, Keyed, NobodyFree, Served, Silent
from tests.unit.flows.conftest import Caller, Dials

PATIENT = (Item("7", ("=year:1976", "=gender:female")),)
OPEN = Served("open")
BHOPAL = Served("found", {"district": "bhopal", "state": "madhya_pradesh"})
FREE = Served("free")
MENU = tuple(f"specialist.{which}" for which in ("general", "heart", "skin", "child", "maternity", "neuro", "rest"))


def known(mobile: str = "yes") -> Served:
    return Served("known", {"language": "hi", "mobile": mobile}, {"patients": PATIENT})


def asked_where(dials: Dials, mobile: str = "yes", **how: object) -> Caller:
    return dials("specialist_line", **how).meets(known(mobile), OPEN)


def asked_what(dials: Dials, mobile: str = "yes", **how: object) -> Caller:
    return asked_where(dials, mobile, **how).meets(Keyed("462001"), BHOPAL, Served("served"))


def waiting(dials: Dials, *keys: str, mobile: str = "yes", queue: Served = FREE, **how: object) -> Caller:
    """A known patient without danger signs, sent to a specialist by `keys`."""
    caller = asked_what(dials, mobile, **how).meets(*map(Keyed, keys))
    return caller.meets(Keyed("1"), Served("found", {"age": "49", "age_unit": "years"}), Keyed("2"), queue)


def test_the_prescription_is_promised_and_the_pincode_asked(dials: Dials) -> None:
    assert asked_where(dials).heard == ("specialist.welcome", "specialist.pincode")


def test_a_caller_of_its_districts_chooses_a_specialist(dials: Dials) -> None:
    caller = asked_what(dials)
    assert ("district_served", {"district": "bhopal"}) in caller.asked
    assert caller.heard == MENU


def test_a_caller_from_elsewhere_is_told_which_number_to_call_and_keeps_the_way_to_the_ambulance(dials: Dials) -> None:
    caller = asked_where(dials).meets(Keyed("474001"), Served("found", {"district": "gwalior"}), Served("elsewhere"))
    assert caller.heard == ("specialist.elsewhere",)
    assert caller.meets(Keyed("9")).heard == ("specialist.pincode",)
    caller.meets(Keyed("474001"), Served("found", {"district": "gwalior"}), Served("elsewhere"))
    assert caller.meets(Keyed("8")).heard[0] == "ambulance.confirm"


@pytest.mark.parametrize("mishap", [[Keyed("")], [Keyed("462001"), Served("unknown")], [Silent(), Silent()]])
def test_an_ill_person_without_a_known_pincode_is_asked_instead_of_sent_away(
    dials: Dials, mishap: list[Keyed | Served | Silent]
) -> None:
    caller = asked_where(dials).meets(*mishap)
    assert caller.heard[-1] == "specialist.lives_here"
    assert caller.meets(Keyed("1")).heard == MENU


def test_who_lives_elsewhere_by_their_own_word_is_not_served(dials: Dials) -> None:
    assert asked_where(dials).meets(Keyed(""), Keyed("2")).heard == ("specialist.elsewhere",)


@pytest.mark.parametrize(
    ("keys", "category", "skill"),
    [
        (["1"], "general", "general"),
        (["2"], "heart", "heart"),
        (["3"], "skin", "skin"),
        (["4"], "child", "child"),
        (["6"], "neuro", "neuro"),
        (["7", "2"], "general", "opd:eyes"),
        (["7", "6"], "general", "opd:dental"),
    ],
)
def test_each_choice_seeks_that_specialist_and_no_stand_in(
    dials: Dials, keys: list[str], category: str, skill: str
) -> None:
    caller = waiting(dials, *keys)
    assert [command for command in caller.all if isinstance(command, do.Seek)] == [do.Seek(category, "", (skill,))]


def test_a_landline_is_asked_while_it_waits_which_mobile_gets_the_prescription(dials: Dials) -> None:
    caller = waiting(dials, "2", mobile="no").meets(Keyed("1"))
    assert caller.meets(Served("unknown")).heard == ("mobile.ask",)
    assert caller.meets(Keyed("9876543210")).heard == ("lines.keyed", "=phone:+919876543210", "mobile.confirm")
    assert caller.meets(Keyed("1")).music
    assert do.StopSeeking() not in caller.all


def test_a_mobile_is_asked_nothing_but_its_consent(dials: Dials) -> None:
    caller = waiting(dials, "2")
    assert caller.heard == ("specialist.seek", "consent.recording")
    assert caller.meets(Keyed("1")).music


def test_without_its_specialist_a_caller_may_have_a_general_doctor(dials: Dials) -> None:
    caller = waiting(dials, "2").meets(Keyed("1"), NobodyFree("nobody_on_duty"), Silent(), Served("unknown"))
    assert caller.heard == ("specialist.nobody", "wait.keys_general")
    assert do.StopSeeking() not in caller.all
    assert do.Seek("general") in caller.meets(Keyed("2")).last


def test_a_full_queue_calls_back_who_says_nothing(dials: Dials) -> None:
    caller = waiting(dials, "2", queue=Served("full"))
    assert caller.heard == ("specialist.full",)
    assert do.RequestCallback("heart") in caller.meets(Silent(), Silent()).last


def test_thoughts_of_ending_ones_life_lead_to_tele_manas(dials: Dials) -> None:
    caller = asked_what(dials).meets(Keyed("7"), Keyed("1"), Keyed("1"), Served("found", {"age": "49"}), Keyed("1"))
    assert caller.heard == ("tele_manas.offer",)
    assert do.Seek("general", "red_flag") in caller.meets(Keyed("2")).last, "the first doctor there is, before others"


def test_a_closed_line_says_when_it_opens_and_books_a_call(dials: Dials) -> None:
    closed = Served("closed", {"opens_on": "2026-11-23", "opens_at": "09:00"})
    found = Served("found", {"opens_day": "tomorrow", "opens_on": "", "opens_at": "09:00"})
    caller = dials("specialist_line").meets(known(), closed, found)
    hints = ("ambulance.hint", "ambulance.hint_second")
    opening = ("closed.until", "when.tomorrow", "=time:09:00", "closed.callback")
    assert caller.heard == ("specialist.welcome", *hints, *opening)
    assert caller.meets(Keyed("1")).asked[-1] == ("book_opening", {"sms_to": ""})
    assert caller.meets(Served("booked")).heard == ("closed.booked", "goodbye.patient")


def test_after_the_talk_the_prescription_is_promised_again(dials: Dials) -> None:
    assert waiting(dials, "2").meets(Bridged(), BridgeEnded()).heard == ("specialist.promised",)


def test_nobody_for_half_an_hour_is_a_callback(dials: Dials) -> None:
    caller = waiting(dials, "2").meets(Keyed("1"), NobodyFree())
    for _ in range(500):
        if caller.state.waiting == "playback":
            break
        caller.meets(Silent())
    assert caller.heard == ("callback.stored",)
    assert do.RequestCallback("heart") in caller.last
