"""Any event in any state: the engine never raises, never leaves silence, and comes to an end.

Hypothesis finds the shortest history that breaks a promise; test_random_callers.py goes far into every flow.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import commands as do
from flows import engine
from flows.definition import Menu
from flows.engine import MOST_STEPS, Step
from flows.events import (
    Bridged,
    BridgeEnded,
    FlowEvent,
    Item,
    Keyed,
    NobodyFree,
    Placed,
    Played,
    Recorded,
    Served,
    Silent,
    Started,
    TransferEnded,
)
from flows.loader import parse_flow
from flows.player import Player
from flows.services import SERVICES
from tests.unit.flows.conftest import FLOWS, Dials
from tests.unit.flows.promises import check_step

PHRASES: dict[str, tuple[str, ...]] = {"offer": ("offer.intro", "offer.keys")}

KEYS = st.one_of(st.text("0123456789*", max_size=4), st.text(max_size=6)).map(Keyed)
OUTCOMES = sorted({outcome for service in SERVICES.values() for outcome in service.outcomes} | {"failed", "unheard_of"})
GIVEN = sorted({name for service in SERVICES.values() for name in service.gives})
WORDS = st.text("abc_09:-", max_size=5)
SERVED = st.builds(
    Served,
    st.sampled_from(OUTCOMES),
    st.dictionaries(st.sampled_from(GIVEN), WORDS, max_size=3),
    st.dictionaries(st.sampled_from(GIVEN), st.lists(st.builds(Item, WORDS, st.just(("x",))), max_size=15).map(tuple)),
)
EVENTS: st.SearchStrategy[FlowEvent] = st.one_of(
    KEYS,
    st.sampled_from("0123456789*").map(Keyed),
    st.sampled_from(["nobody_on_duty", "all_busy", "all_declined", "queue_full"]).map(NobodyFree),
    st.builds(Placed, st.integers(0, 300), st.sampled_from(["", "5", "long"])),
    st.booleans().map(TransferEnded),
    SERVED,
    st.sampled_from(["", "message.wav"]).map(Recorded),
    st.sampled_from([Silent(), Silent(), Played(), Played(), Bridged(), BridgeEnded(), Started()]),
)


@pytest.mark.parametrize("name", sorted(FLOWS))
@settings(max_examples=60, deadline=None)
@given(events=st.lists(EVENTS, max_size=60), callback=st.booleans())
def test_any_sequence_of_events_keeps_the_promises(name: str, events: list[FlowEvent], callback: bool) -> None:
    flow = FLOWS[name]
    state = engine.begin(flow, PHRASES, callback_possible=callback)
    for event in [Started(), *events]:
        step = engine.step(flow, state, event)
        check_step(flow, state, event, step)
        state = step.state


@pytest.mark.parametrize("name", sorted(FLOWS))
@settings(max_examples=10, deadline=None)
@given(draws=st.lists(st.integers(0, 30), min_size=1, max_size=12), callback=st.booleans())
def test_whoever_answers_for_ever_in_any_pattern_comes_to_an_end(name: str, draws: list[int], callback: bool) -> None:
    player = Player(FLOWS[name], phrases=PHRASES, callback_possible=callback)
    steps = 0
    while not player.over:
        steps += 1
        # A talk that begins at the bound may take place.
        assert steps <= MOST_STEPS + 2
        events, before = [event for event in player.events() if not isinstance(event, Placed)], player.state
        event = events[draws[steps % len(draws)] % len(events)]
        player.meet(event)
        check_step(player.flow, before, event, Step(player.state, player.last))


@given(event=EVENTS)
def test_a_flow_that_has_ended_asks_for_nothing_more(event: FlowEvent) -> None:
    flow = FLOWS["smallest"]
    state = replace(engine.begin(flow), waiting="ended")
    assert engine.step(flow, state, event) == Step(state)


OTHER = parse_flow(
    {
        "flow": "smallest",
        "audience": "doctor",
        "start": "hello",
        "nodes": {
            "hello": {"kind": "menu", "prompt": ["menu.main"], "keys": {1: "seek"}, "exhausted": "main"},
            "main": {"kind": "goodbye", "prompt": ["goodbye.patient"]},
            "seek": {
                "kind": "route",
                "category": "general",
                "prompt": ["seek.start"],
                "busy": ["seek.busy"],
                "nobody": ["seek.nobody"],
                "keys": {},
                "after": "main",
                "gave_up": "main",
            },
        },
    },
    "another",
    "another.yaml",
)


@settings(max_examples=150, deadline=None)
@given(before=st.lists(EVENTS, max_size=12), after=st.lists(EVENTS, max_size=12))
def test_a_call_whose_flow_was_changed_under_it_keeps_the_promises(
    before: list[FlowEvent], after: list[FlowEvent]
) -> None:
    state = engine.begin(FLOWS["smallest"])
    for event in [Started(), *before]:
        state = engine.step(FLOWS["smallest"], state, event).state
    for event in after:
        step = engine.step(OTHER, state, event)
        if state.node in OTHER.nodes and step.state.node in OTHER.nodes:
            check_step(OTHER, state, event, step)
        state = step.state


def test_a_call_at_a_node_that_is_gone_begins_at_the_start(dials: Dials) -> None:
    caller = dials("smallest").meets(Keyed("1"))
    step = engine.step(OTHER, caller.state, Keyed("45"))
    assert step.state.node == "hello"
    assert step.commands == (do.Ask(("menu.main",), 1, 5.0),)


def test_who_waited_for_a_doctor_at_a_node_that_is_gone_waits_no_more(dials: Dials) -> None:
    caller = dials("smallest").meets(Keyed("1"), Keyed("45"))
    gone = replace(caller.state, node="wait", seeking="wait")
    assert engine.step(OTHER, gone, Silent()).commands == (do.StopSeeking(), do.Ask(("menu.main",), 1, 5.0))


def test_a_call_at_a_node_that_is_of_another_kind_now_begins_at_the_start(dials: Dials) -> None:
    assert engine.step(OTHER, dials("smallest").state, Silent()).state.node == "hello"


def test_nobody_is_bridged_who_has_not_asked_for_a_doctor(dials: Dials) -> None:
    caller = dials("smallest").meets(Keyed("1"), Bridged())
    assert caller.last == ()
    assert caller.state.waiting == "input"


def test_a_stuck_key_does_not_hold_the_line_for_ever(dials: Dials) -> None:
    caller = dials("smallest").meets(*[Keyed("*")] * (MOST_STEPS + 1))
    assert caller.state.ended
    assert isinstance(caller.flow.nodes["main"], Menu)
