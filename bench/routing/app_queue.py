"""PURE: a model of Asterisk's app_queue on virtual time, after its source (22: is_our_turn, calc_metric, ring_one, …).

A model, not the thing: it has what decides who is rung when, and none of the sound. The friendliest configuration is
assumed: one queue a category, `autofill=yes`, `ringinuse=no` with device states that are always right, shared_lastcall,
`timeout=20`, `retry=1`, wrap-up by `wrapuptime`, members who only count as having taken the call once they pressed 1
(as Local channels with Dial's U() make it), added and removed when their shifts begin and end.

What follows from the source and not from the manual: waiting callers look once a second (RECHECK), each at its own
fraction of it; a member who does not answer keeps the place in the order, so `leastrecent` and `fewestcalls` ring the
same phone again for the next caller; `rrmemory` keeps its place modulo 1,000; with `ringall` only the first caller in
the queue is ever served.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.routing.crowd import Answer, Crowd, Patient, Volunteer, answer
from bench.routing.day import DAY_SECONDS, Day
from bench.routing.tally import Tally, hours_on_duty
from bench.routing.virtual_time import VirtualTime

STRATEGIES = ("ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear")
RECHECK = 1.0
RETRY = 1.0
_LEAST_LEFT_TO_RING = 0.5  # seconds of `timeout` that must be left for another member to be rung
# What app_queue's priorities would be given by the dialplan: who goes before whom, a smaller number first.
_URGENCY = {"red_flag": 0, "transfer": 1, "pregnant": 2, "child": 3, "follow_up": 3}


@dataclass(eq=False)
class Member:
    """A doctor as app_queue knows one. `place` breaks ties between equal members, as its hash table's order does."""

    volunteer: Volunteer
    place: float
    state: str = "free"  # free | ringing | talking
    calls: int = 0
    last_call: float = -1.0  # end of the last talk; -1: none
    on_duty: bool = False
    rung: dict[int, int] = field(default_factory=dict)  # how often by patient


@dataclass(eq=False)
class Caller:
    """A caller in a queue. `pending`: members are being rung for it."""

    patient: Patient
    joined: float
    leaves_at: float
    talk: float
    pending: bool = False
    looks: bool = False  # a look has been scheduled
    gone: bool = False
    again: bool = False  # was talking already
    next_position: int = 0  # linpos

    @property
    def urgency(self) -> int:
        return _URGENCY.get("transfer" if self.again else self.patient.priority, 9)

    @property
    def phase(self) -> float:
        """At which fraction of a second it looks."""
        return self.joined % RECHECK


@dataclass(eq=False)
class Queue:
    members: list[Member] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    next_position: int = 0  # rrpos


