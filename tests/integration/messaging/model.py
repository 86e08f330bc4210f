"""Two messengers, two gateways, deaths and clocks in any order: the machine that hypothesis drives, and what must hold.

The model beside it is the plain truth that nobody in the helpline can see: how often a provider took each message.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Message, MessageEvent
from config.wakeup import WakeUp
from messaging.gateways import (
    Accepted,
    CannotTell,
    InDoubt,
    LookedUp,
    NotThere,
    Outcome,
    OutgoingSms,
    Receipt,
    Rejected,
)
from messaging.outbox import enqueue, send_again
from messaging.receipts import record as record_receipt
from messaging.rules import MessagingRules
from messaging.sending import LONGEST_SEND_SECONDS, Lane
from messaging.worker import Messenger
from tests.integration.messaging.fakes import PLENTY, InlinePool

START = datetime(2021, 4, 30, 8, 0, tzinfo=UTC)
NODES = ("one", "two")
FINAL = frozenset({"sent", "delivered", "failed", "unknown", "expired", "refused"})
# What a provider does with a message. A capital letter: it takes it.
LOST = ("Take and lose", "Die after", "Slow lost", "Stopped")
ANSWERS = ("Accept", "lose", "busy", "away", "refuse", "die before", "Slow", *LOST)
LIST_LAGS = 30.0  # seconds until a message that was taken is in the provider's list


nodes = st.sampled_from(NODES)
pauses = st.sampled_from([1.0, 4.0, 20.0, 20.0, 31.0, 76.0, 76.0, 130.0, 4000.0])

settings = st.sampled_from([0, 0, 0, -4000, -100, 100, 4000])  # of the clock


class Killed(BaseException):
    """kill -9: nothing of the process's memory is left."""


class Provider:
    """`taken`: how often, since the last time that a person wanted it sent. Times are the world's."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self._world = world
        self.script: deque[str] = deque()
        self.can_tell: deque[bool] = deque()
        self.listed: list[tuple[str, str, float]] = []  # provider's id, ours, when

    def send(self, sms: OutgoingSms) -> Outcome:
        does = self.script.popleft() if self.script else "Accept"
        if does == "die before":
            raise Killed
        if does.startswith("Slow"):
            self._world.meanwhile(LONGEST_SEND_SECONDS)
        provider_id = self._take(sms) if does[0].isupper() else ""
        if does == "Stopped":  # the process is, for minutes, when it has its answer and before it goes on
            for seconds in (150.0, 30.0, 80.0):
                self._world.meanwhile(seconds)
        match does:
            case "Die after":
                raise Killed
            case "Take and lose" | "lose" | "Slow lost":
                return InDoubt("time-out")
            case "busy" | "away":
                return Rejected(does, final=False, unwell=does == "away")
            case "refuse":
                return Rejected("no such number", final=True)
        return Accepted(provider_id)

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        if self.can_tell and not self.can_tell.popleft():
            return CannotTell("away")
        now = self._world.seconds
        for provider_id, message_id, taken_at in self.listed:
            # As with real ones: by what the message looks like and by when, which is the helpline's own idea of time.
            if message_id == sms.message_id and provider_id not in known and now - taken_at >= LIST_LAGS:
                return Accepted(provider_id)
        return NotThere()

    def close(self) -> None:
        pass

    def _take(self, sms: OutgoingSms) -> str:
        provider_id = f"{self.name}-{len(self.listed)}"
        self.listed.append((provider_id, sms.message_id, self._world.seconds))
        self._world.taken[sms.message_id] += 1
        return provider_id


class World:
    """The true time, the clock's error, who took what."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.error = timedelta()
        self.taken: Counter[str] = Counter()
        self.meanwhile: Callable[[float], None] = lambda seconds: None

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.seconds) + self.error

    def boot_clock(self) -> float:
        return self.seconds


