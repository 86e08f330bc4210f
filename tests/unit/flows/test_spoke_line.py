"""The spoke line: a PIN that stays secret, three tries, danger signs before the form, then the hub's own doctors."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Bridged, BridgeEnded, Keyed, NobodyFree, Served, Silent, TransferEnded
from tests.unit.flows.conftest import Caller, Dials

WELCOME = Served("welcome", {"spoke": "12", "institution": "prison"})
OPEN = Served("open", {"skill": "hub:H01"})
CLOSED = Served("closed", {"opens_on": "2026-11-23", "opens_at": "09:00", "skill": "hub:H01"})


def signing_in(dials: Dials, **how: object) -> Caller:
    return dials("spoke_line", **how).meets(Keyed("204"), Keyed("4711"))


def signed_in(dials: Dials, **how: object) -> Caller:
    return signing_in(dials, **how).meets(WELCOME)


def waiting_for_the_hub(dials: Dials, **how: object) -> Caller:
    """A woman of 30, not pregnant, for the heart specialist; the worker has answered about recording."""
    worker = signed_in(dials, **how).meets(Keyed("2"), OPEN, Keyed("4"), Keyed("30"), Keyed("2"), Keyed("2"))
    return worker.meets(Served("stored", {"patient": "7"}), Keyed("1"))


def test_number_and_pin_sign_the_centre_in_and_it_is_greeted_as_what_it_is(dials: Dials) -> None:
    worker = signing_in(dials)
    assert worker.asked == [("spoke_sign_in", {"spoke_number": "204", "pin": "4711"})]
    assert worker.meets(WELCOME).heard == ("institution.prison", "spoke.danger")


def test_the_pin_is_never_on_record(dials: Dials) -> None:
    worker = signing_in(dials)
    record = [str(command.data) for command in worker.all if isinstance(command, do.Note)]
    assert not [line for line in record if "4711" in line]
    assert [line for line in record if "204" in line]


@pytest.mark.parametrize("keyed", ["123", "1234567"])
def test_what_cannot_be_a_pin_is_asked_again_without_a_try_being_lost(dials: Dials, keyed: str) -> None:
    worker = dials("spoke_line").meets(Keyed("204"), Keyed(keyed))
    assert worker.heard == ("spoke.pin_wrong", "spoke.pin")
    assert worker.asked == []


def test_there_are_three_tries_and_no_fourth(dials: Dials) -> None:
    worker = signing_in(dials)
    for _ in range(2):
        assert worker.meets(Served("wrong")).heard[:2] == ("spoke.wrong", "spoke.number")
        worker.meets(Keyed("204"), Keyed("0000"))
    assert worker.meets(Served("wrong")).heard == ("spoke.refused",)
    assert worker.meets(Keyed("9")).heard == ("spoke.refused",)
    assert len(worker.asked) == 3


def test_a_locked_centre_is_told_so_and_can_still_reach_a_doctor_and_the_ambulance(dials: Dials) -> None:
    assert signing_in(dials).meets(Served("locked")).heard == ("spoke.locked", "spoke.refused")
    assert signing_in(dials).meets(Served("locked"), Keyed("8")).heard[0] == "ambulance.confirm"
    assert signing_in(dials).meets(Served("locked"), Keyed("0")).sought == ["general"]


def test_only_who_has_signed_in_goes_before_others(dials: Dials) -> None:
    stranger = dials("spoke_line").meets(Keyed("*"), Keyed("0"))
    assert do.Seek("general") in stranger.last
    assert do.Seek("general", "spoke") in signed_in(dials).meets(Keyed("0")).last


def test_the_ambulance_is_two_keys_away_before_signing_in(dials: Dials) -> None:
    assert dials("spoke_line").meets(Keyed("*"), Keyed("8")).heard[0] == "ambulance.confirm"


def test_a_danger_sign_comes_before_the_form_and_a_helpline_doctor_follows_the_ambulance(dials: Dials) -> None:
    worker = signed_in(dials).meets(Keyed("1"))
    assert worker.heard[0] == "ambulance.confirm"
    worker.meets(Keyed("1"), TransferEnded(True))
    assert do.Seek("general", "red_flag") in worker.last
    assert worker.notes("triage.answered") == [{"question": "danger", "answer": "yes"}]


def test_the_hubs_specialists_are_sought_by_their_skill_with_priority(dials: Dials) -> None:
    worker = waiting_for_the_hub(dials)
    assert [command for command in worker.all if isinstance(command, do.Seek)] == [
        do.Seek("heart", "spoke", ("hub:H01",))
    ]
    assert ("new_patient", {"age": "30", "age_unit": "years", "gender": "female"}) in worker.asked
    assert worker.state.answers["pregnant"] == "no"


def test_a_baby_is_presented_in_months(dials: Dials) -> None:
    worker = signed_in(dials).meets(Keyed("2"), OPEN, Keyed("3"), Keyed("0"), Keyed("5"), Keyed("1"))
    assert worker.asked[-1] == ("new_patient", {"age": "5", "age_unit": "months", "gender": "male"})


def test_a_mothers_gender_is_not_asked(dials: Dials) -> None:
    assert signed_in(dials).meets(Keyed("2"), OPEN, Keyed("2"), Keyed("24")).heard == ("pregnant.ask",)


def test_a_closed_hub_says_when_it_opens_and_offers_a_call_or_a_helpline_doctor(dials: Dials) -> None:
    worker = signed_in(dials).meets(Keyed("2"), CLOSED)
    assert worker.heard == ("spoke.closed", "=date:2026-11-23", "=time:09:00", "spoke.closed_keys")
    assert worker.meets(Keyed("1")).heard == ("callback.stored",)
    assert do.Seek("general", "spoke") in signed_in(dials).meets(Keyed("2"), CLOSED, Keyed("2")).last
    assert signed_in(dials).meets(Keyed("2"), CLOSED, Keyed("8")).heard[0] == "ambulance.confirm"


def test_a_silent_worker_at_a_closed_hub_is_called_back(dials: Dials) -> None:
    worker = signed_in(dials).meets(Keyed("2"), CLOSED, Silent(), Silent())
    assert do.RequestCallback("general") in worker.last


def test_who_waits_for_the_hub_may_leave_for_a_helpline_doctor(dials: Dials) -> None:
    worker = waiting_for_the_hub(dials).meets(NobodyFree("nobody_on_duty"), Silent())
    assert worker.heard == ("spoke.nobody", "spoke.keys")
    worker.meets(Keyed("2"))
    assert do.StopSeeking() in worker.last
    assert do.Seek("general", "spoke") in worker.last


def test_a_withheld_number_keeps_its_place_at_the_hub(dials: Dials) -> None:
    worker = waiting_for_the_hub(dials, withheld=True).meets(NobodyFree(), Silent(), Keyed("1"))
    assert worker.heard == ("callback.impossible",)
    assert do.StopSeeking() not in worker.last


def test_after_the_talk_the_worker_is_told_how_to_present_the_next_patient(dials: Dials) -> None:
    assert waiting_for_the_hub(dials).meets(Bridged(), BridgeEnded()).heard == ("spoke.goodbye",)
