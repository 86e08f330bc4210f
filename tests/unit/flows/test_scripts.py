"""Scripts: a call's story in YAML, and what is said about one that does not fit."""

from __future__ import annotations

import pytest

from flows.definition import Flow, Go, Menu, Record, Say, SeekDoctor, TransferCall, UseService
from flows.events import Item
from flows.scripts import ScriptError, parse_script, play

BYE = Go("bye")
FLOW = Flow(
    "f",
    "1",
    "main",
    nodes={
        "main": Menu(
            prompt=("m",),
            keys={"1": Go("seek"), "2": Go("place"), "3": Go("note"), "4": Go("dial")},
            exhausted=BYE,
        ),
        "seek": SeekDoctor(("s",), ("b",), ("n",), {}, BYE, BYE, category="fever"),
        "place": UseService("place", {}, {"found": Go("main"), "unknown": Go("main")}, BYE),
        "note": Record("note", ("r",), Go("main"), BYE),
        "dial": TransferCall("ambulance", ("t",), Go("main"), BYE),
        "bye": Say(("bye",)),
    },
)


def story(text: str) -> str:
    script = parse_script(f"story: Somebody calls\n{text}", "s.yaml")
    return play(FLOW, script, "s.yaml").transcript()


def refusal(text: str) -> str:
    with pytest.raises(ScriptError) as caught:
        story(text)
    return str(caught.value)


def test_steps_are_done_one_after_the_other_and_the_caller_hangs_up_last() -> None:
    assert story("steps: [press: 1, silence, nobody: all_declined, silence: 1]").splitlines() == [
        "  0 s [main] ♪ m   → 1",
        "      [seek] · looks for a doctor: fever",
        "  0 s [seek] ♪ s",
        "      [seek] · no doctor: all_declined",
        "  5 s [seek] ♫ music",
        "  0 s [seek] ♪ b",
        " 45 s [seek] ♫ music",
        "      [seek] · the caller hangs up",
        "0:07 in all",
    ]


def test_a_place_in_the_queue_is_heard_with_the_next_announcement() -> None:
    heard = story("steps: [press: 1, silence, nobody: all_busy, place: 3 5, silence: 1]")
    assert "♪ b wait.position =position:3 wait.position_end wait.about =minutes:5" in heard
    assert "is no place" in refusal("steps: [press: 1, place: soon]")


def test_keys_are_words_so_that_leading_noughts_stay() -> None:
    assert "→ 0\n" in story("steps: [press: 0101]")


def test_services_answer_in_the_order_of_the_script_and_then_always_as_the_last_time() -> None:
    heard = story(
        "services: {place: [{outcome: unknown}, {outcome: found, values: {district: sagar}}]}\n"
        "steps: [press: 2, press: 2, press: 2]"
    )
    answers = [line.split("→ ")[1] for line in heard.splitlines() if "asks" in line]
    found = "found (district=sagar, state=madhya_pradesh)"
    assert answers == ["unknown", found, found]


def test_lists_are_given_as_items() -> None:
    script = parse_script(
        "story: x\nservices: {opds: {outcome: found, lists: {opds: [{value: 7, phrase: [a.b]}]}}}\nsteps: []", "s.yaml"
    )
    assert script.services["opds"][0].lists == {"opds": (Item("7", ("a.b",)),)}


def test_a_transfer_is_answered_and_a_talk_ends_unless_the_script_says_otherwise() -> None:
    assert "→ answered" in story("steps: [press: 4, press: 1]")
    assert "→ not answered" in story("steps: [press: 4, transfer: failed]")
    assert "→ the doctor hangs up" in story("steps: [press: 1, doctor]")
    assert "→ the doctor hangs up" in story("steps: [press: 1, doctor, doctor_leaves]")
    assert story("steps: [press: 1, doctor, hang_up]").endswith("the caller hangs up\n0:01 in all\n")


def test_a_message_is_recorded_or_stays_empty() -> None:
    assert "→ says something" in story("steps: [press: 3, message: said]")
    assert "→ says nothing" in story("steps: [press: 3, message: nothing]")


def test_a_withheld_number_cannot_be_called_back() -> None:
    player = play(FLOW, parse_script("story: x\nwithheld: yes\nsteps: []", "s.yaml"), "s.yaml")
    assert not player.state.callback_possible
    assert not player.state.sms_possible
    assert player.state.answers == {"language": "hi", "line": "104", "withheld": "yes"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [dance]", "step 1: 'dance' is none of press, silence"),
        ("steps: [press: 1, press: A]", "step 2, press: 'A' are no keys"),
        ("steps: [press: '']", "'' are no keys"),
        ("steps: [doctor]", "step 1, doctor: at main what is awaited is keys or silence"),
        ("steps: [press: 1, message: said]", "step 2, message: at seek what is awaited is keys or silence"),
        ("steps: [press: 1, nobody: asleep]", "'asleep' is none of all_busy"),
        ("steps: [silence: often]", "step 1, silence:"),
        ("steps: [silence: 4, silence]", "step 1, silence: the call has ended"),
        ("steps: [hang_up, press: 1]", "step 2, press: the call has ended"),
        ("steps: [[press, 1, 2]]", "steps.0"),
        ("steps: []\ncolour: red", "colour"),
        ("services: {weather: {outcome: rain}}\nsteps: []", "there is no 'weather'"),
        ("services: {place: {outcome: lost}}\nsteps: []", "place never answers 'lost', only found, unknown, failed"),
        ("services: {place: {outcome: found, values: {town: x}}}\nsteps: []", "place gives no 'town'"),
        ("steps: [", "this is not YAML"),
    ],
)
def test_a_script_that_does_not_fit_is_refused_with_the_step_and_what_is_awaited(text: str, words: str) -> None:
    message = refusal(text)
    assert message.startswith("s.yaml: ")
    assert words in message
