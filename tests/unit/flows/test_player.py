"""The player: a call without a telephone, told line by line."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.definition import (
    Choose,
    Collect,
    Flow,
    Go,
    Menu,
    Record,
    Say,
    SeekDoctor,
    TransferCall,
    UseService,
    VariableType,
)
from flows.events import Bridged, BridgeEnded, Item, Keyed, NobodyFree, Recorded, Served, Silent, TransferEnded
from flows.player import Player, Went

BYE = Go("bye")
FLOW = Flow(
    "small",
    "1",
    "main",
    nodes={
        "main": Menu(
            prompt=("menu",),
            keys={"1": Go("age"), "2": Go("list"), "3": Go("note"), "4": Go("pin")},
            exhausted=BYE,
            retries=1,
        ),
        "age": Collect(name="age", prompt=("how.old",), least=0, most=120, go=Go("seek"), exhausted=BYE, star="main"),
        "pin": Collect(name="pin", prompt=("your.pin",), least=4, most=6, go=BYE, exhausted=BYE, form="pin"),
        "list": UseService("opds", {"district": "=bhopal"}, {"found": Go("choose"), "none": BYE}, BYE),
        "choose": Choose(source="opds", name="opd", prompt=("which",), go=BYE, empty=BYE, exhausted=BYE),
        "note": Record("note", ("speak",), BYE, Go("main"), seconds=20),
        "seek": SeekDoctor(("wait",), ("busy",), ("none",), {}, BYE, BYE, category="fever", priority="child"),
        "ambulance": TransferCall("ambulance", ("connecting",), BYE, Go("seek")),
        "bye": Say(("goodbye",)),
    },
    everywhere={"8": Go("ambulance")},
    variables={"opds": VariableType("list"), "specialty": VariableType("choice", ("skin", "heart"))},
)


@pytest.fixture
def player() -> Player:
    return Player(FLOW)


def test_a_call_is_told_line_by_line_with_times_nodes_and_keys(player: Player) -> None:
    player.press("1")
    player.press("45#")
    player.silence()
    player.silence()
    player.doctor_comes()
    player.doctor_leaves()
    player.carry_on()
    assert player.transcript().splitlines() == [
        "  0 s [main] ♪ menu   → 1",
        "  0 s [age] ♪ how.old   → 45#",
        "      [seek] · looks for a doctor: fever (priority=child)",
        "  0 s [seek] ♪ wait",
        " 10 s [seek] ♫ music",
        "      [seek] · talks to a doctor   → the doctor hangs up",
        "  0 s [bye] ♪ goodbye",
        "      [bye] · the helpline hangs up",
        "2:14 in all",
    ]
    assert player.over


def test_the_edges_walked_are_kept_in_their_order(player: Player) -> None:
    player.press("1")
    player.press("8")
    assert player.walked == [Went("main", "key:1", "age"), Went("age", "value", "seek")]
    player.press("8")
    player.transfer_ends(answered=False)
    assert player.walked[2:] == [Went("seek", "everywhere:8", "ambulance"), Went("ambulance", "failed", "seek")]


def test_a_prompt_takes_the_time_its_words_take_at_140_a_minute() -> None:
    player = Player(FLOW, words=lambda language, item: f"{language} " + "word " * 13)
    player.press("1")
    assert player.at == pytest.approx(14 * 60 / 140 + 1)
    assert player.moments[0].text.startswith("hi word")


def test_keys_pressed_faster_than_the_prompts_answer_the_questions_to_come(player: Player) -> None:
    player.press("145#")
    assert player.state.answers["age"] == "45"
    assert player.at < 2


def test_a_lone_hash_is_no_answer(player: Player) -> None:
    player.press("#")
    assert player.moments[0].answer == "#"
    assert player.state.retries == 1


def test_a_pin_is_not_told(player: Player) -> None:
    player.press("4")
    player.press("987654")
    assert "9" not in player.transcript()
    assert "[pin] ♪ your.pin   → ••••••" in player.transcript()


def test_services_answer_with_their_first_outcome_unless_told_otherwise(player: Player) -> None:
    player.press("2")
    assert player.state.node == "choose"
    assert len(player.state.lists["opds"]) == 2
    other = Player(FLOW, answers=lambda service, arguments: Served("none"))
    other.press("2")
    assert "asks the helpline: opds (district=bhopal)   → none" in other.transcript()
    assert other.over


def test_who_hangs_up_hears_no_more(player: Player) -> None:
    player.hang_up()
    player.press("1")
    assert player.over
    assert player.events() == []
    assert player.moments[-1].text == "the caller hangs up"


def test_a_recording_that_stays_empty_is_told(player: Player) -> None:
    player.press("3")
    player.record("")
    assert player.state.node == "main"
    assert "records for at most 20 s   → says nothing" in player.transcript()


def test_the_news_that_nobody_is_free_comes_before_the_music_it_interrupts(player: Player) -> None:
    player.press("1")
    player.press("45#")
    player.silence()
    player.nobody_free("all_declined")
    player.silence()
    assert [moment.text for moment in player.moments[-4:-1]] == ["no doctor: all_declined", "music", "busy"]


def test_what_may_happen_depends_on_what_is_awaited(player: Player) -> None:
    assert {Keyed("1"), Keyed("*"), Keyed(""), Silent()} <= set(player.events())
    player.press("1")
    assert {Keyed("34"), Keyed("121"), Keyed("4*"), Keyed("")} <= set(player.events())
    player.press("34#")
    assert {Bridged(), NobodyFree("all_busy"), Silent()} <= set(player.events())
    player.doctor_comes()
    assert player.events() == [BridgeEnded()]


def test_every_outcome_of_a_service_and_its_failure_may_happen() -> None:
    player = Player(FLOW)
    player.key("2")
    outcomes = [event.outcome for event in player.events() if isinstance(event, Served)]
    assert outcomes == ["found", "none", "failed"]


def test_a_made_up_choice_is_one_that_the_flow_declares() -> None:
    flow = Flow(
        "f",
        "1",
        "ask",
        {"ask": UseService("opd_by_number", {}, {"found": BYE, "unknown": BYE}, BYE), "bye": Say(("x",))},
        variables={"specialty": VariableType("choice", ("skin",))},
    )
    player = Player(flow)
    player.carry_on()
    assert player.state.answers["specialty"] == "skin"


def test_a_fork_goes_another_way_and_leaves_the_first_where_it_was(player: Player) -> None:
    player.press("1")
    other = player.fork()
    other.press("34#")
    assert (player.state.node, other.state.node) == ("age", "seek")
    assert len(player.walked) == 1
    assert "seek" not in player.transcript()


@pytest.mark.parametrize(
    ("before", "event", "node"),
    [
        ("", Keyed("1"), "age"),
        ("", Silent(), "main"),
        ("3", Recorded("a.wav"), "bye"),
        ("134#", Bridged(), "seek"),
        ("134#8", TransferEnded(True), "bye"),
    ],
)
def test_any_event_can_be_met_as_it_is(player: Player, before: str, event: Silent, node: str) -> None:
    player.press(before)
    player.meet(event)
    assert player.state.node == node


def test_what_is_outstanding_is_the_command_that_waits(player: Player) -> None:
    assert player.outstanding == do.Ask(("menu",), 1, 5.0)
    assert player.longest == 1


def test_items_have_the_words_of_their_phrases() -> None:
    def answers(service: str, arguments: object) -> Served:
        return Served("found", lists={"opds": (Item("7", ("eyes",)),)})

    player = Player(FLOW, answers=answers)
    player.press("2")
    assert player.moments[-1].text == "which eyes choose.1"
