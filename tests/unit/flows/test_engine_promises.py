"""Any event in any state: the engine never raises, never leaves silence, and comes to an end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from flows import commands as do
from flows import engine
from flows.definition import Flow, Menu, SeekDoctor
from flows.engine import MOST_STEPS, Step
from flows.events import Bridged, BridgeEnded, FlowEvent, Keyed, NobodyFree, Played, Silent, Started, TransferEnded
from flows.loader import parse_flow
from flows.state import FlowState
from tests.unit.flows.conftest import FLOWS, Dials

PHRASES: dict[str, tuple[str, ...]] = {"offer": ("offer.intro", "offer.keys")}
LONGEST_SILENCE = 0.5
STATES = TypeAdapter(FlowState)

KEYS = st.one_of(st.text("0123456789*", max_size=4), st.text(max_size=6)).map(Keyed)
EVENTS: st.SearchStrategy[FlowEvent] = st.one_of(
    KEYS,
    st.sampled_from("0123456789*").map(Keyed),
    st.sampled_from(["nobody_on_duty", "all_busy", "all_declined"]).map(NobodyFree),
    st.booleans().map(TransferEnded),
    st.sampled_from([Silent(), Silent(), Played(), Played(), Bridged(), BridgeEnded(), Started()]),
)
ANSWERED_BY = {do.Ask: "input", do.Play: "playback", do.Transfer: "transfer"}


def wait_commands(step: Step) -> list[do.FlowCommand]:
    return [command for command in step.commands if type(command) in ANSWERED_BY]


def check_step(flow: Flow, before: FlowState, event: FlowEvent, step: Step) -> None:
    after, commands = step.state, step.commands
    waits = wait_commands(step)
    if after.ended:
        assert not waits
        assert commands[-1] == do.HangUp() if not before.ended else commands == ()
        return
    assert do.HangUp() not in commands
    assert len(waits) <= 1
    if waits:
        assert ANSWERED_BY[type(waits[0])] == after.waiting
        assert waits[0] == commands[-1]
        check_sound(flow, after, waits[0])
    elif isinstance(event, Bridged) and before.waiting == "input":
        assert after.waiting == "bridge"
    else:  # nothing was answered, so what was outstanding still is
        assert after.waiting == before.waiting
        assert isinstance(event, NobodyFree) or after == before
    assert after.node in flow.nodes
    assert STATES.validate_json(STATES.dump_json(after)) == after


def check_sound(flow: Flow, state: FlowState, wait: do.FlowCommand) -> None:
    """Whoever has to wait hears something: words, or music."""
    assert isinstance(wait, do.Ask | do.Play | do.Transfer)
    node = flow.nodes[state.node]
    if not isinstance(wait, do.Ask):
        assert wait.prompts
    elif isinstance(node, SeekDoctor):
        assert wait.music or (wait.prompts and wait.seconds <= LONGEST_SILENCE)
    else:
        assert wait.prompts
        assert not wait.music


@pytest.mark.parametrize("name", sorted(FLOWS))
@settings(max_examples=150, deadline=None)
@given(events=st.lists(EVENTS, max_size=60), callback=st.booleans())
def test_any_sequence_of_events_keeps_the_promises(name: str, events: list[FlowEvent], callback: bool) -> None:
    flow = FLOWS[name]
    state = engine.begin(flow, PHRASES, callback_possible=callback)
    for event in [Started(), *events]:
        step = engine.step(flow, state, event)
        check_step(flow, state, event, step)
        state = step.state


def answer(wait: str, draw: int) -> FlowEvent:
    """Some answer to what is awaited, so that the flow moves."""
    if wait == "playback":
        return Played()
    if wait == "bridge":
        return BridgeEnded()
    if wait == "transfer":
        return TransferEnded(draw % 2 == 0)
    answers: list[FlowEvent] = [*[Keyed(key) for key in "0123456789*"], Silent(), Silent(), Bridged(), Keyed("")]
    return answers[draw % 15]


@pytest.mark.parametrize("name", sorted(FLOWS))
@settings(max_examples=30, deadline=None)
@given(draws=st.lists(st.integers(0, 14), min_size=1, max_size=12), callback=st.booleans())
def test_whoever_answers_for_ever_in_any_pattern_comes_to_an_end(name: str, draws: list[int], callback: bool) -> None:
    flow = FLOWS[name]
    state = engine.step(flow, engine.begin(flow, PHRASES, callback_possible=callback), Started()).state
    steps = 1
    while not state.ended:
        steps += 1
        # A talk that begins at the bound may take place.
        assert steps <= MOST_STEPS + 2
        event = answer(state.waiting, draws[steps % len(draws)])
        step = engine.step(flow, state, event)
        check_step(flow, state, event, step)
        state = step.state


@given(event=EVENTS)
def test_a_flow_that_has_ended_asks_for_nothing_more(event: FlowEvent) -> None:
    flow = FLOWS["line_104"]
    state = replace(engine.begin(flow), waiting="ended")
    assert engine.step(flow, state, event) == Step(state)


OTHER = parse_flow(
    {
        "flow": "line_104",
        "start": "hello",
        "nodes": {
            "hello": {"kind": "menu", "prompt": ["menu.main"], "keys": {1: "seek"}, "exhausted": "main"},
            "main": {"kind": "say", "prompt": ["goodbye.patient"]},
            "seek": {
                "kind": "seek",
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
    state = engine.begin(FLOWS["line_104"])
    for event in [Started(), *before]:
        state = engine.step(FLOWS["line_104"], state, event).state
    for event in after:
        step = engine.step(OTHER, state, event)
        if state.node in OTHER.nodes and step.state.node in OTHER.nodes:
            check_step(OTHER, state, event, step)
        state = step.state


def test_a_call_at_a_node_that_is_gone_begins_at_the_start(dials: Dials) -> None:
    caller = dials().meets(Keyed("1"))
    step = engine.step(OTHER, caller.state, Keyed("45"))
    assert step.state.node == "hello"
    assert step.commands == (do.StopSeeking(), do.Ask(("menu.main",), 1, 5.0))


def test_a_call_at_a_node_that_is_of_another_kind_now_begins_at_the_start(dials: Dials) -> None:
    assert engine.step(OTHER, dials().state, Silent()).state.node == "hello"


def test_a_talk_that_began_outside_the_search_ends_at_the_start(dials: Dials) -> None:
    caller = dials().meets(Keyed("1"), Bridged())
    assert caller.state.waiting == "bridge"
    assert caller.meets(BridgeEnded()).heard == ("menu.main",)


def test_a_stuck_key_does_not_hold_the_line_for_ever(dials: Dials) -> None:
    caller = dials().meets(*[Keyed("*")] * (MOST_STEPS + 1))
    assert caller.state.ended
    assert isinstance(caller.flow.nodes["main"], Menu)
