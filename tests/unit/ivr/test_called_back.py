"""People are called back: the doctor first or the patient, and what is left of it on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.frozen import replace
from flows import engine
from ivr import commands as do
from ivr import events as ev
from ivr.callback_calls import call_for
from ivr.consultation import decide
from ivr.lines import Line
from ivr.state import Kept, Leg, Search
from routing.agenda import Request
from tests.unit.flows.small_flows import small
from tests.unit.ivr.conftest import FLOWS, NOW, RULES, Story, new_call

PLACE = NOW - timedelta(minutes=20)


def calling_back(doctor_first: bool, missed: bool = False) -> Story:
    """A call that we make for the request R."""
    answers = {"language": "hi", "withheld": "no", "line": "line-104"}
    if not missed:
        answers |= {"category": "fever", "urgency": "callback", "age": "45", "age_unit": "years"}
    flow = engine.begin(FLOWS["missed_call" if missed else "called_back"], answers=answers)
    call = replace(
        new_call(),
        patient=Leg("P", "P", flow),
        direction="out",
        callback="R",
        callback_kind="missed_call" if missed else "asked",
        reach="to_ring",
        search=Search("fever", PLACE, "callback", kind="callback") if doctor_first else None,
        then="smallest" if missed else "",
        kept=Kept("R", PLACE, "" if missed else "callback"),
    )
    return Story(call).tell("begun")


@pytest.fixture
def accepted() -> Story:
    """Doctor first, and the doctor has accepted."""
    return calling_back(doctor_first=True).tell(
        """
        claimed o1 d1 | ring o1
        o1 rings
        o1 ready      | o1 asks offer.intro+callback.offer+category.fever+offer.age_prefix+age.45+offer.keys
        o1 keys 1     | stop, ring the patient P, o1 asks callback.ringing
        """
    )


def test_doctor_first_they_are_joined_when_the_patient_has_pressed_one(accepted: Story) -> None:
    accepted.tell(
        """
        o1 silent     | o1 asks (start) ♪
        P rings
        P ready       | P asks callback.asked
        P keys 1      | bridge o1, P asks seek.start
        o1 bridged    | stop
        P ends 16     | R: talked
        o1 ready      | o1 asks disposition.ask
        o1 keys 1
        o1 ends 16    | release o1, finish
        """
    )
    arrived, consent = accepted.wrote("call.arrived")[0], accepted.wrote("consent.answered")
    assert (arrived["callback"], arrived["dialled"]) == ("R", "104")
    assert [(each["to"], each["answer"]) for each in consent] == [("callback", "granted")]
    assert accepted.wrote("call.ended")[0]["result"] == "consulted"


def test_patient_first_a_doctor_with_all_skills_of_the_request_is_sought() -> None:
    story = calling_back(doctor_first=False)
    assert story.call.kept is not None
    story.call = replace(story.call, kept=replace(story.call.kept, skills=("hub:12", "speaks:gondi")))
    story.tell("P rings\n P ready\n P keys 1 | find, P asks seek.start")
    assert story.call.search is not None
    assert story.call.search.skills == ("hub:12", "speaks:gondi")


def test_a_patient_is_never_joined_with_a_doctor_by_a_voicemail(accepted: Story) -> None:
    accepted.tell(
        """
        P rings
        P ready       | P asks callback.asked
        P silent      | P asks callback.asked
        P silent      | stop, fetch o1, P hears callback.not_confirmed
        o1 ready      | o1 hears callback.not_reached
        o1 played     | hang up o1
        o1 ends 16    | release o1
        P played      | hang up P
        P ends 16     | R: unconfirmed, finish
        """
    )
    assert accepted.wrote("call.ended")[0]["result"] == "unconfirmed"
    assert "call.bridged" not in accepted.kinds


@pytest.mark.parametrize(("cause", "outcome"), [(17, "busy"), (19, "no_answer"), (21, "no_answer"), (1, "no_answer")])
def test_a_patient_who_is_not_reached_leaves_a_doctor_who_is_told(accepted: Story, cause: int, outcome: str) -> None:
    accepted.tell(
        f"""
        P rings
        P ends {cause} | stop, fetch o1, R: {outcome}
        o1 ready      | o1 hears callback.not_reached
        """
    )
    assert accepted.wrote("call.ended")[0]["result"] == "no_answer"


def test_an_operator_who_cannot_ring_is_no_try(accepted: Story) -> None:
    accepted.tell("P ends 34 | stop, fetch o1, R: unreachable")


def test_a_doctor_who_hangs_up_while_the_patient_is_rung_is_replaced(accepted: Story) -> None:
    accepted.tell(
        """
        P rings
        o1 ends 16    | find, release o1
        P ready       | P asks callback.asked
        P keys 1      | find, P asks seek.start
        claimed o2 d2 | ring o2
        """
    )
    search = accepted.call.search
    assert search is not None
    assert (search.since, search.priority) == (PLACE, "callback")


def test_patient_first_the_search_begins_with_the_key_and_the_old_place() -> None:
    story = calling_back(doctor_first=False)
    assert story.call.reach == "ringing"
    story.tell("P rings\n P ready | P asks callback.asked\n P keys 1 | find, P asks seek.start")
    search = story.call.search
    assert search is not None
    assert (search.since, search.category, search.priority) == (PLACE, "fever", "callback")
    story.tell("P ends 16 | stop, R: left, finish")


def test_who_needs_nothing_any_more_is_not_called_again() -> None:
    calling_back(doctor_first=False).tell(
        """
        P ready       | P asks callback.asked
        P keys 2      | P hears callback.not_needed
        P played      | hang up P
        P ends 16     | R: not_needed, finish
        """
    )


def test_a_missed_call_is_answered_by_the_menus_of_the_line_from_the_beginning() -> None:
    story = calling_back(doctor_first=False, missed=True)
    story.tell("P ready | P asks callback.missed\n P keys 1 | P asks welcome+ambulance.hint+menu.main")
    story.tell("P keys 1 | P asks age.ask")
    assert story.call.patient.flow is not None
    assert story.call.patient.flow.flow == "smallest"
    story.tell("P ends 16 | R: served, finish")
    assert story.wrote("call.ended")[0]["result"] == "abandoned_menu"


def test_an_attempt_that_has_rung_nowhere_is_called_off_when_the_patient_calls() -> None:
    calling_back(doctor_first=True).tell(
        """
        claimed o1 d1
        called off    | stop, hang up o1, R: not_rung
        o1 ends 16    | release o1, finish
        """
    )


def test_a_doctor_first_attempt_outlives_the_controller_before_the_patient_is_rung() -> None:
    story = calling_back(doctor_first=True).tell("survey | find")
    assert not story.call.over


def test_a_patient_who_answered_while_nobody_listened_is_asked(accepted: Story) -> None:
    accepted.tell("P rings\n survey ours=P,o1 | probe o1, P asks callback.asked")


# --- cut off before a doctor was reached ------------------------------------------------------------------------------


def test_whose_line_breaks_while_waiting_is_called_back_with_the_place(waiting: Story) -> None:
    since = waiting.call.search.since if waiting.call.search else None
    waiting.tell("P ends 44 | stop, callback +919876543210 fever, finish")
    [wish] = [each for each in waiting.commands if type(each).__name__ == "StoreCallback"]
    assert (wish.kind, wish.waiting_since) == ("cut_off", since)  # type: ignore[union-attr]
    assert waiting.wrote("call.ended")[0]["result"] == "abandoned_queue"


def test_who_hangs_up_while_waiting_is_left_alone(waiting: Story) -> None:
    waiting.tell("P ends 16 | stop, finish")


def test_who_calls_again_takes_the_old_place_and_is_not_called_back_once_they_talk() -> None:
    story = Story(replace(new_call(), kept=Kept("R", PLACE, "child")))
    story.tell("arrives\n P keys 1\n P keys 45\n P silent")
    search = story.call.search
    assert search is not None
    assert (search.since, search.priority) == (PLACE, "child")
    story.tell("claimed o1 d1\n o1 ready\n o1 keys 1\n o1 bridged | withdraw R, stop")


def test_who_is_called_back_and_wants_the_ambulance_keeps_no_doctor_waiting(accepted: Story) -> None:
    accepted.tell(
        """
        P rings
        P ready       | P asks callback.asked
        P keys 8      | P asks ambulance.confirm+ambulance.decline
        P keys 8      | stop, fetch o1, P dials 108: ambulance.connecting
        o1 ready      | o1 hears disposition.ambulance
        o1 played     | hang up o1
        o1 ends 16    | release o1
        P dialled ANSWER 60 | P hears goodbye.patient
        P ends 16     | R: served, finish
        """
    )


# --- a mobile that was keyed ------------------------------------------------------------------------------------------

KEYED = "+919876500123"


def who_keyed_a_mobile(caller: str | None) -> Story:
    """Somebody who waits for a doctor, and keyed a mobile before."""
    story = Story(new_call(caller)).tell("arrives\n P keys 1\n P keys 45\n P silent\n nobody all_busy\n P silent")
    flow = story.call.patient.flow
    assert flow is not None
    keyed = replace(flow, answers={**flow.answers, "sms_to": KEYED})
    story.call = replace(story.call, patient=replace(story.call.patient, flow=keyed))
    return story


def wish_of(story: Story) -> do.StoreCallback:
    [wish] = [each for each in story.commands if isinstance(each, do.StoreCallback)]
    return wish


def test_a_withheld_number_is_called_back_on_the_mobile_that_was_keyed() -> None:
    story = who_keyed_a_mobile(None).tell(f"P keys 1 | stop, callback {KEYED} fever, P hears callback.stored")
    assert "sms_to" not in wish_of(story).details


def test_a_landline_is_called_back_itself_and_messages_go_to_the_mobile() -> None:
    story = who_keyed_a_mobile("+917552551234")
    wish = wish_of(story.tell("P keys 1 | stop, callback +917552551234 fever, P hears callback.stored"))
    assert wish.details["sms_to"] == KEYED


def test_a_withheld_caller_whose_line_breaks_is_called_back_if_a_mobile_was_keyed() -> None:
    assert wish_of(who_keyed_a_mobile(None).tell(f"P ends 44 | stop, callback {KEYED} fever, finish")).kind == "cut_off"


def test_the_call_back_knows_where_its_messages_go() -> None:
    line = Line("line-104", "104", "line_104", "hi", "108")
    request = Request("R", "+917552551234", "fever", PLACE, PLACE, details={"sms_to": KEYED})
    story = Story(call_for(request, "call-2", None, line, FLOWS["called_back"], NOW)).tell("begun")
    assert {"name": "mobile", "value": KEYED} in story.wrote("answer.given")


@pytest.mark.parametrize(("sms_to", "number"), [("", "+919876543210"), (KEYED, KEYED)])
def test_a_message_of_the_flow_goes_to_the_mobile_that_was_keyed(sms_to: str, number: str) -> None:
    nodes = "first: {kind: sms, template: token, go: bye, no_mobile: bye}\nbye: {kind: goodbye, prompt: [bye]}"
    flow = small(nodes, audience="doctor", everywhere="{}", ends="")
    begun = engine.begin(flow, answers={"sms_to": sms_to} if sms_to else {})
    call = replace(new_call(), patient=Leg("leg-p", "P", begun))
    _, commands = decide(call, ev.PatientArrived(NOW), replace(RULES, flows={(flow.name, flow.version): flow}))
    assert [each.number for each in commands if isinstance(each, do.SendSms)] == [number]
