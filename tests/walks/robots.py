"""Callers and doctors who do what a walk says: each presses once it hears the question, and keeps what it heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flows.events import (
    Bridged,
    FlowEvent,
    Keyed,
    NobodyFree,
    Recorded,
    Silent,
    TransferEnded,
)
from ivr import events as ev
from phones import ears
from phones.errors import PhoneError
from phones.leg import Leg
from phones.network import PhoneNetwork
from phones.voice import tone
from tests.walks.controller import Ringing, Turn
from tests.walks.planner import Moment, Walk, Went

MOST_SILENCE_SECONDS = 2.0
# Sound that comes sooner after a decision may still be what was said before.
_ECHO_SECONDS = 0.12
_KEY_SECONDS, _PAUSE_SECONDS = 0.08, 0.06
_TALK_SECONDS = 0.8
_BEEP_HZ = 1400  # before a recording (ivr/wire_names.py)
ACCEPTS = Walk("offer", False, (), (Moment("offer", "input", Keyed("1")),), 1.0)


class StrayedError(Exception):
    """A call went another way than its walk."""


@dataclass(frozen=True)
class Task:
    """What one caller has to do. `offers` are what the doctors do who are rung one after the other, then they accept.

    `outcome` is what the doctor keys once the caller has left; without it the doctor leaves after a moment.
    """

    walk: Walk
    caller: str
    dialled: str
    ambulance: str
    offers: tuple[Walk, ...] = ()
    outcome: Walk | None = None


@dataclass
class Report:
    """What became of a task: where each node began (seconds from the answer), and what went wrong.

    `silence` is the longest that the caller heard, `doctors_silence` the longest of the doctors.
    """

    task: Task
    name: str
    faults: list[str] = field(default_factory=list)
    nodes: list[tuple[float, str]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    silence: float = 0.0
    doctors_silence: float = 0.0


class Stage:
    """The telephones of all robots, in the network's loop; `let` opens a call's search for a doctor."""

    def __init__(self, net: PhoneNetwork, let: Callable[[str, str], None]) -> None:
        self.net, self.board, self.let = net, net.switchboard, let
        self.inboxes: dict[str, asyncio.Queue[Turn]] = {}
        self.rings: dict[str, Callable[[Ringing], None]] = {}
        self._taken: set[str] = set()

    def seen(self, who: str, news: Turn | Ringing) -> None:
        if isinstance(news, Ringing):
            self.rings[who](news)
        else:
            self.inbox(who).put_nowait(news)

    def inbox(self, who: str) -> asyncio.Queue[Turn]:
        return self.inboxes.setdefault(who, asyncio.Queue())

    async def incoming(self, number: str, seconds: float = 20.0) -> Leg:
        """The call that rings at a number."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for leg in self.board.legs:
                waits = leg.incoming and leg.answered_at is None and leg.ended_at is None
                if leg.number == number and waits and leg.id not in self._taken:
                    self._taken.add(leg.id)
                    return leg
            await asyncio.sleep(0.05)
        raise PhoneError(f"{number} did not ring within {seconds:g} s")


class Robot:
    """One telephone's hands and ears."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage, self.board = stage, stage.board
        self.inbox = stage.inbox(name)

    async def hears(self, leg: Leg, since: float, seconds: float = 2.5) -> bool:
        """Wait until something is heard that began after `since`; False when something else has happened meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and leg.ended_at is None:
            if not self.inbox.empty():
                return False
            if leg.line is not None and leg.line.sounded_at > since + _ECHO_SECONDS:
                return True
            await asyncio.sleep(0.02)
        return self.inbox.empty()

    async def presses(self, leg: Leg, digits: str, longest: int) -> None:
        ended = "#" if not digits or (len(digits) < longest and "*" not in digits) else ""
        await self.board.press(leg, digits + ended, _KEY_SECONDS, _PAUSE_SECONDS)

    async def leaves(self, leg: Leg) -> None:
        if leg.ended_at is None:
            await self.board.hang_up(leg)
        await self.stage.net.until(lambda: leg.ended_at is not None, 5)


