"""PURE: free doctors and waiting calls, kept so that a decision looks at few of them; `policy.rank` is what it means.

Both directions are quick: the best doctor for a call (the first of each group, in the classes with the most points) and
the best call for a doctor who has become free (the first of each queue the doctor serves). What happens is told once;
after that only those calls and doctors are looked at for whom something has changed.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.frozen import replace
from routing.groups import Group, Order, Place, Reach, Want, WantKey, want_key
from routing.model import DoctorSnapshot, Exclusion, NobodyFree, Scored, WaitingCall
from routing.policy import in_turn, nobody, score
from routing.rules import DEFAULT_RULES, RoutingRules
from routing.score import preferred_of, preferred_points, profile_points, standing_points, suits
from routing.staff import Person, Staff
from routing.strict import WORTH_WAITING_FOR, Look, phone_for

_Best = tuple[float, float, str]  # minus the points, standing, id: the smallest is rung


@dataclass(frozen=True)
class Decision:
    """What is to be done for a call, and how many doctors each rule kept from it."""

    call: WaitingCall
    answer: Scored | NobodyFree
    excluded: Mapping[Exclusion, int]


@dataclass(eq=False)
class _Waiting:
    call: WaitingCall
    want: Want
    order: Order
    parallel: int


class Pool:
    """Who is free and who waits. Used by one thread; every method is told the moment, none asks a clock."""

    def __init__(self, rules: RoutingRules = DEFAULT_RULES) -> None:
        self.rules = rules
        self._staff = Staff(rules)
        self._wants: dict[WantKey, Want] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._to_look: dict[str, None] = {}
        self._moments: list[tuple[float, str]] = []
        self._turn = 0  # of those that are looked at again
        self._at: datetime | None = None

    # --- doctors --------------------------------------------------------------------------------------------------

    def put(self, doctor: DoctorSnapshot, at: datetime) -> bool:
        """The doctor is like this now; whether that is news."""
        return self._staff.put(doctor, at)

    def drop(self, doctor_id: str) -> None:
        """The doctor is not there any more."""
        self._staff.drop(doctor_id)

    def take(self, doctor_id: str, seat: str, at: datetime) -> None:
        """The doctor turned out to be somebody else's."""
        self._staff.take(doctor_id, seat, at)

    def doctor(self, doctor_id: str) -> DoctorSnapshot | None:
        """The doctor as known."""
        person = self._staff.people.get(doctor_id)
        return None if person is None else person.doctor

    @property
    def doctors(self) -> Mapping[str, DoctorSnapshot]:
        """Everybody as known, by id: a copy."""
        return {id: person.doctor for id, person in self._staff.people.items()}

    @property
    def size(self) -> int:
        """How many doctors there are."""
        return len(self._staff.people)

    # --- calls ----------------------------------------------------------------------------------------------------

    def add(self, call: WaitingCall, at: datetime) -> None:
        """The call waits; adding it again replaces what is known of it."""
        self.remove(call.call_id)
        parallel = self.rules.ring.parallel(call.line, call.skills or (call.category,), call.priority)
        self._waiting[call.call_id] = waiting = _Waiting(call, self._want(call), _order(call), parallel)
        insort(waiting.want.queue, waiting.order)
        self._look_at(call, at)

    def remove(self, call_id: str) -> None:
        """The call waits no longer."""
        self._to_look.pop(call_id, None)
        if (waiting := self._waiting.pop(call_id, None)) is not None:
            queue = waiting.want.queue
            del queue[bisect_left(queue, waiting.order)]

    def call(self, call_id: str) -> WaitingCall | None:
        """The waiting call as known, with the doctors whose phones ring for it."""
        waiting = self._waiting.get(call_id)
        return None if waiting is None else waiting.call

    @property
    def calls(self) -> list[WaitingCall]:
        """Who waits, in the order in which they are served."""
        return sorted((waiting.call for waiting in self._waiting.values()), key=in_turn)

    # --- decisions ------------------------------------------------------------------------------------------------

    def advance(self, at: datetime) -> None:
        """The clock shows `at`."""
        if self._at is not None and at < self._at:
            # Set back: moments that had passed, and were forgotten, are still to come.
            for waiting in self._waiting.values():
                self._look_at(waiting.call, at)
        self._at = at
        self._staff.advance(at)
        while self._moments and self._moments[0][0] <= at.timestamp():
            _, call_id = heapq.heappop(self._moments)
            if call_id in self._waiting:
                self._to_look[call_id] = None
        for want in self._wants.values():
            if want.staff_changed:
                want.staff_changed = False
                self._to_look.update((order[-1], None) for order in want.queue)

    def look_again(self, most: int) -> None:
        """The next decision looks at so many of the calls, in turn, although nothing is known to have changed."""
        ids = list(self._waiting)
        for step in range(min(most, len(ids))):
            self._to_look[ids[(self._turn + step) % len(ids)]] = None
        self._turn += most

    @property
    def next_moment(self) -> float | None:
        """When the clock changes something next, seconds since 1970; None: not in sight."""
        moments = [self._staff.next_moment, self._moments[0][0] if self._moments else None]
        return min((moment for moment in moments if moment is not None), default=None)

    def decide(self, at: datetime, most: int = 50) -> list[Decision]:
        """What is to be done since something changed, at most so many offers; [] when there is nothing.

        By priority and then by place, but for whom no phone rings yet goes before whom one does. A doctor who is chosen
        counts as taken, and as rung for the call, from here on: the claim is still to be made. NobodyFree is for calls
        for which no phone rings.
        """
        self.advance(at)
        decisions: list[Decision] = []
        for waiting in self._in_turn(at):
            answer = self.best(waiting.call, at)
            if isinstance(answer, NobodyFree):
                if not waiting.call.offered:
                    decisions.append(Decision(waiting.call, answer, {}))
                continue
            excluded = self.excluded(waiting.call, at)
            self._offer(waiting, answer, at)
            decisions.append(Decision(waiting.call, answer, excluded))
            if len(decisions) >= most:
                break
        return decisions

    def best(self, call: WaitingCall, at: datetime) -> Scored | NobodyFree:
        """Whom to ring for the call: what `policy.rank` says, without looking at everybody."""
        look, reach = Look(at, self.rules), self._want(call).reach
        people = self._staff.people
        found = None if self._is_held(call, reach, look) else self._first(call, reach, look)
        if found is None:
            said_no = sum(id in people and self._is_staff(people[id], reach) for id in call.declined_by)
            return nobody(reach.staff, reach.staff - said_no)
        doctor = people[found].doctor
        seat = phone_for(doctor, call, self._staff.seats)
        assert seat is not None
        return score(doctor, call, seat, look)

    def best_call(self, doctor_id: str, at: datetime) -> WaitingCall | None:
        """The first of those who wait for whom this doctor, who is free, may be rung."""
        person = self._staff.people.get(doctor_id)
        found = None if person is None else self._first_call(person, Look(at, self.rules))
        return None if found is None else self._waiting[found[-1]].call

    def excluded(self, call: WaitingCall, at: datetime) -> dict[Exclusion, int]:
        """How many doctors each rule keeps from the call; who shares a telephone that is in use is not counted."""
        look, reach = Look(at, self.rules), self._want(call).reach
        counts = reach.excluded.copy()
        for id in {*call.declined_by, *call.tried, *call.offered}:
            person = self._staff.people.get(id)
            if person is None or person.place is None or reach not in person.group.inside:
                continue
            if trouble := look.trouble_with(person.doctor, call):
                counts[trouble] += 1
        return {exclusion: count for exclusion, count in counts.items() if count}

    def staff_of(self, call: WaitingCall) -> int:
        """How many on duty could in principle take the call."""
        return self._want(call).reach.staff

    # --- how --------------------------------------------------------------------------------------------------------

    def _look_at(self, call: WaitingCall, at: datetime) -> None:
        """The next decision looks at the call, and so do those after the moments that change something for it."""
        self._to_look[call.call_id] = None
        moments = [last + timedelta(seconds=self.rules.rest_after_no_answer) for last in call.tried.values()]
        if preferred_of(call, at):
            moments.append(Look(at, self.rules).held_until(call))
        for moment in moments:
            if moment > at:
                heapq.heappush(self._moments, (moment.timestamp(), call.call_id))

    def _want(self, call: WaitingCall) -> Want:
        key = want_key(call)
        want = self._wants.get(key)
        if want is None:
            want = self._wants[key] = Want(call)
            self._staff.know(want)
            want.staff_changed = False
        return want

    def _in_turn(self, at: datetime) -> Iterator[_Waiting]:
        """The calls to be looked at, also those that a freed doctor may be rung for, in order, as things are then."""
        look, freed = Look(at, self.rules), self._staff.freed
        if len(freed) > len(self._waiting):
            # Cheaper the other way round.
            freed.clear()
            self._to_look.update((call_id, None) for call_id in self._waiting)
        heap = [self._waiting[call_id].order for call_id in self._to_look]
        heap.sort()
        suits_now: dict[str, str] = {}  # the call that a freed doctor may be rung for, by doctor
        while True:
            for doctor_id in [id for id in freed if id not in suits_now]:
                order = self._first_call(self._staff.people[doctor_id], look)
                if order is None:
                    del freed[doctor_id]
                else:
                    suits_now[doctor_id] = order[-1]
                    if order[-1] not in self._to_look:
                        self._to_look[order[-1]] = None
                        heapq.heappush(heap, order)
            if not heap:
                return
            order = heapq.heappop(heap)
            waiting = self._waiting.get(order[-1])
            if waiting is None or waiting.order != order or order[-1] not in self._to_look:
                continue
            rings = len(waiting.call.offered)
            if rings < waiting.parallel:
                yield waiting
            for doctor_id in [id for id, call_id in suits_now.items() if call_id == order[-1]]:
                del suits_now[doctor_id]
                if len(waiting.call.offered) == rings:
                    freed.pop(doctor_id, None)
            if len(waiting.call.offered) == rings or len(waiting.call.offered) >= waiting.parallel:
                del self._to_look[order[-1]]
            else:
                heapq.heappush(heap, waiting.order)

    def _offer(self, waiting: _Waiting, chosen: Scored, at: datetime) -> None:
        queue, call = waiting.want.queue, waiting.call
        del queue[bisect_left(queue, waiting.order)]
        waiting.call = replace(call, offered=call.offered | {chosen.doctor_id})
        waiting.order = _order(waiting.call)
        insort(queue, waiting.order)
        self._staff.take(chosen.doctor_id, chosen.seat, at)

    def _first(self, call: WaitingCall, reach: Reach, look: Look) -> str | None:
        """The doctor with the most points among those who may be rung."""
        step = self.rules.step((look.at - call.waiting_since).total_seconds())
        classes = [(profile_points(suited, step, self.rules), groups) for suited, groups in reach.classes(call)]
        classes.sort(key=lambda each: -each[0])
        best = self._preferred(call, reach, step, look)
        for points, groups in classes:
            if best is not None and points + self.rules.points.idle < -best[0]:
                break
            place = self._first_of(groups, call, look)
            if place is not None:
                found = self._worth(points, place, call, look)
                best = found if best is None else min(best, found)
        return None if best is None else best[-1]

    def _preferred(self, call: WaitingCall, reach: Reach, step: int, look: Look) -> _Best | None:
        person = self._staff.people.get(preferred_of(call, look.at))
        if person is None or person.place is None or reach not in person.group.inside:
            return None
        if not self._may_be_rung(person, call, look):
            return None
        return self._worth(profile_points(suits(person.group, call), step, self.rules), person.place, call, look)

    def _worth(self, points: float, place: Place, call: WaitingCall, look: Look) -> _Best:
        preferred = preferred_points(place[1], call, look.at, self.rules)
        return (-(points + preferred + standing_points(place[0], look.at, self.rules)), *place)

    def _first_of(self, groups: Iterable[Group], call: WaitingCall, look: Look) -> Place | None:
        """Who stands first in these groups, among those who may be rung."""
        people = self._staff.people
        first = min((group.free[0] for group in groups if group.free), default=None)
        if first is None or self._may_be_rung(people[first[1]], call, look):
            return first
        places = heapq.merge(*(group.free for group in groups if group.free))
        return next((place for place in places if self._may_be_rung(people[place[1]], call, look)), None)

    def _may_be_rung(self, person: Person, call: WaitingCall, look: Look) -> bool:
        """Whether a free doctor of the right kind may be rung for this very call."""
        if look.trouble_with(person.doctor, call) is not None:
            return False
        return phone_for(person.doctor, call, self._staff.seats) is not None

    def _first_call(self, person: Person, look: Look) -> Order | None:
        if person.place is None:
            return None
        first: Order | None = None
        for reach in person.group.inside:
            if reach is reach.want.reach:
                for order in reach.want.queue:
                    if first is not None and order >= first:
                        break
                    waiting = self._waiting[order[-1]]
                    if order[0] < waiting.parallel and self._would_take(person, waiting.call, reach, look):
                        first = order
                        break
        return first

    def _would_take(self, person: Person, call: WaitingCall, reach: Reach, look: Look) -> bool:
        return self._may_be_rung(person, call, look) and not self._is_held(call, reach, look)

    def _is_held(self, call: WaitingCall, reach: Reach, look: Look) -> bool:
        """Whether the call waits for its preferred doctor, who is busy."""
        person = self._staff.people.get(preferred_of(call, look.at))
        return (
            person is not None
            and self._is_staff(person, reach)
            and person.trouble in WORTH_WAITING_FOR
            and look.holds_for(person.doctor.id, call)
        )

    def _is_staff(self, person: Person, reach: Reach) -> bool:
        return person.on_duty and reach in person.group.inside


def _order(call: WaitingCall) -> Order:
    priority, since, call_id = in_turn(call)
    return (len(call.offered), priority, since.timestamp(), call_id)
