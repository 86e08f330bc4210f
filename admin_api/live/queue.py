"""Where waiting callers stand and about how long they wait, as they are told it themselves (routing/queues.py, ewt.py).

Read at most every two seconds however many consoles look, and the doctors every twenty, only while somebody waits.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import Call, Doctor, JournalRow
from routing import ewt
from routing.model import GENERAL, WaitingCall
from routing.queues import Need, Staff, Turn, competing, need_of, position, turn_of
from routing.roll import read_doctors
from routing.rules import RoutingRules

_FRESH = timedelta(seconds=2)
_STAFF_FRESH = timedelta(seconds=20)
_MOST = 2000
_MOST_TALKS = 1000


@dataclass(frozen=True)
class Standing:
    """`place` is from 1; `wait` minutes as they are told ("3", "long"), empty where nobody can tell."""

    place: int
    wait: str
    skills: tuple[str, ...]


class QueueView:
    """`standings(session, at)`: of every call that waits now, by id. For many threads."""

    def __init__(self, rules: RoutingRules, wrap_up_seconds: float) -> None:
        self.rules, self._wrap_up = rules, wrap_up_seconds
        self._guard = threading.Lock()
        self._read_at: datetime | None = None
        self._standings: Mapping[str, Standing] = {}
        self._counted_at: datetime | None = None
        self._staff: Staff | None = None
        self._talks: list[tuple[ewt.Service, Need]] = []

    def standings(self, session: Session, at: datetime) -> Mapping[str, Standing]:
        with self._guard:
            if self._read_at is None or not timedelta() <= at - self._read_at < _FRESH:
                self._standings, self._read_at = self._look(session, at), at
            return self._standings

    def _look(self, session: Session, at: datetime) -> dict[str, Standing]:
        calls = _waiting(session)
        if not calls:
            return {}
        staff = self._counted(session, at)
        turns: dict[str, tuple[Turn, Need]] = {call.call_id: (turn_of(call), need_of(call)) for call in calls}
        return {call.call_id: self._standing(call, turns, staff, at) for call in calls}

    def _standing(
        self, call: WaitingCall, turns: Mapping[str, tuple[Turn, Need]], staff: Staff, at: datetime
    ) -> Standing:
        need, place = need_of(call), position(call.call_id, turns, staff)
        mine = set(competing(need, {other for _, other in self._talks} | {need}, staff))
        recent = ewt.Recent([service for service, other in self._talks if other in mine])
        wait = ewt.estimate(recent, place, staff.count(need), at)
        return Standing(place, ewt.in_steps(wait), call.skills)

    def _counted(self, session: Session, at: datetime) -> Staff:
        if self._staff is None or self._counted_at is None or not timedelta() <= at - self._counted_at < _STAFF_FRESH:
            doctors, _ = read_doctors(session, Doctor.active, Doctor.duty == "on")
            self._staff, self._counted_at = Staff(doctors, at, self.rules), at
            self._talks = _talks(session, at, self._wrap_up)
        return self._staff


def _waiting(session: Session) -> list[WaitingCall]:
    rows = session.execute(
        select(Call.id, Call.category, Call.priority, Call.sought_at, Call.language)
        .where(Call.ended_at.is_(None), Call.sought_at.is_not(None), Call.bridged_at.is_(None))
        .order_by(Call.sought_at)
        .limit(_MOST)
    ).all()
    sought = select(JournalRow.call_id, JournalRow.data).where(
        JournalRow.kind == "seek.started", JournalRow.call_id.in_([row.id for row in rows])
    )
    skills = {
        row.call_id: tuple(row.data.get("skills") or ()) for row in session.execute(sought.order_by(JournalRow.id))
    }
    return [
        WaitingCall(
            row.id, row.category or GENERAL, row.sought_at, priority=row.priority or "", skills=skills.get(row.id, ())
        )
        for row in rows
    ]


def _talks(session: Session, at: datetime, wrap_up: float) -> list[tuple[ewt.Service, Need]]:
    query = (
        select(Call.category, Call.bridged_at, Call.talk_ms)
        .where(Call.bridged_at >= at - ewt.LOOK_BACK, Call.talk_ms.is_not(None))
        .order_by(Call.bridged_at.desc())
        .limit(_MOST_TALKS)
    )
    return [
        (ewt.Service(begun, talk / 1000 + wrap_up), Need(category or GENERAL))
        for category, begun, talk in session.execute(query)
        if begun is not None and talk is not None
    ]
