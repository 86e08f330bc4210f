"""One call's decisions, as tables of what happens and what is done about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.ivr.conftest import Story, new_call


def test_the_story_a_patient_a_doctor_a_talk_and_its_outcome(story: Story) -> None:
    story.tell("""
        arrives            | P asks welcome+ambulance.hint+menu.main
        P keys 1           | P asks age.ask
        P keys 45          | find, P asks seek.start
        P silent           | P asks (start) ♪
        claimed o1 d1      | ring o1
        o1 rings           |
        o1 ready           | o1 asks offer.intro+category.fever+offer.age_prefix+age.45+offer.keys
        P silent           | P asks ♪
        o1 keys 1          | stop, bridge o1
        o1 bridged         | stop
        P ends 16          |
        o1 ready           | o1 asks disposition.ask
        o1 keys 2          | hang up o1
        o1 ends 16         | release o1, finish
    """)
    assert story.kinds == [
        "call.arrived", "leg.started", "leg.answered",
        "key.pressed", "menu.choice",
        "key.pressed", "answer.given", "seek.started",
        "doctor.offered", "leg.started", "doctor.ringing", "leg.answered", "doctor.answered",
        "key.pressed", "doctor.accepted", "offer.ended", "call.bridged",
        "call.unbridged", "leg.ended", "call.ended",
        "key.pressed", "disposition", "leg.ended",
    ]  # fmt: skip
    assert story.wrote("call.unbridged") == [{"offer": "o1", "by": "patient"}]
    assert story.wrote("call.ended")[0]["result"] == "consulted"
    assert story.wrote("call.ended")[0]["by"] == "patient"


def test_the_doctor_may_leave_first_and_the_patient_hears_a_goodbye(talking: Story) -> None:
    talking.tell("""
        P ready            |
        o1 ends 16         | P hears goodbye.doctor_left, release o1 in 30 s
        P played           | hang up P
        P ends 16          | finish
    """)
    assert talking.wrote("call.unbridged") == [{"offer": "o1", "by": "doctor"}]
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "none"}]
    assert talking.wrote("call.ended")[0]["by"] == "system"


def test_the_doctor_s_hangup_may_be_told_before_the_patient_s_return(talking: Story) -> None:
    talking.tell("""
        o1 ends 16         | release o1 in 30 s
        P ready            | P hears goodbye.doctor_left
        P ends 16          | finish
    """)
    assert talking.wrote("call.unbridged") == [{"offer": "o1", "by": "doctor"}]


def test_the_doctor_s_return_may_be_told_before_the_patient_s_hangup(talking: Story) -> None:
    talking.tell("""
        o1 ready           |
        P ends 16          | o1 asks disposition.ask
        o1 keys 4          | hang up o1
        o1 ends 16         | release o1, finish
    """)
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "emergency"}]


def test_both_may_hang_up_at_once(talking: Story) -> None:
    talking.tell("""
        o1 ends 16         | release o1 in 30 s
        P ends 16          | finish
    """)
    assert talking.wrote("call.ended")[0]["result"] == "consulted"


def test_a_doctor_who_goes_back_on_the_hook_without_an_outcome_rests(talking: Story) -> None:
    talking.tell("""
        P ends 16          |
        o1 ready           | o1 asks disposition.ask
        o1 ends 16         | release o1 in 30 s, finish
    """)
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "none"}]


def test_a_doctor_who_stays_on_the_line_and_keys_no_outcome_rests_too(talking: Story) -> None:
    talking.tell("""
        P ends 16          |
        o1 ready           | o1 asks disposition.ask
        o1 silent          | o1 asks disposition.ask
        o1 silent          | o1 asks disposition.ask
        o1 silent          | hang up o1
        o1 ends 16         | release o1 in 30 s, finish
    """)
    assert talking.wrote("disposition") == [{"offer": "o1", "outcome": "none"}]


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        (17, "busy"),
        (21, "declined"),
        (16, "no_answer"),
        (19, "no_answer"),
        (0, "no_answer"),
        (1, "unreachable"),
        (34, "unreachable"),
    ],
)
def test_a_phone_that_is_not_answered_leads_to_the_next_doctor(waiting: Story, cause: int, result: str) -> None:
    waiting.tell(f"""
        claimed o1 d1      | ring o1
        o1 ends {cause}    | find, release o1
        claimed o2 d2      | ring o2
    """)
    assert waiting.wrote("offer.ended") == [{"offer": "o1", "result": result, "cause": cause}]
    assert waiting.call.search is not None
    assert waiting.call.search.declined == (("d1",) if result == "declined" else ())
    assert set(waiting.call.search.tried) == (set() if result == "declined" else {"d1"})


def test_a_decline_leads_to_the_next_doctor_while_the_first_hears_thanks(offered: Story) -> None:
    offered.tell("""
        o1 keys 2          | find, o1 hears offer.declined_thanks
        claimed o2 d2      | ring o2
        o1 played          | hang up o1
        o1 ends 16         | release o1
        o2 ready           | o2 asks offer.intro+category.fever+offer.age_prefix+age.45+offer.keys
    """)
    assert offered.wrote("offer.ended") == [{"offer": "o1", "result": "declined"}]


def test_a_voicemail_never_gets_the_patient(offered: Story) -> None:
    offered.tell("""
        o1 silent          | o1 asks offer.intro+category.fever+offer.age_prefix+age.45+offer.keys
        o1 silent          | find, o1 hears offer.declined_thanks
        o1 ends 16         | release o1
    """)
    assert offered.wrote("offer.ended") == [{"offer": "o1", "result": "unconfirmed"}]


def test_hanging_up_on_the_offer_is_a_no(offered: Story) -> None:
    offered.tell("o1 ends 16       | find, release o1")
    assert offered.call.search is not None
    assert offered.call.search.declined == ("d1",)


def test_who_declined_stays_out_when_the_caller_leaves_the_queue_and_comes_back(offered: Story) -> None:
    offered.tell("o1 keys 2 \n P keys 9")
    before = offered.call.search
    offered.tell("""
        P keys 1           | P asks age.ask
        P keys 45          | find, P asks seek.start
    """)
    assert before is not None
    assert offered.call.search is not None
    assert offered.call.search.declined == ("d1",)
    assert offered.call.search.since == before.since


def test_another_complaint_is_another_place_in_the_queue(waiting: Story) -> None:
    waiting.tell("P keys 9 \n P keys 2 \n P keys 45")
    assert waiting.call.search is not None
    assert (waiting.call.search.category, waiting.call.search.since) == ("heart", waiting.at)


def test_a_doctor_rings_no_more_when_the_patient_hangs_up(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        P ends 16          | stop, hang up o1
        o1 ends 16         | release o1, finish
    """)
    assert waiting.wrote("offer.ended") == [{"offer": "o1", "result": "withdrawn"}]
    assert waiting.wrote("call.ended")[0]["result"] == "abandoned_queue"


