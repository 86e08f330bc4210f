"""PURE: who is called back next, and what follows from an attempt. Nobody is forgotten, and live callers come first.

Doctor first, a request waits in the search like a caller does, but with the priority `spare`: it gets a doctor whom no
live caller wants. One doctor in so many, though, is a callback's in any case (`Turns`), so that neither starves the
other. Patient first, as many are rung as there are free doctors, or one where a turn is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from routing.policy import PRIORITIES

Order = Literal["doctor_first", "patient_first"]

# How a request stands in the search: before those who just wait, or after everybody.
IN_TURN, SPARE = "callback", "spare"
URGENT = "red_flag"  # is not counted: an emergency waits for nobody's turn
DIAL_BACK = "dial_back"  # a doctor wants the caller of the last talk, which broke off: before all who wait
_TALK_GOES_ON = "transfer"  # its priority in the search
MISSED_CALL = "missed_call"  # rings back within seconds, whoever waits: nobody has heard a word yet

# What came of an attempt. `talked` to a doctor, or `served` by menus; the phone was rung: `no_answer`, `busy`,
# `unconfirmed` (answered, and nobody pressed 1), `left` (pressed 1 and hung up while waiting); `not_needed` any more;
# `again`: asked once more to be called back; the operator could not: `unreachable`; nothing rang: `not_rung`, `lost`.
Outcome = Literal[
    "talked",
    "served",
    "not_needed",
    "no_answer",
    "busy",
    "unconfirmed",
    "left",
    "again",
    "unreachable",
    "not_rung",
    "lost",
]
_CLOSING: Mapping[str, str] = {"talked": "done", "served": "done", "not_needed": "withdrawn"}
_TRIES = frozenset({"no_answer", "busy", "unconfirmed", "left"})
# After an attempt that rang nowhere: long enough not to turn in circles, short enough to lose nothing by it.
_PAUSE = timedelta(seconds=20)
_MOST_OF_A_KIND = 3  # requests of one category and skills that stand in the search at a time
_MOST_RUNG_AT_ONCE = 20


@dataclass(frozen=True)
class AgendaRules:
    """A deployment's table for callbacks.

    `spacing` is the pause after the first, second, … try: as many tries as it has entries, and after the last pause
    the request expires. `share`: one of so many doctors is a callback's while live callers wait. `night` is from hour
    to hour in `zone`; the same twice is no night. Who asked within `at_once` may be rung at night, too.
    """

    order: Order = "doctor_first"
    share: int = 3
    spacing: tuple[timedelta, ...] = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
    lasts: timedelta = timedelta(hours=24)
    night: tuple[int, int] = (22, 7)
    zone: tzinfo = UTC
    at_once: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Request:
    """An open request. `place` is the moment that its place in the queue counts from; `attempt` the call made now."""

    id: str
    number: str
    category: str
    place: datetime
    requested_at: datetime
    kind: str = "asked"
    priority: str = ""
    skills: tuple[str, ...] = ()
    language: str = "hi"
    line_id: str | None = None
    call_id: str = ""
    tries: int = 0
    next_try_at: datetime | None = None
    expires_at: datetime | None = None
    attempt: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> tuple[str, tuple[str, ...]]:
        """Whom it wants: requests of one group wait for the same doctors."""
        return (self.category, self.skills)


@dataclass(frozen=True)
class Turns:
    """Whose turn it is while both live callers and callbacks wait: one doctor in `share` is a callback's."""

    share: int
    live: int = 0  # live callers served since, and not yet made up for

    @property
    def due(self) -> bool:
        """Whether the next doctor may be a callback's although live callers wait."""
        return self.live >= self.share - 1

    def live_served(self) -> Turns:
        """A live caller got a doctor. Turns are not saved up: after a day without callbacks one is due, not fifty."""
        return replace(self, live=min(self.share - 1, self.live + 1))

    def callback_served(self, beside_live: bool) -> Turns:
        """A callback got a doctor; where nobody else wanted one, that cost nobody anything."""
        return replace(self, live=self.live - (self.share - 1)) if beside_live else self


