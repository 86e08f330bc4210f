"""PURE: all doctors as known, each in its group, kept up to date by what happens and by the clock.

What the clock changes (a wrap-up ends, a window opens, duty is over) stands in a heap of moments, so that nobody is
looked at again before there is a reason.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from config.frozen import replace
from routing.groups import Group, Place, ProfileKey, Reach, Want, profile_key
from routing.model import DoctorSnapshot, Exclusion
from routing.rules import RoutingRules
from routing.schedule import next_change, next_midnight
from routing.strict import Look

# A clock that is set back by more than this changes what holds for everybody.
_CLOCK_WAS_SET_BACK = timedelta(seconds=1)
_MOST_MOMENTS_A_DOCTOR = 4


@dataclass(eq=False)
class Person:
    """A doctor, where the doctor stands, and what is in the way. `due`: when the clock may change it."""

    doctor: DoctorSnapshot
    group: Group
    trouble: Exclusion | None = None
    on_duty: bool = False
    place: Place | None = None
    due: float = 0.0
    hours_due: datetime | None = None


class Staff:
    """The doctors. `freed` has those who have become free since somebody emptied it."""

    def __init__(self, rules: RoutingRules) -> None:
        self.rules = rules
        self.people: dict[str, Person] = {}
        self.groups: dict[ProfileKey, Group] = {}
        self.freed: dict[str, None] = {}
        self.seats: dict[str, str] = {}  # who has which telephone's line
        self._sharers: dict[str, set[str]] = {}  # of a number
        self._moments: list[tuple[float, str]] = []
        self._at: datetime | None = None
        self._wants: list[Want] = []

    # --- what happens ---------------------------------------------------------------------------------------------

    def put(self, doctor: DoctorSnapshot, at: datetime) -> bool:
        """The doctor is like this now; whether that is news."""
        person = self.people.get(doctor.id)
        if person is not None and person.doctor == doctor:
            return False
        self._at = at if self._at is None else max(at, self._at)
        if person is not None and profile_key(person.doctor) != profile_key(doctor):
            self.drop(doctor.id)
            person = None
        if person is None:
            person = self._enter(doctor)
        elif (before := person.doctor) is not doctor:
            if before.phones != doctor.phones:
                self._share(before, doctor)
            if (before.schedule, before.zone, before.night) != (doctor.schedule, doctor.zone, doctor.night):
                person.hours_due = None
            self._sit(before, doctor)
            person.doctor = doctor
        self._settle(person, Look(at, self.rules))
        return True

    def drop(self, doctor_id: str) -> None:
        """The doctor is not there any more."""
        person = self.people.pop(doctor_id, None)
        if person is None:
            return
        self._stand(person, None)
        person.group.count(person.trouble, None, -int(person.on_duty))
        person.group.count_members(-1)
        self.freed.pop(doctor_id, None)
        self._share(person.doctor, None)
        self._sit(person.doctor, None)

    def take(self, doctor_id: str, seat: str, at: datetime) -> None:
        """The doctor is being claimed, or turned out to be somebody else's."""
        if (person := self.people.get(doctor_id)) is not None:
            self.put(replace(person.doctor, claimed=True, seat=seat), at)

    def advance(self, at: datetime) -> None:
        """The clock shows `at`: whatever it has changed holds from now on."""
        if self._at is not None and at < self._at - _CLOCK_WAS_SET_BACK:
            self._moments.clear()
            for person in self.people.values():
                person.due, person.hours_due = 0.0, None
                self._settle(person, Look(at, self.rules))
        self._at = at
        now, look = at.timestamp(), Look(at, self.rules)
        while self._moments and self._moments[0][0] <= now:
            due, doctor_id = heappop(self._moments)
            person_then = self.people.get(doctor_id)
            if person_then is not None and person_then.due == due:
                self._settle(person_then, look)

    @property
    def next_moment(self) -> float | None:
        """When the clock changes something next, seconds since 1970."""
        return self._moments[0][0] if self._moments else None

    def know(self, want: Want) -> None:
        """There is a kind of call that was not asked for until now."""
        self._wants.append(want)
        members: dict[Group, list[Person]] = {}
        for person in self.people.values():
            members.setdefault(person.group, []).append(person)
        for group in self.groups.values():
            for reach in _reaches(want):
                reach.add(group, _troubles(members.get(group, ())))

    # --- how it is kept -------------------------------------------------------------------------------------------

    def _enter(self, doctor: DoctorSnapshot) -> Person:
        key = profile_key(doctor)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(doctor.categories, doctor.languages, doctor.serves, doctor.gender)
            for want in self._wants:
                for reach in _reaches(want):
                    reach.add(group, iter(()))
        person = self.people[doctor.id] = Person(doctor, group)
        group.count_members(1)
        self._share(None, doctor)
        self._sit(None, doctor)
        return person

    def _settle(self, person: Person, look: Look) -> None:
        doctor = person.doctor
        trouble = look.duty_trouble(doctor)
        on_duty = trouble is None
        trouble = trouble or look.trouble_now(doctor)
        person.group.count(person.trouble, trouble, on_duty - person.on_duty)
        person.trouble, person.on_duty = trouble, on_duty
        self._stand(person, None if trouble else (look.standing(doctor), doctor.id))
        due = self._next_due(person, look)
        if due is not None and due != person.due:
            heappush(self._moments, (due, doctor.id))
        person.due = due or 0.0
        if len(self._moments) > 1000 + _MOST_MOMENTS_A_DOCTOR * len(self.people):
            self._moments = sorted((each.due, id) for id, each in self.people.items() if each.due)

    def _stand(self, person: Person, place: Place | None) -> None:
        if person.place == place:
            return
        free = person.group.free
        if person.place is not None:
            del free[bisect_left(free, person.place)]
            self.freed.pop(person.doctor.id, None)
        if place is not None:
            insort(free, place)
            self.freed[person.doctor.id] = None
        person.place = place

    def _next_due(self, person: Person, look: Look) -> float | None:
        doctor, at = person.doctor, look.at
        if not doctor.active or doctor.duty != "on":
            return None
        told = (doctor.duty_from, doctor.duty_until, doctor.free_since, doctor.cool_down_until)
        moments = [each for each in told if each is not None]
        if doctor.duty_until is None and (doctor.schedule is not None or not doctor.night):
            if person.hours_due is None or person.hours_due <= at:
                zone = doctor.zone or self.rules.zone
                person.hours_due = next_change(doctor.schedule, zone, at, None if doctor.night else self.rules.night)
            moments.append(person.hours_due)
        if doctor.day is not None and doctor.day >= look.today and (doctor.calls_today or doctor.seconds_today):
            moments.append(next_midnight(at, self.rules.zone))
        return min((each.timestamp() for each in moments if each > at), default=None)

    def _share(self, before: DoctorSnapshot | None, after: DoctorSnapshot | None) -> None:
        for phone in before.phones if before is not None else ():
            self._sharers.get(phone.number, set()).discard(before.id if before is not None else "")
        for phone in after.phones if after is not None else ():
            self._sharers.setdefault(phone.number, set()).add(after.id if after is not None else "")

    def _sit(self, before: DoctorSnapshot | None, after: DoctorSnapshot | None) -> None:
        """Keep who has which telephone; where one was given back, those who share it are as good as freed."""
        seat = before.seat if before is not None and before.claimed else ""
        wanted = after.seat if after is not None and after.claimed else ""
        if seat and seat != wanted and before is not None and self.seats.get(seat) == before.id:
            del self.seats[seat]
            sharers = self._sharers.get(seat.rsplit("/", 1)[0], ())
            self.freed.update((id, None) for id in sharers if id in self.people and self.people[id].place is not None)
        if wanted and after is not None:
            self.seats[wanted] = after.id


def _reaches(want: Want) -> Iterator[Reach]:
    yield want.narrow
    if want.wide is not None:
        yield want.wide


def _troubles(members: Iterable[Person]) -> Iterator[tuple[Exclusion | None, bool]]:
    return ((person.trouble, person.on_duty) for person in members)