def test_a_doctor_who_hears_the_offer_is_told_when_the_patient_hangs_up(offered: Story) -> None:
    offered.tell("""
        P ends 16          | stop, farewell o1
        o1 keys 1          |
        o1 ends 16         | release o1, finish
    """)


def test_a_doctor_who_answers_after_the_patient_hung_up_is_told_so(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        P ends 16          | stop, hang up o1
        o1 ready           | farewell o1
        o1 ends 16         | release o1, finish
    """)


def test_a_doctor_claimed_after_the_patient_hung_up_is_released_and_never_rung(waiting: Story) -> None:
    waiting.tell("""
        P ends 16          | stop, finish
        claimed o1 d1      | release o1
    """)


def test_a_second_doctor_claimed_for_the_call_is_rung_beside_the_first(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        claimed o2 d2      | ring o2
    """)


def test_a_doctor_claimed_before_the_no_was_known_is_let_go_and_not_rung(offered: Story) -> None:
    offered.tell("""
        o1 keys 2          | find, o1 hears offer.declined_thanks
        claimed o2 d1      | release o2, find
        claimed o3 d3      | ring o3
    """)


def test_the_same_claim_told_twice_neither_rings_twice_nor_lets_the_doctor_go(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        claimed o1 d1      |
        o1 ends 17         | find, release o1
        claimed o1 d1      |
    """)


def test_a_caller_who_leaves_the_queue_takes_the_offer_back(offered: Story) -> None:
    offered.tell("""
        P keys 9           | stop, farewell o1, P asks menu.main
        o1 ends 16         | release o1
        P ends 16          | finish
    """)
    assert offered.wrote("call.ended")[0]["result"] == "abandoned_menu"


def test_a_key_pressed_while_the_bridge_is_made_does_not_pull_the_patient_out_of_it(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        P keys 9           |
        o1 bridged         | stop
        P ready            |
        o1 ends 16         | P hears goodbye.doctor_left, release o1 in 30 s
    """)