@dataclass(frozen=True)
class View:
    """What is going on now: numbers in a call with us, live callers waiting, patients rung back who have no doctor.

    `barred` numbers are not to be rung at all: their requests only come to their end.
    `free` counts the doctors who could be rung now for a group; it is asked for groups of requests that are due.
    """

    turns: Turns
    live_waiting: int = 0
    busy: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    rung: Sequence[tuple[str, tuple[str, ...]]] = ()
    free: Mapping[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Requests that stand in the search (with which priority), patients to be rung now, requests that are over.

    `next_at`: when something becomes due by the clock alone.
    """

    search: Mapping[str, str]
    ring: tuple[str, ...]
    expire: tuple[str, ...]
    next_at: datetime | None


def plan(requests: Iterable[Request], at: datetime, rules: AgendaRules, view: View) -> Plan:
    """What is to be done at `at`. The same request may be planned again and again: taking it is atomic."""
    waiting = [request for request in requests if request.attempt is None]
    over = tuple(request.id for request in waiting if is_over(request, at))
    alive = [request for request in waiting if not is_over(request, at)]
    silent = view.busy | view.barred
    due = [r for r in in_order(alive) if due_at(r, at, rules) <= at and r.number not in silent]
    later = [due_at(request, at, rules) for request in alive] + [r.expires_at for r in alive if r.expires_at]
    patient_first = rules.order == "patient_first"
    first = [r for r in due if r.kind == MISSED_CALL or (patient_first and r.kind != DIAL_BACK)]
    second = [r for r in due if r not in first]
    return Plan(
        search=_search(second, view),
        ring=_ring(first, view),
        expire=over,
        next_at=min((moment for moment in later if moment > at), default=None),
    )


def in_order(requests: Iterable[Request]) -> list[Request]:
    """By priority, then the oldest place."""
    last = max(PRIORITIES.values())
    return sorted(requests, key=lambda r: (PRIORITIES.get(r.priority, last), r.place, r.id))


def is_over(request: Request, at: datetime) -> bool:
    return request.expires_at is not None and request.expires_at <= at


def due_at(request: Request, at: datetime, rules: AgendaRules) -> datetime:
    """From when on the number may be rung, as it looks at `at`: the pause is over, and it is no night where it is."""
    moment = max(request.next_try_at or request.requested_at, request.requested_at)
    asked_lately = request.requested_at + rules.at_once
    if not is_night(max(moment, at), rules) or max(moment, at) < asked_lately:
        return moment
    return morning(max(moment, at), rules)


def is_night(at: datetime, rules: AgendaRules) -> bool:
    """Whether nobody who has not just asked is to be rung at this moment."""
    begins, ends = rules.night
    hour = at.astimezone(rules.zone).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def morning(at: datetime, rules: AgendaRules) -> datetime:
    """When the night of this moment, or the next one, is over."""
    local = at.astimezone(rules.zone)
    today = local.replace(hour=rules.night[1], minute=0, second=0, microsecond=0)
    return (today if today > local else today + timedelta(days=1)).astimezone(UTC)


def _search(due: Sequence[Request], view: View) -> dict[str, str]:
    """The first few of each group: one that nobody can serve holds up only those who want the same."""
    taken: dict[tuple[str, tuple[str, ...]], int] = {}
    chosen: dict[str, str] = {}
    for request in due:
        before = taken.get(request.group, 0)
        if before >= _MOST_OF_A_KIND:
            continue
        taken[request.group] = before + 1
        # Of each group only the first may go before live callers, and only where it is a callback's turn.
        in_turn = not view.live_waiting or (view.turns.due and not before)
        if request.kind == DIAL_BACK:
            chosen[request.id] = _TALK_GOES_ON
        else:
            chosen[request.id] = URGENT if request.priority == URGENT else IN_TURN if in_turn else SPARE
    return chosen


def _ring(due: Sequence[Request], view: View) -> tuple[str, ...]:
    """Missed calls at once; others where a doctor is free for them, or where it is their turn."""
    missed = [request.id for request in due if request.kind == MISSED_CALL]
    chosen: list[str] = []
    rung = list(view.rung)
    for request in due:
        if request.kind == MISSED_CALL:
            continue
        ahead = rung.count(request.group)
        on_duty = request.group in view.free
        if view.live_waiting and request.priority != URGENT:
            possible = on_duty and view.turns.due and not rung
        else:
            possible = on_duty and ahead < max(view.free[request.group], int(request.priority == URGENT))
        if possible:
            chosen.append(request.id)
            rung.append(request.group)
    return tuple([*missed, *chosen][: max(0, _MOST_RUNG_AT_ONCE - len(view.rung))])


# --- after an attempt -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Next:
    """How a request stands after an attempt. `state` as in the table: open | done | expired | withdrawn."""

    state: str
    tries: int
    next_try_at: datetime | None
    expires_at: datetime | None


def after(request: Request, outcome: Outcome, at: datetime, rules: AgendaRules) -> Next:
    """An attempt is a try where a phone rang. After the last try the place is kept for one pause more, then it ends."""
    if outcome in _CLOSING:
        return Next(_CLOSING[outcome], request.tries, None, request.expires_at)
    if outcome not in _TRIES:
        pause = rules.spacing[0] if outcome in ("again", "unreachable") else _PAUSE
        return Next("open", request.tries, at + pause, request.expires_at)
    tries = request.tries + 1
    until = at + rules.spacing[min(tries, len(rules.spacing)) - 1]
    if tries >= len(rules.spacing):
        expires = min(until, request.expires_at) if request.expires_at else until
        return Next("open", tries, None if expires <= at else expires, expires)
    return Next("open", tries, until, request.expires_at)