class Messaging(RuleBasedStateMachine):
    """A subclass names the database."""

    database: Database
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        with self.database.writing() as session:
            session.execute(delete(Message))
            session.execute(delete(MessageEvent))
        self.world = World()
        self.providers = [Provider("first", self.world), Provider("second", self.world)]
        self.settled = MessagingRules()
        self.dies_recording: set[str] = set()
        self.messengers = {node: self._new(node) for node in NODES}
        self.promised = 0
        self.depth = 0

    # --- what may happen ---

    @rule(count=st.integers(1, 3), lasts=st.sampled_from([None, 30, 600]))
    def promise(self, count: int, lasts: int | None) -> None:
        at = self.world.clock()
        with self.database.writing() as session:
            for _ in range(count):
                self.promised += 1
                enqueue(
                    session,
                    purpose="otp",
                    recipient=f"+9198765{self.promised % 3:05d}",
                    key=str(self.promised),
                    template="callback_registered",
                    language="en",
                    variables={},
                    call_id=None,
                    rules=self.settled,
                    expires_at=at + timedelta(seconds=lasts) if lasts else None,
                    at=at,
                )

    @rule(
        node=nodes,
        seconds=pauses,
        first=st.lists(st.sampled_from(ANSWERS), max_size=3),
        second=st.lists(st.sampled_from(ANSWERS), max_size=2),
        can_tell=st.lists(st.booleans(), max_size=2),
        dies_recording=st.integers(0, 7).map(lambda number: number == 7),
    )
    def go_on(
        self,
        node: str,
        seconds: float,
        first: list[str],
        second: list[str],
        can_tell: list[bool],
        dies_recording: bool,
    ) -> None:
        self.world.seconds += seconds
        self.providers[0].script, self.providers[1].script = deque(first), deque(second)
        for provider in self.providers:
            provider.can_tell = deque(can_tell)
        if dies_recording:
            self.dies_recording.add(node)
        self._run(node)
        self.dies_recording.clear()

    @rule(node=nodes, answer=st.sampled_from(LOST), then=st.lists(st.tuples(nodes, pauses, settings), max_size=5))
    def an_answer_is_lost_and_what_follows(self, node: str, answer: str, then: list[tuple[str, float, int]]) -> None:
        self.promise(2, None)
        self.go_on(node, 0.0, [answer], [], [], dies_recording=False)
        for another, seconds, error in then:
            self.world.error += timedelta(seconds=error)
            self.go_on(another, seconds, [], [], [], dies_recording=False)

    @rule(node=nodes)
    def restart(self, node: str) -> None:
        self.messengers[node] = self._new(node)

    @rule(seconds=settings)
    def somebody_sets_the_clock(self, seconds: int) -> None:
        self.world.error += timedelta(seconds=seconds)

    @rule()
    def a_person_sends_again_what_failed_or_nobody_knows(self) -> None:
        for message in self._messages():
            if message.state in ("failed", "unknown"):
                with self.database.writing() as session:
                    assert send_again(session, message.id, "staff-1", self.world.clock())
                self.world.taken[message.id] = 0

    @rule(state=st.sampled_from(["on_its_way", "delivered"]), provider=st.integers(0, 1), with_our_id=st.booleans())
    def receipts_come(self, state: str, provider: int, with_our_id: bool) -> None:
        gateway = self.providers[provider]
        for provider_id, message_id, _ in gateway.listed[-2:]:
            receipt = Receipt(provider_id, state, message_id=message_id if with_our_id else "")  # type: ignore[arg-type]
            with self.database.writing() as session:
                record_receipt(session, gateway.name, receipt, self.world.clock(), lambda session, message: None)

    # --- what must hold ---

    @invariant()
    def nobody_gets_a_message_twice_without_a_persons_decision(self) -> None:
        assert all(times <= 1 for times in self.world.taken.values()), self.world.taken

    @invariant()
    def what_is_said_to_have_failed_was_not_sent_and_what_is_said_to_be_sent_was(self) -> None:
        for message in self._messages():
            taken = self.world.taken[message.id]
            assert message.state not in ("failed", "expired") or not taken, message.state
            assert message.state not in ("sent",) or taken or self._ever_taken(message.id), message.state

    def teardown(self) -> None:
        """The world is well again, nobody decides anything any more: every message comes to an end."""
        self.world.error = timedelta()
        for provider in self.providers:
            provider.script.clear()
            provider.can_tell.clear()
        for _ in range(14):
            for node in NODES:
                self._run(node)
            self.world.seconds += 400
        states = {message.state for message in self._messages()}
        assert states <= FINAL, states
        self.nobody_gets_a_message_twice_without_a_persons_decision()
        self.what_is_said_to_have_failed_was_not_sent_and_what_is_said_to_be_sent_was()

    # --- the machinery ---

    def _new(self, node: str) -> Messenger:
        lanes = [
            Lane(provider, PLENTY, threads=2, pool=InlinePool(), clock=self.world.boot_clock)
            for provider in self.providers
        ]

        def on_change(session: Session, message: Message) -> None:
            if node in self.dies_recording:
                raise Killed

        wake_up = WakeUp(self.database, self.folder)
        return Messenger(self.database, lanes, wake_up, self.settled, on_change, self.world.clock, node)

    def _run(self, node: str) -> None:
        other = NODES[1 - NODES.index(node)]
        before, self.world.meanwhile = self.world.meanwhile, lambda seconds: self._while_it_sends(other, seconds)
        try:
            self.messengers[node].run_once()
        except Killed:
            self.messengers[node] = self._new(node)
        finally:
            self.world.meanwhile = before

    def _while_it_sends(self, other: str, seconds: float) -> None:
        self.world.seconds += seconds
        if self.depth < 1:
            self.depth += 1
            self._run(other)
            self.depth -= 1

    def _messages(self) -> list[Message]:
        with self.database.reading() as session:
            return list(session.scalars(select(Message)))

    def _ever_taken(self, message_id: str) -> bool:
        return any(ours == message_id for provider in self.providers for _, ours, _ in provider.listed)
