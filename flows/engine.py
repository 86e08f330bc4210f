"""PURE: walks a flow. `step` never raises for any event in any state, and never leaves somebody without a next sound.

The invariant, checked by tests with random events: after every step either the flow has ended, or exactly one wait is
outstanding (`FlowState.waiting`), and its command was issued in this step or an earlier one and not yet answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flows.commands import Ask, Conclude, FlowCommand, HangUp, Note, Play, RequestCallback, Seek, StopSeeking, Transfer
from flows.definition import Collect, Flow, Go, Menu, Say, SeekDoctor, StoreCallback, TransferCall
from flows.events import Bridged, BridgeEnded, FlowEvent, Keyed, NobodyFree, Played, Silent, Started, TransferEnded
from flows.state import FlowState

# More than this in one call is a machine or a stuck key; the longest honest wait takes about 400.
MOST_STEPS = 1000

# Seconds of silence between an announcement and the music, in which a late key still counts.
_AFTER_ANNOUNCEMENT = 0.4


@dataclass(frozen=True)
class Step:
    """The new state and what to do about it, in order."""

    state: FlowState
    commands: tuple[FlowCommand, ...] = ()


def begin(
    flow: Flow, phrases: dict[str, tuple[str, ...]] | None = None, *, callback_possible: bool = True
) -> FlowState:
    """The state before Started. `phrases` are prompts composed by the caller, used in the flow as "$name"."""
    return FlowState(
        flow=flow.name,
        version=flow.version,
        node=flow.start,
        phrases=phrases or {},
        callback_possible=callback_possible,
    )


def step(flow: Flow, state: FlowState, event: FlowEvent) -> Step:
    """One event; the new state and its commands. An event nobody waits for changes nothing.

    A state saved under another version of the flow may stand where this one has nothing to stand on: the next awaited
    event then leads to the start.
    """
    if state.ended or not _is_awaited(flow, state, event):
        return Step(state)
    state = replace(state, steps=state.steps + 1)
    if state.steps > MOST_STEPS and not isinstance(event, Bridged):
        return _end(flow, state)
    return _Walk(flow, state).take(event)


def _is_awaited(flow: Flow, state: FlowState, event: FlowEvent) -> bool:
    match event:
        case Started():
            return state.waiting == ""
        case Keyed() | Silent() | Bridged():
            return state.waiting == "input"
        case Played():
            return state.waiting == "playback"
        case NobodyFree():
            return isinstance(flow.nodes.get(state.node), SeekDoctor) and state.waiting == "input"
        case BridgeEnded():
            return state.waiting == "bridge"
        case TransferEnded():
            return state.waiting == "transfer"


# Which kinds of node can wait for what.
_STANDS_ON: dict[str, tuple[type, ...]] = {
    "input": (Menu, Collect, SeekDoctor),
    "playback": (Say,),
    "bridge": (SeekDoctor,),
    "transfer": (TransferCall,),
}


def _stands(flow: Flow, state: FlowState) -> bool:
    return isinstance(flow.nodes.get(state.node), _STANDS_ON[state.waiting])


def _end(flow: Flow, state: FlowState) -> Step:
    leaving: tuple[FlowCommand, ...] = (StopSeeking(),) if isinstance(flow.nodes.get(state.node), SeekDoctor) else ()
    return Step(replace(state, waiting="ended"), (*leaving, HangUp()))


class _Walk:
    """One step's work: collects commands and what is to be said first, until a wait or the end is reached."""

    def __init__(self, flow: Flow, state: FlowState) -> None:
        self.flow = flow
        self.state = state
        self.commands: list[FlowCommand] = []
        self.said: tuple[str, ...] = ()

    def take(self, event: FlowEvent) -> Step:
        if isinstance(event, Started):
            self.enter(self.flow.start)
        elif isinstance(event, Bridged):
            self.state = replace(self.state, waiting="bridge")
        elif not _stands(self.flow, self.state):
            self.commands.append(StopSeeking())
            self.enter(self.flow.start)
        else:
            self.answer(event)
        return Step(self.state, tuple(self.commands))

    def answer(self, event: FlowEvent) -> None:
        node = self.flow.nodes[self.state.node]
        match event:
            case Keyed(digits):
                self.keyed(digits)
            case Silent():
                self.silent()
            case Played():
                self.leave_say(node)
            case NobodyFree(reason):
                self.nobody_free(reason)
            case BridgeEnded():
                assert isinstance(node, SeekDoctor)
                self.go(node.after)
            case TransferEnded(answered):
                assert isinstance(node, TransferCall)
                self.go(node.done if answered else node.failed)

    # --- entering a node ---------------------------------------------------------------------------------------

    def go(self, way: Go) -> None:
        for name, value in way.assign.items():
            self.commands.append(Note("menu.choice", {"node": self.state.node, "choice": value}))
            self.state = replace(self.state, answers={**self.state.answers, name: value})
        if way.result:
            self.commands.append(Conclude(way.result))
        self.said += way.say
        if isinstance(self.flow.nodes[self.state.node], SeekDoctor) and self.state.waiting == "input":
            self.commands.append(StopSeeking())
        self.enter(way.to)

    def enter(self, name: str) -> None:
        self.state = replace(self.state, node=name, retries=0, holds=0, announcements=0, nobody_free=False)
        match self.flow.nodes[name]:
            case Menu() as node:
                greeting = () if self.state.greeted else node.greeting
                self.state = replace(self.state, greeted=self.state.greeted or bool(node.greeting))
                self.ask(greeting + node.prompt, 1, node.seconds)
            case Collect() as node:
                self.ask(node.prompt, node.max_digits, node.seconds)
            case Say() as node:
                self.commands.append(Play(self.prompts(node.prompt)))
                self.state = replace(self.state, waiting="playback")
            case SeekDoctor() as node:
                self.commands.append(Seek(self.state.answers.get("category", "general")))
                self.announce(node.prompt)
            case TransferCall() as node:
                self.commands.append(Transfer(node.target, self.prompts(node.prompt)))
                self.state = replace(self.state, waiting="transfer")
            case StoreCallback() as node:
                if self.state.callback_possible:
                    self.commands.append(RequestCallback(self.state.answers.get("category", "general")))
                    self.go(node.go)
                else:
                    self.go(node.impossible)

    def ask(self, prompts: tuple[str, ...], max_digits: int, seconds: float, music: bool = False) -> None:
        self.commands.append(Ask(self.prompts(prompts), max_digits, seconds, music))
        self.state = replace(self.state, waiting="input")

    def prompts(self, prompts: tuple[str, ...]) -> tuple[str, ...]:
        """What is to be said first, then `prompts`, with "$name" put in."""
        heard: list[str] = []
        for prompt in self.said + prompts:
            heard.extend(self.state.phrases.get(prompt[1:], ()) if prompt.startswith("$") else (prompt,))
        self.said = ()
        return tuple(heard)

    def leave_say(self, node: object) -> None:
        assert isinstance(node, Say)
        if node.go is None:
            self.state = replace(self.state, waiting="ended")
            self.commands.append(HangUp())
        else:
            self.go(node.go)

    # --- answers -----------------------------------------------------------------------------------------------

    def keyed(self, digits: str) -> None:
        self.commands.append(Note("key.pressed", {"node": self.state.node, "keys": digits}))
        match self.flow.nodes[self.state.node]:
            case Menu() as node:
                self.keyed_at_menu(node, digits)
            case Collect() as node:
                self.keyed_at_collect(node, digits)
            case SeekDoctor() as node:
                self.keyed_while_waiting(node, digits)

    def keyed_at_menu(self, node: Menu, digits: str) -> None:
        if digits == "*":
            self.ask(node.prompt, 1, node.seconds)
        elif digits in node.keys:
            self.go(node.keys[digits])
        elif node.everywhere and digits in self.flow.everywhere:
            self.go(self.flow.everywhere[digits])
        elif digits == "":
            self.missed(node, node.silent)
        elif node.on_wrong is not None:
            self.go(node.on_wrong)
        else:
            self.missed(node, node.wrong)

    def keyed_at_collect(self, node: Collect, digits: str) -> None:
        if "*" in digits and node.star:
            self.enter(node.star)
        elif _is_number(digits, node.max_digits) and node.least <= int(digits) <= node.most:
            value = str(int(digits))
            self.state = replace(self.state, answers={**self.state.answers, node.name: value})
            data: dict[str, str | int] = {"name": node.name, "value": int(digits)}
            self.commands.append(Note("answer.given", {**data, "unit": node.unit} if node.unit else data))
            self.go(node.go)
        else:
            self.missed(node, node.wrong if digits else node.silent)

    def keyed_while_waiting(self, node: SeekDoctor, digits: str) -> None:
        if digits in node.keys and self.state.announcements:
            self.go(node.keys[digits])
        elif digits in self.flow.everywhere and self.flow.everywhere[digits].to != self.state.node:
            self.go(self.flow.everywhere[digits])
        else:
            self.hold(node)

    def silent(self) -> None:
        match self.flow.nodes[self.state.node]:
            case SeekDoctor() as node:
                self.hold(node)
            case Menu(on_silence=Go() as way):
                self.commands.append(Note("input.silent", {"node": self.state.node}))
                self.go(way)
            case Menu() | Collect() as node:
                self.commands.append(Note("input.silent", {"node": self.state.node}))
                self.missed(node, node.silent)

    def missed(self, node: Menu | Collect, why: tuple[str, ...]) -> None:
        """A wrong key or silence: say so and ask again, or give up asking."""
        if self.state.retries >= node.retries:
            self.go(node.exhausted)
            return
        self.state = replace(self.state, retries=self.state.retries + 1)
        self.ask(why + node.prompt, 1 if isinstance(node, Menu) else node.max_digits, node.seconds)

    # --- waiting for a doctor ------------------------------------------------------------------------------------

    def nobody_free(self, reason: str) -> None:
        """Remembered; the music's present stretch ends by itself within seconds, then it is said."""
        node = self.flow.nodes[self.state.node]
        assert isinstance(node, SeekDoctor)
        first = not self.state.nobody_free
        self.state = replace(self.state, nobody_free=True, holds=node.every if first else self.state.holds)
        self.state = replace(self.state, answers={**self.state.answers, "nobody": reason})

    def announce(self, prompts: tuple[str, ...]) -> None:
        """Say something to somebody who waits; the music follows as soon as nothing is keyed."""
        self.ask(prompts, 1, _AFTER_ANNOUNCEMENT)

    def hold(self, node: SeekDoctor) -> None:
        """Another stretch of music, or the announcement when it is due."""
        if not self.state.nobody_free or self.state.holds < node.every:
            self.state = replace(self.state, holds=self.state.holds + 1)
            self.ask((), 1, node.stretch, music=True)
            return
        if self.state.announcements >= node.give_up:
            self.go(node.gave_up)
            return
        nobody_on_duty = self.state.answers.get("nobody") == "nobody_on_duty"
        self.state = replace(self.state, holds=0, announcements=self.state.announcements + 1)
        self.announce(node.nobody if nobody_on_duty else node.busy)


def _is_number(digits: str, longest: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= longest
