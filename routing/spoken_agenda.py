"""PURE: which message is spoken by telephone next, and what follows from a try. Live callers come first.

No doctor is needed for it, so nothing is taken from those who wait but lines of the trunk: few are rung at a time, and
fewer while somebody waits. Tries, pauses and the night are those of callbacks (routing/agenda.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from routing.agenda import AgendaRules, is_night, morning

# `begun`: it is being spoken; `heard`: to the end. The phone rang: `no_answer`, `busy`, `unconfirmed` (something has
# lifted, and nobody pressed 1), `broken_off` (put down before the end). The operator could not: `unreachable`; nothing
# rang, as far as is known: `lost`.
Spoken = Literal["begun", "heard", "no_answer", "busy", "unconfirmed", "broken_off", "unreachable", "lost"]
_TRIES: frozenset[str] = frozenset({"no_answer", "busy", "unconfirmed", "broken_off"})
# A key of messaging/reasons.yaml by the outcome of the last try; the others were not answered.
_REASONS: Mapping[str, str] = {"broken_off": "not_heard_out"}
_NOT_ANSWERED = "not_answered"
MOST_AT_ONCE = 10
MOST_BESIDE_WAITING = 2
_PAUSE_AFTER_LOST = timedelta(seconds=20)
# Somebody waits for it at this moment, who has just asked: a password, say. That may ring at night.
_URGENT = timedelta(hours=1)


@dataclass(frozen=True)
class SpokenMessage:
    """A message that waits to be spoken. `ready`: its sound is there."""

    id: str
    number: str
    promised_at: datetime
    tries: int = 0
    next_try_at: datetime | None = None
    expires_at: datetime | None = None
    ready: bool = True

    @property
    def urgent(self) -> bool:
        return self.expires_at is not None and self.expires_at - self.promised_at <= _URGENT


@dataclass(frozen=True)
class Around:
    """What goes on now: how many messages are being spoken, and how many callers wait for a doctor.

    `silent` are numbers not to be rung now (in a call with us, blocked), `never` those that may not be dialled at all.
    """

    silent: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    under_way: int = 0
    live_waiting: int = 0


@dataclass(frozen=True)
class SpokenPlan:
    """Ids: whom to ring now, whose time has passed, whose number may not be dialled; and when to look again."""

    ring: tuple[str, ...] = ()
    expire: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    next_at: datetime | None = None


def plan(messages: Sequence[SpokenMessage], at: datetime, rules: AgendaRules, around: Around) -> SpokenPlan:
    """The urgent first, then the oldest; never two to one number."""
    over = tuple(message.id for message in messages if is_over(message, at, rules))
    refused = tuple(message.id for message in messages if message.number in around.never and message.id not in over)
    alive = [message for message in messages if message.id not in {*over, *refused}]
    due_moments = {message.id: due_at(message, at, rules) for message in alive}
    most = MOST_BESIDE_WAITING if around.live_waiting else MOST_AT_ONCE
    room, rung, taken = max(0, most - around.under_way), list[str](), set(around.silent)
    for message in sorted(alive, key=lambda each: (not each.urgent, each.promised_at, each.id)):
        if len(rung) < room and message.ready and due_moments[message.id] <= at and message.number not in taken:
            rung.append(message.id)
            taken.add(message.number)
    later = [*due_moments.values(), *(_ends_at(message, rules) for message in alive)]
    return SpokenPlan(tuple(rung), over, refused, min((moment for moment in later if moment > at), default=None))


def is_over(message: SpokenMessage, at: datetime, rules: AgendaRules) -> bool:
    return _ends_at(message, rules) <= at


def due_at(message: SpokenMessage, at: datetime, rules: AgendaRules) -> datetime:
    """From when on the number may be rung, as it looks at `at`."""
    moment = max(message.next_try_at or message.promised_at, message.promised_at)
    now = max(moment, at)
    return moment if message.urgent or not is_night(now, rules) else morning(now, rules)


def _ends_at(message: SpokenMessage, rules: AgendaRules) -> datetime:
    lasts = message.promised_at + rules.lasts
    return min(lasts, message.expires_at) if message.expires_at else lasts


@dataclass(frozen=True)
class Verdict:
    """How a message stands after a try. `state` as in the table; `reason` is a key of messaging/reasons.yaml."""

    state: Literal["sent", "delivered", "queued", "failed"]
    tries: int
    next_try_at: datetime | None = None
    reason: str = ""


def after(tries: int, outcome: Spoken, at: datetime, rules: AgendaRules) -> Verdict:
    """A try is one where a phone rang; `tries` are those before. As many as the rules have pauses."""
    if outcome == "begun":
        return Verdict("sent", tries)
    if outcome == "heard":
        return Verdict("delivered", tries + 1)
    if outcome not in _TRIES:
        pause = rules.spacing[0] if outcome == "unreachable" else _PAUSE_AFTER_LOST
        return Verdict("queued", tries, at + pause)
    tries += 1
    if tries >= len(rules.spacing):
        return Verdict("failed", tries, reason=_REASONS.get(outcome, _NOT_ANSWERED))
    return Verdict("queued", tries, at + rules.spacing[tries - 1])