class CallerRobot(Robot):
    """Dials, walks, hangs up."""

    def __init__(self, stage: Stage, task: Task) -> None:
        super().__init__(stage, task.dialled)
        self.task, self.walk = task, task.walk
        self.report = Report(task, f"{task.walk.flow} on {task.dialled} (to {task.walk.moments[-1].node})")
        self._rung = 0
        self._others: list[asyncio.Task[None]] = []
        self._walked: list[Went] = []
        stage.rings[task.dialled] = self._doctor_is_rung

    async def calls(self) -> Report:
        self.leg = await self.board.dial(self.task.caller, self.task.dialled, self.walk.withheld)
        self.report.legs.append(self.leg)
        try:
            async with asyncio.timeout(self.walk.seconds * 4 + 40):
                await self._goes()
        except (StrayedError, PhoneError) as error:
            self.report.faults.append(str(error))
        except TimeoutError:
            self.report.faults.append(f"nothing happens any more: {self.report.nodes[-1:]}")
        await self.leaves(self.leg)
        await asyncio.gather(*self._others, return_exceptions=True)
        self._listens()
        return self.report

    async def _goes(self) -> None:
        cursor, steps = -1, 0
        while True:
            turn = await self._next_turn()
            if turn.state.steps == steps:
                continue
            steps = turn.state.steps
            self._notes(turn)
            if cursor < 0 or not _changes_nothing(turn, self.walk.moments[cursor].event):
                self._walked += turn.went
                self._must_be_on_the_way(turn)
                cursor += 1
            if turn.state.ended:
                if cursor < len(self.walk.moments):
                    raise StrayedError(f"the flow ended before {self.walk.moments[cursor]}")
                await self._is_let_go()
                return
            if self.inbox.empty() and await self._does(self.walk.moments[cursor], turn):
                return

    async def _next_turn(self) -> Turn:
        while True:
            try:
                async with asyncio.timeout(0.5):
                    return await self.inbox.get()
            except TimeoutError:
                if self.leg.ended_at is not None:
                    at = self.report.nodes[-1:]
                    raise StrayedError(f"the call {self.leg.state()} at {at}") from None

    def _must_be_on_the_way(self, turn: Turn) -> None:
        expected = self.walk.edges[: len(self._walked)]
        if self._walked != expected:
            wrong = next((pair for pair in zip(self._walked, expected, strict=False) if pair[0] != pair[1]), None)
            raise StrayedError(f"went (first) instead of (second): {wrong}; at {turn.state.node} after {turn.event}")

    def _notes(self, turn: Turn) -> None:
        self.report.nodes.append((turn.at - (self.leg.answered_at or turn.at), turn.state.node))

    async def _does(self, moment: Moment, turn: Turn) -> bool:
        """Do what comes next; True when the call is over."""
        if moment.node != turn.state.node:
            raise StrayedError(f"stands in {turn.state.node} instead of {moment.node} after {turn.event}")
        match moment.event:
            case Keyed(digits):
                if await self.hears(self.leg, turn.at):
                    await self.presses(self.leg, digits, turn.longest)
            case Bridged():
                self.stage.let(turn.call_id, "doctor")
            case NobodyFree():
                self.stage.let(turn.call_id, "nobody")
            case TransferEnded(answered):
                self._others.append(asyncio.create_task(self._ambulance(answered)))
            case Recorded(file) if file:
                await self._records(turn)
            case None:
                return await self._hangs_up(turn)
        return False

    async def _hangs_up(self, turn: Turn) -> bool:
        if turn.state.waiting == "bridge":
            await asyncio.sleep(_TALK_SECONDS)
        elif turn.state.waiting != "service" and not await self.hears(self.leg, turn.at):
            return False
        await self.leaves(self.leg)
        return True

    async def _is_let_go(self) -> None:
        if not await self.stage.net.until(lambda: self.leg.ended_at is not None, 5):
            raise StrayedError("the flow has ended and the call has not")

    async def _records(self, turn: Turn) -> None:
        """Speak after the tone, and end it with a key."""
        asked = turn.at - (self.leg.answered_at or turn.at)
        beeped = await self.stage.net.until(lambda: self._hears_the_tone(asked), 20)
        if beeped and self.leg.line is not None:
            await asyncio.sleep(0.3)
            self.leg.line.mouth.say(tone(440, 1.0))
            await asyncio.sleep(1.2)
            await self.presses(self.leg, "", 1)

    def _hears_the_tone(self, since: float) -> bool:
        return ears.tone_present(self.leg.heard()[round(since * ears.RATE) :], _BEEP_HZ) > 0.1

    async def _ambulance(self, answers: bool) -> None:
        leg = await self.stage.incoming(self.task.ambulance)
        if not answers:
            await self.board.reject(leg, 486)
            return
        await asyncio.sleep(0.3)
        await self.board.answer(leg)
        await asyncio.sleep(_TALK_SECONDS)
        await self.leaves(leg)

    def _doctor_is_rung(self, ring: Ringing) -> None:
        offers = self.task.offers
        offer = offers[self._rung] if self._rung < len(offers) else ACCEPTS
        self._rung += 1
        doctor = DoctorRobot(self.stage, ring, offer, self.task.outcome, self.report)
        self._others.append(asyncio.create_task(doctor.works()))

    def _listens(self) -> None:
        report = self.report
        for leg in report.legs:
            longest = max(ears.silences(leg.heard()), key=lambda found: found[1], default=(0.0, 0.0))
            if leg is self.leg:
                who, report.silence = "the caller", longest[1]
            else:
                who, report.doctors_silence = "the doctor", max(report.doctors_silence, longest[1])
            if longest[1] >= MOST_SILENCE_SECONDS:
                where = next((node for at, node in reversed(report.nodes) if at <= longest[0] + 0.3), "the beginning")
                sound = f"{where}: {self.stage.net.call_of(leg).recording()}"
                start, seconds = longest
                report.faults.append(f"{who} hears nothing for {seconds:.1f} s from second {start:.1f} on, in {sound}")


