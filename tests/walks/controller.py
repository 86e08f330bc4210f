"""The real controller with a scripted service desk and a gate before the search, in a thread of this process.

Ledger, routing, AMI, performer and flows are the shipped ones. A walk's plan decides what services answer and when a
doctor is looked for; the robots see each decision at the moment it is carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import uvloop

from cdr.events import JournalEntry
from flows.events import Served
from flows.state import FlowState
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import Decision
from ivr.controller import Controller
from ivr.hands import Hands, _waiting
from ivr.services import Answer, Who
from ivr.state import Call, Leg
from tests.walks.planner import Walk, Went

# No doctor has it: whoever asks for it is told that nobody is free, by the real search.
NOBODY_HAS = "walks:nobody"
# So long a service takes whose caller hangs up meanwhile.
_LEFT_ALONE_SECONDS = 0.4


@dataclass(frozen=True)
class Turn:
    """A decision about one leg, as a robot needs to know it. `at` is `time.monotonic()`; `stage` is of a doctor."""

    at: float
    call_id: str
    event: ev.Event | None
    state: FlowState
    went: tuple[Went, ...]
    longest: int
    stage: str = ""


@dataclass(frozen=True)
class Ringing:
    """A doctor's phone is about to ring."""

    dialled: str
    channel: str
    number: str


class ScriptedDesk:
    """Answers each call's services in the order of its walk; a call is known by the number it dialled."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[Served]] = {}

    def plan(self, dialled: str, walk: Walk) -> None:
        self._answers[dialled] = deque(item.event for item in walk.moments if isinstance(item.event, Served))

    def serve(self, name: str, arguments: Mapping[str, str], who: Who, /) -> Answer:
        answers = self._answers[who.dialled]
        if not answers:
            time.sleep(_LEFT_ALONE_SECONDS)
            raise RuntimeError("the caller of this walk hangs up here")
        answer = answers.popleft()
        if answer.outcome == "failed":
            raise RuntimeError("this walk's service fails")
        return Answer(answer.outcome, answer.values, answer.lists)


@dataclass(frozen=True)
class WatchedHands(Hands):
    """Tells `seen` of every turn and every ring, in the controller's thread; searches wait until the gate is opened."""

    seen: Callable[[str, Turn | Ringing], object] = field(kw_only=True)
    gate: dict[str, str] = field(default_factory=dict)  # call id -> doctor | nobody
    causes: dict[str, ev.Event] = field(default_factory=dict)  # call id -> the event that is decided
    told: dict[str, tuple[str, int, str]] = field(default_factory=dict)

    def carry_out(self, call: Call, commands: Iterable[do.Command]) -> None:
        commands = list(commands)
        for command in commands:
            if isinstance(command, do.StopFinding):
                self.gate.pop(call.id, None)
            super().carry_out(call, [command])
            if isinstance(command, do.Ring):
                self.seen(call.dialled, Ringing(call.dialled, command.channel, command.number))
        self._tell(call.dialled, call, call.patient, commands)
        for item in call.doctors:
            self._tell(item.leg.channel, call, item.leg, commands, item.stage)

    def open_gate(self, call: Call, what: str) -> None:
        """From now on the call is matched with a doctor, or told that there is none."""
        self.gate[call.id] = what
        self._find_doctor(call)

    def _find_doctor(self, call: Call) -> None:
        gate = self.gate.get(call.id)
        if gate is None or not call.wants_a_doctor:
            return
        waiting = _waiting(call)
        if gate == "nobody":
            waiting = replace(waiting, skills=(*waiting.skills, NOBODY_HAS))
        self.room.enters(waiting)
        self.matchmaker.add(waiting)

    def _tell(self, who: str, call: Call, leg: Leg, commands: list[do.Command], stage: str = "") -> None:
        if leg.flow is None or self.told.get(leg.channel) == (news := (leg.flow.flow, leg.flow.steps, stage)):
            return
        self.told[leg.channel] = news
        written = [item for item in commands if isinstance(item, do.Write) and item.kind == "flow.went"]
        went = tuple(went_of(item.data) for item in written if item.data["flow"] == leg.flow.flow)
        longest = leg.wait.max_digits if leg.wait is not None else 0
        self.seen(who, Turn(time.monotonic(), call.id, self.causes.get(call.id), leg.flow, went, longest, stage))


def went_of(data: Mapping[str, Any]) -> Went:
    """An edge from the journal."""
    return Went(str(data["node"]), str(data["by"]), str(data["to"]))


def edges_in(entries: list[JournalEntry], flow: str) -> list[Went]:
    """The edges of a flow that a call's journal holds, in order."""
    return [went_of(item.data) for item in entries if item.kind == "flow.went" and item.data["flow"] == flow]


async def _never() -> None:
    await asyncio.Event().wait()


class ControllerThread:
    """A context manager around the controller's loop. `let` may be called from any thread."""

    def __init__(self, controller: Controller, seen: Callable[[str, Turn | Ringing], object]) -> None:
        self._controller = controller
        desks = controller._desks
        hands = desks._hands
        self._hands = desks._hands = WatchedHands(
            hands.matchmaker, hands.services, hands.performer, hands.room, hands.struck, seen=seen
        )
        # Whoever asks to be called back is not called in the midst of everybody else's walks.
        controller._callbacks.run = _never  # type: ignore[method-assign]
        decide = desks._decide

        def decide_seen(call: Call, event: ev.Event) -> Decision:
            self._hands.causes[call.id] = event
            return decide(call, event)

        desks._decide = decide_seen
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._run, name="controller", daemon=True)
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> ControllerThread:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        self._thread.join(15)

    def let(self, call_id: str, what: str) -> None:
        """Have a call's search begin: "doctor" or "nobody"."""
        self._loop.call_soon_threadsafe(self._let, call_id, what)

    def _let(self, call_id: str, what: str) -> None:
        for call in self._controller._desks.calls:
            if call.id == call_id:
                self._hands.open_gate(call, what)

    def _run(self) -> None:
        with self._runner, contextlib.suppress(asyncio.CancelledError):
            self._runner.run(self._serve())

    async def _serve(self) -> None:
        self._task = asyncio.current_task()
        await self._controller.run()