def test_a_bridge_that_fails_leaves_the_patient_with_music_and_the_search_goes_on(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        P silent           |
        o1 unbridgeable    | find, farewell o1, P asks (start) ♪
        o1 ends 16         | release o1
        claimed o2 d2      | ring o2
    """)
    assert offered.wrote("offer.ended") == [{"offer": "o1", "result": "lost"}]


def test_a_doctor_lost_before_the_bridge_leaves_the_patient_with_music(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        o1 ends 16         | find, P asks (start) ♪, release o1
        o1 bridged         |
        o1 unbridgeable    |
    """)


def test_a_bridge_over_before_it_was_told_leaves_nobody_in_silence(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        P ready            | find, farewell o1, P asks (start) ♪
        o1 bridged         |
        o1 ends 16         | release o1
    """)


def test_a_doctor_back_from_a_bridge_that_was_never_told_is_let_go(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        o1 ready           | find, farewell o1, P asks (start) ♪
        o1 bridged         |
        P ends 16          | stop
        o1 ends 16         | release o1, finish
    """)


def test_a_patient_lost_before_the_bridge_is_told_to_the_doctor(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        P ends 16          | farewell o1
        o1 unbridgeable    |
        o1 ends 16         | release o1, finish
    """)
    assert offered.wrote("offer.ended") == [{"offer": "o1", "result": "withdrawn"}]
    assert offered.wrote("call.ended")[0]["result"] == "abandoned_queue"


def test_nobody_free_is_said_and_a_callback_is_stored(waiting: Story) -> None:
    waiting.tell("""
        nobody all_busy    |
        P silent           | P asks seek.busy+wait.keys
        P keys 1           | stop, callback +919876543210 fever, P hears callback.stored
        P played           | hang up P
        P ends 16          | finish
    """)
    assert waiting.wrote("call.ended")[0]["result"] == "callback"


def test_a_withheld_number_leaves_no_callback() -> None:
    story = Story(new_call(caller=None)).tell("arrives\n P keys 1\n P keys 45\n P silent\n nobody all_busy")
    story.tell("""
        P silent           | P asks seek.busy+wait.keys
        P keys 1           | stop, find, P asks callback.impossible+seek.start
    """)


def test_the_ambulance_is_dialled_through_the_trunk_and_then_the_call_ends(story: Story) -> None:
    story.tell("""
        arrives            | P asks welcome+ambulance.hint+menu.main
        P keys 8           | P asks ambulance.confirm
        P keys 1           | P dials 108: ambulance.connecting
        ambulance answers  |
        P dialled ANSWER 9 | P hears goodbye.patient
        P played           | hang up P
        P ends 16          | finish
    """)
    assert story.wrote("ambulance.dialled") == [{"number": "108"}]
    assert story.wrote("ambulance.ended") == [{"status": "ANSWER", "seconds": 9}]
    assert story.wrote("call.ended")[0]["result"] == "ambulance"


def test_a_patient_who_hangs_up_on_the_ambulance_had_one(story: Story) -> None:
    story.tell("arrives\n P keys 8\n P keys 8\n ambulance answers\n P ends 16 | finish")
    assert story.wrote("call.ended")[0]["result"] == "ambulance"


def test_an_ambulance_that_does_not_answer_leads_to_a_doctor(story: Story) -> None:
    story.tell("arrives\n P keys 8\n P keys 1")
    story.tell("P dialled BUSY 0 | find, P asks ambulance.failed+seek.start")
    assert story.wrote("ambulance.ended") == [{"status": "BUSY", "seconds": 0}]


def test_the_end_of_a_dial_told_twice_is_written_once(story: Story) -> None:
    story.tell("arrives\n P keys 8\n P keys 1\n P dialled BUSY 0 @3\n P dialled BUSY 0 @3 |")
    assert len(story.wrote("ambulance.ended")) == 1


def test_an_answered_dial_that_is_not_ours_is_no_ambulance(waiting: Story) -> None:
    waiting.tell("ambulance answers |\n P ends 16")
    assert waiting.wrote("ambulance.answered") == []
    assert waiting.wrote("call.ended")[0]["result"] == "abandoned_queue"


def test_an_answer_to_an_old_question_is_dropped(story: Story) -> None:
    story.tell("""
        arrives            | P asks welcome+ambulance.hint+menu.main
        P silent           | P asks menu.silence+menu.main
        P keys 8 @1        |
        P keys 1 @2        | P asks age.ask
    """)


def test_a_question_that_was_lost_is_asked_again(story: Story) -> None:
    story.tell("""
        arrives            | P asks welcome+ambulance.hint+menu.main
        P lost             | P asks welcome+ambulance.hint+menu.main
        P lost @1          |
    """)


# --- after a restart, or a broken line ---------------------------------------------------------------------------


def test_the_menu_goes_on_after_a_restart(story: Story) -> None:
    story.tell("""
        arrives            | P asks welcome+ambulance.hint+menu.main
        survey ours=P      | probe P
        P keys 1 @1        | P asks age.ask
    """)
    assert story.wrote("call.adopted") == [{}]


def test_a_restart_while_a_doctor_rings_goes_on_ringing(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1             | ring o1
        survey ours=P present=o1  | probe P, find
        o1 ready                  | o1 asks offer.intro+category.fever+offer.age_prefix+age.45+offer.keys
    """)


