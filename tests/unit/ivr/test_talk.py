"""The doctor's keys during a talk, and what happens when somebody drops out of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cdr.projection import project
from config.frozen import replace
from ivr import commands as do
from tests.unit.ivr.conftest import Story

HOLD = "talk.hold"
SEARCHING = "talk.specialist_search+category.fever"
OFFERED = "offer.intro+offer.colleague+category.fever+offer.age_prefix+age.45+offer.keys"


@pytest.fixture
def aside(talking: Story) -> Story:
    """The doctor has pressed *1: music for the patient, and the doctor hears who is looked for."""
    return talking.tell(f"""
        o1 star 1          | find, fetch o1
        P ready            | P asks {HOLD}
        o1 ready           | o1 asks {SEARCHING}
    """)


@pytest.fixture
def private(aside: Story) -> Story:
    """… and talks with the specialist."""
    return aside.tell(f"""
        claimed o2 d2      | ring o2
        o2 ready           | o2 asks {OFFERED}
        o2 keys 1          | stop, bridge o2 with o1
        o2 bridged         | stop
    """)


@pytest.fixture
def three(private: Story) -> Story:
    """… and has brought the patient in."""
    return private.tell("""
        o1 star 1          | join o1, join P
        o2 ready           | join o2
    """)


# --- *9 and wrong keys ------------------------------------------------------------------------------------------------


def test_star_9_ends_the_talk_the_patient_hears_a_goodbye_and_the_doctor_is_asked(talking: Story) -> None:
    talking.tell("""
        o1 star 9          | fetch o1
        P ready            | P hears goodbye.doctor_left
        o1 ready           | o1 asks disposition.ask
        P played           | hang up P
        o1 keys 2          | hang up o1
        o1 ends 16         | release o1
        P ends 16          | finish
    """)
    assert talking.wrote("call.unbridged") == [{"offer": "o1", "by": "doctor"}]
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "prescription"}]


@pytest.mark.parametrize("key", [*"04568", "*", "#"])
def test_a_key_that_means_nothing_does_nothing(talking: Story, key: str) -> None:
    talking.tell(f"o1 star {key} |")


def test_the_doctor_who_is_asked_for_the_outcome_may_not_reach_into_the_talk_any_more(talking: Story) -> None:
    talking.tell("""
        P ends 16          |
        o1 ready           | o1 asks disposition.ask
        o1 star 7          |
        o1 star 9          |
    """)


# --- *2 hand over -----------------------------------------------------------------------------------------------------


def test_star_2_hands_the_patient_over_and_both_talks_are_on_record(talking: Story) -> None:
    talking.tell("""
        o1 star 2          | fetch o1, find
        P ready            | P asks talk.handed_over
        o1 ready           | o1 asks disposition.ask
        P silent           | P asks (start) ♪
        claimed o2 d2      | ring o2
        o2 ready           | o2 asks offer.intro+offer.handed_over+category.fever+offer.age_prefix+age.45+offer.keys
        o1 keys 1          | hang up o1
        o1 ends 16         | release o1
        o2 keys 1          | stop, bridge o2
        o2 bridged         | stop
    """)
    assert talking.wrote("talk.handed_over") == [{"offer": "o1"}]
    assert [entry["result"] for entry in talking.wrote("offer.ended")] == ["accepted", "accepted"]
    search = talking.call.search
    assert search is not None
    assert (search.priority, search.kind) == ("transfer", "handed_over")


def test_the_doctor_who_handed_over_is_not_rung_for_the_same_patient(talking: Story) -> None:
    talking.tell("""
        o1 star 2          | fetch o1, find
        P ready            | P asks talk.handed_over
        claimed o2 d1      | release o2, find
    """)


# --- *1 a specialist --------------------------------------------------------------------------------------------------


def test_who_waits_for_a_specialist_hears_sentences_and_music(aside: Story) -> None:
    aside.tell(f"""
        P silent           | P asks (start) ♪
        P silent           | P asks {HOLD}
        P keys 9           | P asks (start) ♪
        o1 silent          | o1 asks (start) ♪
        o1 keys *          | o1 asks {SEARCHING}
    """)
    search = aside.call.search
    assert search is not None
    assert (search.level, search.kind, search.category) == ("specialist", "specialist", "fever")


def test_star_1_again_while_searching_asks_for_a_super_specialist(aside: Story) -> None:
    aside.tell("o1 keys 1 | stop, find, o1 asks talk.super_search+category.fever")
    assert [entry["level"] for entry in aside.wrote("talk.specialist_sought")] == ["specialist", "super"]


def test_the_patient_is_brought_in_and_the_first_doctor_may_leave(three: Story) -> None:
    three.tell("""
        o1 star 9          | fetch o1
        o1 ready           | o1 asks disposition.ask
        o1 keys 1          | hang up o1
        o1 ends 16         | release o1
        P ends 16          | fetch o2
        o2 ready           | o2 asks disposition.ask
        o2 keys 3          | hang up o2
        o2 ends 16         | release o2, finish
    """)
    assert [entry["doctor"] for entry in three.wrote("call.bridged")] == ["d1", "d1", "d2"]
    assert three.wrote("talk.joined") == [{"offers": ["o1", "o2"]}]


def test_a_patient_whom_the_last_doctor_leaves_in_the_room_is_fetched(three: Story) -> None:
    three.tell("""
        o2 ends 16         | release o2 in 30 s
        o1 ends 16         | fetch P, release o1 in 30 s
        P ready            | P hears goodbye.doctor_left
    """)


def test_star_2_in_the_private_talk_leaves_the_patient_to_the_specialist(private: Story) -> None:
    private.tell("""
        o1 star 2          | fetch o1
        o1 ready           | o1 asks disposition.ask
        o2 ready           | bridge o2
        o2 bridged         |
        P ends 16          |
        o2 ready           | o2 asks disposition.ask
    """)
    assert private.wrote("talk.handed_over") == [{"offer": "o1", "to": "o2"}]
    assert [entry["doctor"] for entry in private.wrote("call.bridged")] == ["d1", "d2"]


def test_star_9_in_the_private_talk_lets_the_specialist_go(private: Story) -> None:
    private.tell("""
        o1 star 9          | hang up o2
        o1 ready           | bridge o1
        o2 ends 16         | release o2
        o1 bridged         |
        P ends 16          |
        o1 ready           | o1 asks disposition.ask
    """)
    assert private.wrote("disposition") == []


@pytest.mark.parametrize("order", ["o1 ready\n o2 ends 16", "o2 ends 16\n o1 ready"])
def test_a_specialist_who_hangs_up_brings_doctor_and_patient_together_again(private: Story, order: str) -> None:
    private.tell(order).tell("""
        o1 played          | bridge o1
        o1 bridged         |
    """)
    assert "talk.specialist_left" in [
        prompt for command in private.commands if isinstance(command, do.Perform) for prompt in command.wait.prompts
    ]


def test_nobody_found_in_a_minute_brings_them_together_again_and_the_doctor_is_told_before(aside: Story) -> None:
    aside.tell("nobody all_busy |")
    for _ in range(60):
        if aside.call.doctors[0].stage != "aside":
            break
        aside.tell("o1 silent")
    aside.tell("""
        o1 ready           | o1 hears talk.no_specialist
        o1 played          | bridge o1
        o1 bridged         |
        P ends 16          |
    """)
    assert aside.wrote("talk.specialist_none") == [{"offer": "o1", "reason": "time"}]


def test_nobody_on_duty_is_told_at_once(aside: Story) -> None:
    aside.tell("""
        nobody nobody_on_duty | stop, fetch o1
        o1 ready           | o1 hears talk.no_specialist
    """)


def test_the_doctor_may_go_back_to_the_patient_before_a_specialist_is_found(aside: Story) -> None:
    aside.tell("""
        claimed o2 d2      | ring o2
        o1 keys 9          | stop, hang up o2, fetch o1
        o1 ready           | bridge o1
        o2 ends 16         | release o2
        o1 bridged         |
    """)


def test_a_patient_who_hangs_up_while_a_specialist_is_sought_ends_the_search(aside: Story) -> None:
    aside.tell("""
        claimed o2 d2      | ring o2
        P ends 16          | stop, hang up o2, fetch o1
        o1 ready           | o1 asks disposition.ask
        o2 ends 16         | release o2
        o1 keys 1          | hang up o1
        o1 ends 16         | release o1, finish
    """)


def test_a_patient_who_hangs_up_during_the_private_talk_leaves_the_doctors_talking(private: Story) -> None:
    private.tell("""
        P ends 16          | stop
        o2 star 9          | fetch o1, fetch o2
        o1 ready           | o1 asks disposition.ask
        o2 ready           | o2 asks disposition.ask
    """)


def test_a_doctor_who_hangs_up_in_the_private_talk_leaves_the_patient_to_the_specialist(private: Story) -> None:
    private.tell("""
        o1 ends 16         | release o1 in 30 s
        o2 ready           | bridge o2
        o2 bridged         |
    """)


# --- *3 the ambulance -------------------------------------------------------------------------------------------------


def test_star_3_brings_the_ambulance_into_the_talk_and_the_doctor_may_leave(talking: Story) -> None:
    third = "leg-third-o1-0"
    talking.tell(f"""
        o1 star 3          | dial 108 as +919876543210 on {third}, beep o1 3
        o1 star 3          |
        {third} ready      | join o1, join {third}
        P ready            | join P
        o1 star 9          | fetch o1
        o1 ready           | o1 asks disposition.ask
        o1 keys 4          | hang up o1
        o1 ends 16         | release o1
        {third} ends 16    | fetch P
        P ready            | P hears goodbye.doctor_left
    """)
    assert talking.wrote("ambulance.answered") == [{}]
    assert talking.wrote("ambulance.ended")[0]["status"] == "ANSWER"


def test_an_ambulance_that_cannot_be_reached_is_told_to_the_doctor_alone(talking: Story) -> None:
    talking.tell("""
        o1 star 3          | dial 108 as +919876543210 on leg-third-o1-0, beep o1 3
        leg-third-o1-0 ends 17 | beep o1 999
        o1 star 3          | dial 108 as +919876543210 on leg-third-o1-1, beep o1 3
        P ends 16          | hang up leg-third-o1-1
        leg-third-o1-1 ends 0 |
    """)
    assert [entry["status"] for entry in talking.wrote("ambulance.ended")] == ["BUSY", "CANCEL"]


# --- *7 abuse ---------------------------------------------------------------------------------------------------------


def test_star_7_ends_the_call_with_a_notice_and_a_strike(talking: Story) -> None:
    talking.tell("""
        o1 star 7          | strike +919876543210 d1, fetch o1
        P ready            | P hears abuse.notice
        o1 ready           | o1 asks disposition.ask
        P played           | hang up P
        P ends 16          |
    """)
    assert talking.wrote("talk.flagged") == [{"offer": "o1", "doctor": "d1"}]


# --- somebody is cut off ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["P ready\n o1 ends 44", "o1 ends 44\n P ready"])
def test_a_doctor_whose_line_broke_is_offered_the_same_patient_first(talking: Story, order: str) -> None:
    talking.tell(order)
    search = talking.call.search
    assert search is not None
    assert (search.active, search.preferred, search.kind, search.priority) == (True, "d1", "dial_back", "transfer")
    assert search.preferred_until is not None
    said = [command.wait.prompts for command in talking.commands if isinstance(command, do.Perform)]
    assert ("talk.doctor_cut_off",) in said
    # Free at once, or the same doctor could not be rung.
    assert [command.free_since <= talking.at for command in talking.commands if isinstance(command, do.Release)] == [
        True
    ]
    talking.tell("""
        claimed o2 d1      | ring o2
        o2 ready           | o2 asks offer.intro+offer.was_cut_off+category.fever+offer.age_prefix+age.45+offer.keys
    """)


@pytest.mark.parametrize("order", ["o1 ready\n P ends 44", "P ends 44\n o1 ready"])
def test_the_doctor_is_told_that_the_patient_was_cut_off(talking: Story, order: str) -> None:
    talking.tell(order)
    said = [command.wait.prompts for command in talking.commands if isinstance(command, do.Perform)]
    assert said[-1] == ("disposition.cut_off", "disposition.ask")


def test_key_5_rings_the_patient_again_and_the_talk_goes_on_in_the_same_record(talking: Story) -> None:
    talking.tell("""
        P ends 44          |
        o1 ready           | o1 asks disposition.cut_off+disposition.ask
        o1 keys 5          | ring the patient leg-p-again, o1 asks callback.ringing
        leg-p-again ready  | leg-p-again asks callback.asked
        leg-p-again keys 1 | bridge o1 with leg-p-again, leg-p-again asks seek.start
        o1 bridged         | stop
        leg-p-again ends 16 |
        o1 ready           | o1 asks disposition.ask
        o1 keys 2          | hang up o1
        o1 ends 16         | release o1, finish
    """)
    record = project(talking.journal)
    assert record is not None
    assert (record.call.result, record.call.disposition) == ("consulted", "prescription")
    assert record.call.ended_at == talking.journal[-1].at - timedelta(seconds=3)
    assert record.offers[0].result == "accepted"


def test_a_patient_who_cannot_be_reached_again_leads_to_the_outcome(talking: Story) -> None:
    talking.tell("""
        P ends 44          |
        o1 ready
        o1 keys 5          | ring the patient leg-p-again, o1 asks callback.ringing
        leg-p-again ends 19 | stop, fetch o1
        o1 ready           | o1 asks callback.not_reached+disposition.ask
        o1 keys 5          | o1 asks callback.not_reached+disposition.ask
        o1 keys 2          | hang up o1
        o1 ends 16         | release o1, finish
    """)


def test_nobody_rings_a_withheld_number_or_one_that_was_flagged(talking: Story) -> None:
    talking.tell("""
        o1 star 7
        P ends 44
        o1 ready           | o1 asks disposition.cut_off+disposition.ask
        o1 keys 5          | o1 asks disposition.cut_off+disposition.ask
        o1 keys 6          | o1 asks disposition.wrong+disposition.ask
        o1 keys 4          | hang up o1
    """)
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "emergency"}]


def test_a_number_that_is_not_called_back_is_not_dialled_back_either(talking: Story) -> None:
    """A foreign or dear number that a caller shows would be rung at our cost."""
    flow = talking.call.patient.flow
    assert flow is not None
    patient = replace(talking.call.patient, flow=replace(flow, callback_possible=False))
    talking.call = replace(talking.call, patient=patient)
    talking.tell("""
        P ends 44
        o1 ready
        o1 keys 5          | o1 asks disposition.cut_off+disposition.ask
    """)


# --- a restart in the middle ------------------------------------------------------------------------------------------


def test_a_restart_while_a_specialist_is_sought_goes_on_with_music_and_search(aside: Story) -> None:
    aside.tell("""
        P silent           | P asks (start) ♪
        survey ours=P,o1   | probe o1, probe P, find
    """)


def test_a_doctor_who_was_to_be_fetched_from_the_talk_is_fetched_after_a_restart(talking: Story) -> None:
    talking.tell("""
        o1 star 1          | find, fetch o1
        survey bridged=P,o1 | fetch o1, find
    """)


def test_a_private_talk_goes_on_over_a_restart_and_its_keys_count(private: Story) -> None:
    private.tell("""
        survey ours=P bridged=o1,o2 | probe P
        o1 star 2          | fetch o1
    """)


def test_a_private_bridge_in_doubt_is_made_with_the_colleague(aside: Story) -> None:
    aside.tell("""
        claimed o2 d2      | ring o2
        o2 ready
        o2 keys 1          | stop, bridge o2 with o1
        survey ours=P,o1,o2 | probe o1, bridge o2 with o1, probe P
    """)


def test_who_is_on_the_way_back_to_the_patient_gets_there_after_a_restart(private: Story) -> None:
    private.tell("""
        o1 star 9          | hang up o2
        survey ours=P,o1   | bridge o1, release o2, probe P
        o1 bridged         |
    """)


def test_a_restart_while_all_three_talk_changes_nothing(three: Story) -> None:
    three.tell("""
        survey room=P,o1,o2 |
        o1 star 9          | fetch o1
    """)


def test_a_leg_that_did_not_get_into_the_room_is_sent_again_after_a_restart(three: Story) -> None:
    three.tell("survey ours=P room=o1,o2    | join P")


def test_an_ambulance_that_answered_while_nobody_listened_joins(talking: Story) -> None:
    talking.tell("""
        o1 star 3
        survey bridged=P,o1 ours=leg-third-o1-0 | join o1, join leg-third-o1-0
        P ready            | join P
    """)


# --- 8, the ambulance, while a doctor keeps the patient waiting -------------------------------------------------------


def test_a_patient_on_hold_reaches_the_ambulance_and_the_doctor_is_told(aside: Story) -> None:
    aside.tell("""
        P keys 8           | P asks ambulance.confirm+ambulance.decline
        P keys 8           | stop, fetch o1, P dials 108: ambulance.connecting
        o1 ready           | o1 asks disposition.ambulance+disposition.ask
        P dialled ANSWER 60 | P hears goodbye.patient
    """)
    assert aside.wrote("talk.left_for_ambulance") == [{"offer": "o1"}]
    assert aside.call.ambulance_reached


def test_silence_after_8_on_hold_means_the_ambulance(aside: Story) -> None:
    aside.tell("""
        P keys 8
        P silent           | stop, fetch o1, P dials 108: ambulance.connecting
    """)


@pytest.mark.parametrize("key", "25")
def test_who_wants_no_ambulance_after_all_goes_on_holding(aside: Story, key: str) -> None:
    aside.tell(f"""
        P keys 8
        P keys {key}       | P asks (start) ♪
        P silent           | P asks {HOLD}
    """)


def test_both_doctors_are_let_go_when_the_patient_wants_the_ambulance(private: Story) -> None:
    private.tell("""
        P keys 8
        P keys 1           | stop, fetch o1, fetch o2, P dials 108: ambulance.connecting
        o1 ready           | o1 asks disposition.ambulance+disposition.ask
        o2 ready           | o2 asks disposition.ambulance+disposition.ask
        P dialled BUSY 0   | find, P asks ambulance.failed+seek.start
    """)


def test_a_specialist_who_has_just_accepted_is_taken_back(aside: Story) -> None:
    aside.tell("""
        claimed o2 d2
        o2 ready
        P keys 8
        o2 keys 1
        P keys 8           | stop, fetch o1, farewell o2, P dials 108: ambulance.connecting
        o2 unbridgeable    |
    """)


def test_a_no_to_the_call_is_a_no_to_a_colleagues_question(offered: Story) -> None:
    offered.tell("o1 keys 2\n o1 ends 16\n claimed o2 d2\n o2 ready\n o2 keys 1\n o2 bridged\n o2 star 1")
    assert offered.call.search is not None
    assert offered.call.search.declined == ("d1", "d2")


@pytest.mark.parametrize(
    "leaves", ["o1 star 9", "o1 star 2", "o1 ends 16", "o1 ends 44"], ids=["*9", "*2", "hangs up", "cut off"]
)
def test_a_doctor_who_leaves_before_the_ambulance_answers_leaves_the_patient_to_it(talking: Story, leaves: str) -> None:
    third = "leg-third-o1-0"
    talking.tell(f"""
        o1 star 3          | dial 108 as +919876543210 on {third}, beep o1 3
        {leaves}
        P ready            | hang up {third}, stop, P dials 108: ambulance.connecting
        {third} ends 16    |
        P dialled ANSWER 90 | P hears goodbye.patient
    """)
    assert talking.call.ambulance_reached
