"""PURE: doctors who are alike, and kinds of calls that are alike, so that a decision looks at groups, not at people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from config.frozen import replace
from routing.model import DoctorSnapshot, Exclusion, Level, WaitingCall
from routing.score import Suits, suits
from routing.strict import may_stand_in, misfit

Place = tuple[float, str]  # standing (routing/score.py) and id: the smallest is first among equals
Order = tuple[int, int, float, str]  # of a waiting call: its open offers, priority, since when, id
_NOWHERE = "-"  # a place that nobody serves
ProfileKey = tuple[tuple[tuple[str, Level], ...], frozenset[str], frozenset[str] | None, str]
WantKey = tuple[Level, tuple[str, ...], str]


def profile_key(doctor: DoctorSnapshot) -> ProfileKey:
    """What a doctor is, as far as points and categories go."""
    return (tuple(sorted(doctor.categories.items())), doctor.languages, doctor.serves, doctor.gender)


def want_key(call: WaitingCall) -> WantKey:
    """What a call asks for, as far as strict rules go."""
    return (call.level, call.skills, "" if call.skills else call.category)


@dataclass(eq=False)
class Group:
    """Doctors of one profile. `free` are those who could be rung now, the first among equals first."""

    categories: Mapping[str, Level]
    languages: frozenset[str]
    serves: frozenset[str] | None
    gender: str
    free: list[Place] = field(default_factory=list)
    members: int = 0
    inside: dict[Reach, None] = field(default_factory=dict)
    outside: dict[Reach, Exclusion] = field(default_factory=dict)

    def count(self, before: Exclusion | None, after: Exclusion | None, staff: int) -> None:
        """One of the members has `after` instead of `before` in the way; `staff` more are on duty."""
        for reach in self.inside:
            if before is not None:
                reach.excluded[before] -= 1
            if after is not None:
                reach.excluded[after] += 1
            if staff:
                reach.staff += staff
                reach.want.staff_changed = True

    def count_members(self, more: int) -> None:
        self.members += more
        for reach, exclusion in self.outside.items():
            reach.excluded[exclusion] += more


@dataclass(eq=False)
class Reach:
    """The groups whose doctors take a kind of call: those of its category, or (`wide`) who stands in as well."""

    want: Want
    wide: bool
    groups: list[Group] = field(default_factory=list)
    staff: int = 0
    excluded: Counter[Exclusion] = field(default_factory=Counter)
    _near: dict[str, list[Group]] = field(default_factory=dict)  # who serves a place
    _classes: dict[tuple[str, str, bool], dict[Suits, list[Group]]] = field(default_factory=dict)

    def add(self, group: Group, troubles: Iterator[tuple[Exclusion | None, bool]]) -> None:
        """Take a group in, or note why not; `troubles` has for each member what is in the way, and if on duty."""
        exclusion = misfit(group.categories, self.want.example, self.wide)
        if exclusion is not None:
            group.outside[self] = exclusion
            self.excluded[exclusion] += group.members
            return
        group.inside[self] = None
        self.groups.append(group)
        for place in group.serves or ():
            self._near.setdefault(place, []).append(group)
        self._classes.clear()
        for trouble, on_duty in troubles:
            self.staff += on_duty
            if trouble is not None:
                self.excluded[trouble] += 1

    def classes(self, call: WaitingCall) -> Iterator[tuple[Suits, list[Group]]]:
        """The groups by how well they suit the call: all of a class have the same points for what they are.

        Who serves the caller's place comes twice, as that and as if serving others: the better of the two is meant.
        There are few classes that way, however many places there are.
        """
        key = (call.language, call.gender, bool(call.district or call.state))
        if key not in self._classes:
            self._classes[key] = {}
            nowhere = replace(call, district=_NOWHERE if key[2] else "", state="")
            for group in self.groups:
                self._classes[key].setdefault(suits(group, nowhere), []).append(group)
        yield from self._classes[key].items()
        near: dict[Suits, list[Group]] = {}
        for place in {call.district, call.state}:
            for group in self._near.get(place, ()):
                if group.free:
                    near.setdefault(suits(group, call), []).append(group)
        yield from near.items()


@dataclass(eq=False)
class Want:
    """A kind of call, and who waits with one of it, in order."""

    example: WaitingCall
    queue: list[Order] = field(default_factory=list)
    staff_changed: bool = False
    narrow: Reach = field(init=False)
    wide: Reach | None = field(init=False)

    def __post_init__(self) -> None:
        self.narrow = Reach(self, wide=False)
        self.wide = Reach(self, wide=True) if may_stand_in(self.example) else None

    @property
    def reach(self) -> Reach:
        """Whose doctors take it now: where nobody of the category is on duty, general ones stand in."""
        return self.narrow if self.narrow.staff or self.wide is None else self.wide