def test_a_doctor_who_answered_while_nobody_listened_hears_the_offer(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        survey ours=P,o1   | o1 asks offer.intro+category.fever+offer.age_prefix+age.45+offer.keys, probe P, find
    """)


def test_a_doctor_lost_while_nobody_listened_is_released_and_the_search_goes_on(offered: Story) -> None:
    offered.tell("survey ours=P | find, release o1, probe P, find")


def test_a_talk_notices_nothing_of_a_restart(talking: Story) -> None:
    talking.tell("survey bridged=P,o1 |")


def test_a_bridge_in_doubt_is_looked_up_and_made_if_it_was_not(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        survey ours=P,o1   | bridge o1, probe P
        P lost             |
        o1 bridged         | stop
    """)


def test_a_bridge_in_doubt_that_was_made_is_only_written_down(offered: Story) -> None:
    offered.tell("""
        o1 keys 1          | stop, bridge o1
        survey bridged=P,o1| stop
    """)
    assert offered.wrote("call.bridged") == [{"offer": "o1", "doctor": "d1"}]


def test_a_doctor_who_left_the_talk_while_nobody_listened(talking: Story) -> None:
    talking.tell("survey ours=P    | release o1 in 30 s, P hears goodbye.doctor_left")


def test_a_patient_who_left_the_talk_while_nobody_listened(talking: Story) -> None:
    talking.tell("""
        survey ours=o1     | o1 asks disposition.ask
        o1 keys 1          | hang up o1
        o1 ends 16         | release o1, finish
    """)
    assert talking.wrote("call.ended")[0]["result"] == "consulted"


def test_a_doctor_left_alone_without_a_question_is_asked_after_a_restart(talking: Story) -> None:
    talking.tell("""
        P ends 16          |
        survey ours=o1     | o1 asks disposition.ask
    """)


def test_everybody_gone_while_nobody_listened_ends_the_call(offered: Story) -> None:
    offered.tell("survey          | find, release o1, stop, callback +919876543210 fever, finish")
    assert offered.wrote("call.ended")[0]["result"] == "lost"


def test_a_hang_up_that_may_not_have_been_sent_is_sent_again(talking: Story) -> None:
    talking.tell("""
        P ready            |
        o1 ready           | o1 asks disposition.ask, P hears goodbye.doctor_left
        P played           | hang up P
        survey ours=P,o1   | probe o1, hang up P
        o1 keys 1          | hang up o1
        survey ours=o1,P   | farewell o1, hang up P
    """)


def test_a_phone_that_still_rings_for_a_patient_who_left_is_silenced_after_a_restart(waiting: Story) -> None:
    waiting.tell("""
        claimed o1 d1      | ring o1
        P ends 16          | stop, hang up o1
        survey present=o1  | hang up o1
        o1 ends 16         | release o1, finish
    """)


def test_a_doctor_s_rest_begins_with_the_end_of_the_talk_s_leg(talking: Story) -> None:
    talking.tell("o1 ends 16")
    release = talking.commands[-1]
    assert getattr(release, "free_since", None) == talking.at + timedelta(seconds=30)


@pytest.mark.parametrize("news", ["taken back", "survey taken=P present=o1"])
def test_a_patient_whom_the_dialplan_has_taken_back_is_left_to_it(waiting: Story, news: str) -> None:
    waiting.tell(f"""
        claimed o1 d1      | ring o1
        {news}             | stop, hang up o1, let P be
        P silent           |
        P ready            |
        o1 ends 16         | release o1
        claimed o2 d2      | release o2
        P ends 16          | finish
    """)
    assert waiting.wrote("call.ended")[0]["result"] == "lost"


def test_a_patient_taken_back_while_a_bridge_was_in_doubt_is_not_pulled_away(offered: Story) -> None:
    offered.tell("""
        o1 keys 1                | stop, bridge o1
        survey taken=P ours=o1   | stop, farewell o1, let P be
    """)
