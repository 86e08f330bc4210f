"""What holds after every step of every flow, whatever happens: the engine's promises, checked by random callers."""

from __future__ import annotations

from pydantic import TypeAdapter

from flows import commands as do
from flows.definition import Flow, SeekDoctor
from flows.engine import Step
from flows.events import Bridged, FlowEvent, NobodyFree, Placed
from flows.state import FlowState

# The longest that may pass between an announcement and the music, in seconds.
LONGEST_SILENCE = 0.5
STATES = TypeAdapter(FlowState)
ANSWERED_BY: dict[type, str] = {
    do.Ask: "input",
    do.Play: "playback",
    do.Transfer: "transfer",
    do.Serve: "service",
    do.RecordMessage: "recording",
}


def check_step(flow: Flow, before: FlowState, event: FlowEvent, step: Step) -> None:
    """One step: never two waits, never silence, never a search that nobody waits for."""
    after, commands = step.state, step.commands
    waits = [command for command in commands if type(command) in ANSWERED_BY]
    check_search(flow, before, event, step)
    if after.ended:
        assert not waits
        assert commands == () if before.ended else commands[-1] == do.HangUp()
        assert commands.count(do.HangUp()) == (not before.ended)
        return
    assert do.HangUp() not in commands
    assert after.node in flow.nodes
    if waits:
        assert waits == [commands[-1]]
        assert ANSWERED_BY[type(waits[0])] == after.waiting
        check_sound(flow, after, waits[0])
    elif isinstance(event, Bridged) and before.seeking:
        assert after.waiting == "bridge"
    else:  # nothing was answered, so what was outstanding still is
        assert after.waiting == before.waiting
        assert (isinstance(event, NobodyFree | Placed) and before.seeking) or after == before


def check_search(flow: Flow, before: FlowState, event: FlowEvent, step: Step) -> None:
    """A search is begun and given up in turns, and goes on only at its own node or a question asked meanwhile."""
    seeking = bool(before.seeking)
    for command in step.commands:
        if isinstance(command, do.Seek | do.StopSeeking):
            assert seeking == isinstance(command, do.StopSeeking)
            seeking = not seeking
    if isinstance(event, Bridged):
        seeking = False
    assert seeking == bool(step.state.seeking)
    if seeking and not step.state.ended:
        search = flow.nodes[step.state.seeking]
        assert isinstance(search, SeekDoctor)
        kept = (step.state.seeking, *search.meanwhile)
        assert any(step.state.node == name or step.state.node.startswith(f"{name}/") for name in kept)


def check_sound(flow: Flow, state: FlowState, wait: do.FlowCommand) -> None:
    """Whoever has to wait hears something: words, or music. A service answers within two seconds."""
    if isinstance(wait, do.Play | do.Transfer | do.RecordMessage):
        assert wait.prompts
    elif isinstance(wait, do.Ask) and isinstance(flow.nodes[state.node], SeekDoctor):
        assert wait.music or (wait.prompts and wait.seconds <= LONGEST_SILENCE)
    elif isinstance(wait, do.Ask):
        assert wait.prompts
        assert not wait.music


def check_round_trip(state: FlowState) -> None:
    """A call survives its controller."""
    assert STATES.validate_json(STATES.dump_json(state)) == state