class DoctorRobot(Robot):
    """Answers, does what the offer's walk says, talks or leaves, and keys an outcome."""

    def __init__(self, stage: Stage, ring: Ringing, offer: Walk, outcome: Walk | None, report: Report) -> None:
        super().__init__(stage, ring.channel)
        self.number, self.walks = ring.number, {"offer": offer} | ({"disposition": outcome} if outcome else {})
        self.stays = outcome is not None
        self.report = report

    async def works(self) -> None:
        try:
            leg = await self.stage.incoming(self.number, 5)
            self.report.legs.append(leg)
            await self.board.answer(leg)
            while leg.ended_at is None:
                try:
                    async with asyncio.timeout(0.2):
                        turn = await self.inbox.get()
                except TimeoutError:
                    continue
                await self._does(leg, turn)
        except PhoneError:
            return  # the caller had left

    async def _does(self, leg: Leg, turn: Turn) -> None:
        if turn.stage == "bridged":
            if not self.stays:
                await asyncio.sleep(_TALK_SECONDS)
                await self.leaves(leg)
            return
        walk = self.walks.get(turn.state.flow)
        if walk is None:
            await self.leaves(leg)
            return
        cursor = turn.state.steps - 1
        if cursor >= len(walk.moments) or turn.state.ended:
            return
        event: FlowEvent | None = walk.moments[cursor].event
        if isinstance(event, Keyed):
            await self.hears(leg, turn.at)
            await self.presses(leg, event.digits, turn.longest)
        elif event is None:
            await self.hears(leg, turn.at)
            await self.leaves(leg)


def _changes_nothing(turn: Turn, planned: FlowEvent | None) -> bool:
    """A stretch of music has ended, or nobody is free, while something else is waited for."""
    if turn.went:
        return False
    ran_out = isinstance(turn.event, ev.KeysCollected) and turn.event.digits is None
    if ran_out and isinstance(planned, Silent):
        return False
    return ran_out or (isinstance(turn.event, ev.NobodyFree) and not isinstance(planned, NobodyFree))


async def all_together(stage: Stage, tasks: Sequence[Task], at_once: int) -> list[Report]:
    """Every task, the longest first, `at_once` calls in parallel."""
    free = asyncio.Semaphore(at_once)

    async def one(task: Task) -> Report:
        async with free:
            return await CallerRobot(stage, task).calls()

    ordered = sorted(tasks, key=lambda task: -task.walk.seconds)
    return list(await asyncio.gather(*(one(task) for task in ordered)))