class AppQueue:
    """One strategy's day."""

    def __init__(self, day: Day, crowd: Crowd, strategy: str) -> None:
        self.tally = Tally(f"app_queue {strategy}")
        self._day, self._crowd, self._strategy = day, crowd, strategy
        self._time = VirtualTime(-2.0)
        self._dice = random.Random(crowd.seed)
        self._queues: dict[str, Queue] = {}
        self._waiting = 0

    def run(self) -> Tally:
        """Live the day."""
        shifts = {}
        for volunteer in self._crowd.volunteers:
            if volunteer.shift:
                member = Member(volunteer, self._dice.random())
                self._time.at(volunteer.shift[0], _with(self._begin, member))
                self._time.at(volunteer.shift[1], _with(self._leave, member))
                if volunteer.shift[0] < DAY_SECONDS:
                    shifts[volunteer.id] = volunteer.shift
                    self.tally.calls_of[volunteer.id] = 0
        for patient in self._crowd.patients:
            self._time.at(patient.at, _with(self._arrive, patient))
        self._time.run()
        self.tally.hours_of = hours_on_duty(shifts, DAY_SECONDS)
        return self.tally

    # --- members ------------------------------------------------------------------------------------------------

    def _begin(self, member: Member) -> None:
        member.on_duty = True
        for name in member.volunteer.practice:
            self._queue(name).members.append(member)
        self._available(member)

    def _leave(self, member: Member) -> None:
        member.on_duty = False
        for name in member.volunteer.practice:
            self._queue(name).members.remove(member)

    def _queue(self, name: str) -> Queue:
        return self._queues.setdefault(name, Queue())

    def _can_be_rung(self, member: Member) -> bool:
        rested = member.last_call < 0 or self._time.now - member.last_call >= self._day.wrap_up_seconds
        return member.on_duty and member.state == "free" and rested

    def _freed(self, member: Member) -> None:
        """Not rung or talking any more; perhaps wrapping up still."""
        member.state = "free"
        wrap_up_ends = member.last_call + self._day.wrap_up_seconds if member.last_call >= 0 else 0.0
        if wrap_up_ends > self._time.now:
            self._time.at(wrap_up_ends, _with(self._available, member))
        else:
            self._available(member)

    def _available(self, member: Member) -> None:
        for name in member.volunteer.practice:
            self._let_look(self._queue(name))

    # --- callers ------------------------------------------------------------------------------------------------

    def _arrive(self, patient: Patient) -> None:
        self._join(Caller(patient, patient.at, patient.at + patient.leaves_after, patient.talk))

    def _join(self, caller: Caller) -> None:
        self._time.at(caller.leaves_at, _with(self._give_up, caller))
        queue = self._queue_of(caller)
        self._waiting += 1
        self.tally.most_waiting = max(self.tally.most_waiting, self._waiting)
        place = next((i for i, other in enumerate(queue.callers) if other.urgency > caller.urgency), len(queue.callers))
        queue.callers.insert(place, caller)
        self._look(queue, caller)

    def _queue_of(self, caller: Caller) -> Queue:
        """The dialplan's: nobody there (joinempty=no) and the general doctors' queue stands in."""
        queue = self._queue(caller.patient.category)
        return queue if queue.members or queue.callers else self._queue("general")

    def _give_up(self, caller: Caller) -> None:
        if caller.gone:
            return
        caller.gone = True
        self._out(caller)
        if not caller.again:
            asked = caller.patient.asks_after <= caller.patient.patience
            self.tally.end(caller.patient.index, "callback" if asked else "left")
            if not asked:
                self.tally.left_after.append(self._time.now - caller.joined)

    def _out(self, caller: Caller) -> None:
        self._waiting -= 1
        for queue in self._queues.values():
            if caller in queue.callers:
                queue.callers.remove(caller)
                self._let_look(queue)

    # --- whose turn it is ---------------------------------------------------------------------------------------

    def _let_look(self, queue: Queue) -> None:
        """Something changed: who may have their turn now finds out at the next look of their own."""
        if not queue.callers:
            return
        for caller in self._in_reach(queue):
            if not caller.looks:
                caller.looks = True
                behind = (self._time.now - caller.phase) % RECHECK
                self._time.after(RECHECK - behind, lambda caller=caller: self._look_again(queue, caller))  # type: ignore[misc]

    def _look_again(self, queue: Queue, caller: Caller) -> None:
        caller.looks = False
        if not caller.gone and not caller.pending:
            self._look(queue, caller)

    def _look(self, queue: Queue, caller: Caller) -> None:
        if caller in self._in_reach(queue):
            self._try(queue, caller)

    def _in_reach(self, queue: Queue) -> list[Caller]:
        """is_our_turn: the callers, none of them pending, who are within the number of available members."""
        available = self._count(queue)
        found: list[Caller] = []
        for caller in queue.callers:
            if len(found) >= available:
                break
            if caller.pending:
                if self._strategy == "ringall":
                    break  # the first caller is being served, and ringall serves nobody else
                continue
            found.append(caller)
        return found

    def _count(self, queue: Queue) -> int:
        """num_available_members: with ringall one is as good as many."""
        if self._strategy == "ringall":
            return int(any(self._can_be_rung(member) for member in queue.members))
        return sum(1 for member in queue.members if self._can_be_rung(member))

    # --- ringing ------------------------------------------------------------------------------------------------

    def _try(self, queue: Queue, caller: Caller) -> None:
        """try_calling: an attempt lasts `timeout` seconds at most, over all the members it rings."""
        caller.pending = True
        if self._strategy == "ringall":
            self._ring_all(queue, caller)
        else:
            self._ring_next(queue, caller, set(), self._time.now + self._day.ring_seconds)

    def _ring_next(self, queue: Queue, caller: Caller, tried: set[int], until: float) -> None:
        if caller.gone:
            return
        member = self._best(queue, caller, tried)
        if member is None or until - self._time.now <= _LEAST_LEFT_TO_RING:
            self._wait_to_retry(queue, caller)
            return
        tried.add(member.volunteer.index)
        said = self._ring(member, caller.patient)
        self._remember(queue, caller, member)
        ends = min(self._time.now + said.after, until)
        kind = said.kind if self._time.now + said.after <= until else "no_answer"

        def answered() -> None:
            if caller.gone:
                self.tally.offers["withdrawn"] += 1
            elif kind == "accepted":
                self.tally.offers["accepted"] += 1
                self._talk(caller, member)
                return
            else:
                self.tally.offers[kind] += 1
            self._freed(member)
            if not caller.gone:
                if kind == "no_answer":
                    self._wait_to_retry(queue, caller)
                else:
                    self._ring_next(queue, caller, tried, until)

        # Whoever hangs up meanwhile stops the phone at once.
        self._time.at(min(ends, caller.leaves_at), answered)

    def _ring_all(self, queue: Queue, caller: Caller) -> None:
        rung = [member for member in queue.members if self._can_be_rung(member)]
        answers = [(member, self._ring(member, caller.patient)) for member in rung]
        accepted = min(((said.after, m.place, m) for m, said in answers if said.kind == "accepted"), default=None)
        within = accepted is not None and accepted[0] <= self._day.ring_seconds
        lasts = accepted[0] if accepted is not None and within else self._day.ring_seconds
        winner = accepted[2] if accepted is not None and within else None

        def over() -> None:
            taken = winner is not None and not caller.gone
            for member, said in answers:
                if member is not winner or not taken:
                    kind = said.kind if said.after <= lasts and said.kind != "accepted" else "withdrawn"
                    self.tally.offers[kind] += 1
            if taken and winner is not None:
                self.tally.offers["accepted"] += 1
                self._talk(caller, winner)
            for member in rung:
                if not (taken and member is winner):
                    member.state = "free"
            for name in {name for member in rung for name in member.volunteer.practice}:
                self._let_look(self._queue(name))
            if not taken and not caller.gone:
                self._wait_to_retry(queue, caller)

        self._time.at(min(self._time.now + lasts, caller.leaves_at), over)

    def _ring(self, member: Member, patient: Patient) -> Answer:
        member.state = "ringing"
        nth = member.rung.get(patient.index, 0)
        member.rung[patient.index] = nth + 1
        return answer(self._crowd, member.volunteer, patient, self._time.now, self._day.ring_seconds, nth)

    def _wait_to_retry(self, queue: Queue, caller: Caller) -> None:
        """wait_a_bit: then the caller has to wait for its turn as everybody."""

        def again() -> None:
            caller.pending = False
            if not caller.gone:
                self._look(queue, caller)
                self._let_look(queue)

        self._time.after(RETRY, again)

    def _talk(self, caller: Caller, member: Member) -> None:
        member.state = "talking"
        caller.gone = True  # of the queue
        patient = caller.patient
        if not caller.again:
            self.tally.end(patient.index, "talk")
            self.tally.waits.append(self._time.now - caller.joined)
        self.tally.talks += 1
        self.tally.calls_of[member.volunteer.id] = self.tally.calls_of.get(member.volunteer.id, 0) + 1
        self.tally.own_language += patient.language in member.volunteer.languages
        self._out(caller)
        breaks_off = patient.cut_off < 1.0 and not caller.again
        lasts = caller.talk * (patient.cut_off if breaks_off else 1.0)

        def ended() -> None:
            member.calls += 1
            member.last_call = self._time.now
            self._freed(member)
            if breaks_off:  # the dialplan goes on behind Queue(): into it again, at its end
                now = self._time.now
                self._join(Caller(patient, now, now + patient.patience, caller.talk - lasts, again=True))

        self._time.after(lasts, ended)

    # --- who is rung next ---------------------------------------------------------------------------------------

    def _best(self, queue: Queue, caller: Caller, tried: set[int]) -> Member | None:
        """find_best over calc_metric's numbers: the lowest, of equals the first of the list."""
        if self._strategy == "random":
            free = [m for m in queue.members if self._can_be_rung(m) and m.volunteer.index not in tried]
            return self._dice.choice(free) if free else None
        best: Member | None = None
        lowest = (math.inf, math.inf)
        for position, member in enumerate(queue.members):
            if member.volunteer.index in tried or not self._can_be_rung(member):
                continue
            metric = (self._metric(queue, caller, position, member), member.place)
            if metric < lowest:
                best, lowest = member, metric
        return best

    def _metric(self, queue: Queue, caller: Caller, position: int, member: Member) -> float:
        if self._strategy == "fewestcalls":
            return member.calls
        if self._strategy == "leastrecent":
            return 0 if member.last_call < 0 else 1_000_000 - int(self._time.now - member.last_call)
        start = caller.next_position if self._strategy == "linear" else queue.next_position
        return 1000 + position if position < start else position

    def _remember(self, queue: Queue, caller: Caller, member: Member) -> None:
        """store_next_rr and store_next_lin: the place after the one that was rung, modulo 1,000."""
        after = queue.members.index(member) + 1
        after = after % 1000 if after < len(queue.members) else 0
        if self._strategy == "rrmemory":
            queue.next_position = after
        elif self._strategy == "linear":
            caller.next_position = after


def _with(work: Callable[..., None], *arguments: object) -> Callable[[], None]:
    return lambda: work(*arguments)


def days_of(day: Day, crowd: Crowd, strategies: Iterable[str] = STRATEGIES) -> list[Tally]:
    """The same day once for each strategy."""
    return [AppQueue(day, crowd, strategy).run() for strategy in strategies]
