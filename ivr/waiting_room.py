"""Who waits for a doctor on this controller, and what each of them is told of place and wait."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.database import Database
from config.schema import Call as CallRecord
from ivr import commands as do
from ivr.events import Event, NobodyFree, Place
from ivr.state import Call
from routing import ewt
from routing.model import WaitingCall
from routing.queues import Need, Staff, Turn, competing, need_of, position, turn_of

log = logging.getLogger(__name__)

# The staff as a whole changes slowly, and is counted only while somebody waits.
_COUNT_EVERY_SECONDS = 20.0
_PACE_LASTS = timedelta(seconds=5)
_MOST_REMEMBERED = 5000
# Whoever has waited before, and comes back to the search within one call, is not sent away.
_NEWCOMER = timedelta(seconds=2)
# Nobody with a red flag, or whose talk was cut off, finds the queue full.
_ALWAYS_ADMITTED = ("red_flag", "transfer")

Talk = tuple[ewt.Service, Need]


class WaitingRoom:
    """Told by ivr/hands.py who comes and goes; all of it in the event loop's thread.

    `staff()` are the doctors who work now and `talks()` those of the last hour, both read in a thread;
    `emit(call_id, event)` gets NobodyFree(queue_full). `limit` is the most who may wait, `limit_of(dialled)` the most
    of a line, None: no other.
    """

    def __init__(
        self,
        staff: Callable[[], Staff],
        talks: Callable[[], Sequence[Talk]],
        emit: Callable[[str, Event], None],
        limit: int,
        limit_of: Callable[[str], int | None] = lambda dialled: None,
        wrap_up_seconds: float = 0.0,
    ) -> None:
        self._count_staff, self._talks = staff, talks
        self._emit = emit
        self._limit, self._limit_of = limit, limit_of
        self._wrap_up = wrap_up_seconds
        self._waiting: dict[str, tuple[Turn, Need]] = {}
        self._line: dict[str, str] = {}
        self._waited_since: dict[Need, datetime] = {}
        self._begun: deque[tuple[datetime, Need]] = deque(maxlen=_MOST_REMEMBERED)
        self._services: deque[Talk] = deque(maxlen=_MOST_REMEMBERED)
        self._paces: dict[Need, tuple[datetime, float | None]] = {}
        self._staff: Staff | None = None
        self._came = asyncio.Event()

    # --- who comes and goes ------------------------------------------------------------------------------------------

    def enters(self, call: WaitingCall) -> None:
        """The call looks for a doctor; told again, it has another place, or none that is free."""
        need = need_of(call)
        known = call.call_id in self._waiting
        if not known and call.priority not in _ALWAYS_ADMITTED and utc_now() - call.waiting_since < _NEWCOMER:
            self._turn_away_if_full(call)
        if known and self._waiting[call.call_id][1] != need:
            self.leaves(call.call_id)
        self._waiting[call.call_id] = (turn_of(call), need)
        self._line[call.call_id] = call.line
        self._waited_since.setdefault(need, utc_now())
        self._came.set()

    def leaves(self, call_id: str) -> None:
        """The call looks for nobody any more."""
        gone = self._waiting.pop(call_id, None)
        self._line.pop(call_id, None)
        if gone is not None and not any(need == gone[1] for _, need in self._waiting.values()):
            self._waited_since.pop(gone[1], None)

    def talks(self, call: Call) -> None:
        """The call has got a doctor."""
        if call.search is not None:
            self._begun.append((utc_now(), _need(call)))

    def talked(self, call: Call, order: do.Release) -> None:
        """A doctor had the call for so long, and is free again."""
        if call.search is not None and order.talked_seconds is not None:
            rest = max(0.0, (order.free_since - utc_now()).total_seconds())
            seconds = order.talked_seconds + (rest or self._wrap_up)
            self._services.append((ewt.Service(utc_now() - timedelta(seconds=seconds), seconds), _need(call)))

    def _turn_away_if_full(self, call: WaitingCall) -> None:
        own = self._limit_of(call.line)
        full = len(self._waiting) >= self._limit
        if full or (own is not None and sum(1 for line in self._line.values() if line == call.line) >= own):
            self._emit(call.call_id, NobodyFree(utc_now(), "queue_full"))

    # --- what they are told ------------------------------------------------------------------------------------------

    def place(self, call_id: str, at: datetime) -> Place | None:
        """Where the call stands now, and for about how long; None where it does not wait, or nothing is known yet."""
        if self._staff is None or call_id not in self._waiting:
            return None
        need = self._waiting[call_id][1]
        number = position(call_id, self._waiting, self._staff)
        pace = self._pace(need, self._staff, at)
        return Place(number, ewt.in_steps(None if pace is None else pace * number))

    def _pace(self, need: Need, staff: Staff, at: datetime) -> float | None:
        """Seconds from one caller of the queue to the next; thousands of talks are not gone through for each caller."""
        known = self._paces.get(need)
        if known is None or not timedelta(0) <= at - known[0] <= _PACE_LASTS:
            pace = ewt.estimate(self._recent(need, staff), 1, staff.count(need), at)
            known = self._paces[need] = (at, pace)
        return known[1]

    def _recent(self, need: Need, staff: Staff) -> ewt.Recent:
        needs = {other for _, other in self._services} | {other for _, other in self._begun} | {need}
        mine = set(competing(need, needs, staff))
        return ewt.Recent(
            [service for service, other in self._services if other in mine],
            [begun for begun, other in self._begun if other in mine],
            self._waited_since.get(need),
        )

    # --- what is known of doctors and talks --------------------------------------------------------------------------

    async def run(self) -> None:
        """Learn from the record once, then count the doctors while somebody waits; until cancelled."""
        await self.learn()
        while True:
            await self._came.wait()
            await self.count()
            await asyncio.sleep(_COUNT_EVERY_SECONDS)
            if not self._waiting:
                self._came.clear()

    async def learn(self) -> None:
        """What the last hour was like, before this controller."""
        try:
            talks = await asyncio.get_running_loop().run_in_executor(None, self._talks)
        except SQLAlchemyError as error:
            log.error("what the last hour was like is not known: %s", type(error).__name__)
        else:
            self._services.extendleft(reversed(talks))

    async def count(self) -> None:
        """The doctors who work now; without the database nobody is told anything that is old."""
        try:
            self._staff = await asyncio.get_running_loop().run_in_executor(None, self._count_staff)
        except SQLAlchemyError as error:
            log.error("nobody can be told the wait, for the doctors cannot be counted: %s", type(error).__name__)
            self._staff = None


def recent_talks(database: Database, at: datetime, wrap_up_seconds: float) -> list[Talk]:
    """The talks of the last hour as the record has them, the oldest first."""
    query = (
        select(CallRecord.category, CallRecord.bridged_at, CallRecord.talk_ms)
        .where(CallRecord.bridged_at >= at - ewt.LOOK_BACK, CallRecord.talk_ms.is_not(None))
        .order_by(CallRecord.bridged_at.desc())
        .limit(_MOST_REMEMBERED)
    )
    with database.reading() as session:
        rows = session.execute(query).all()
    return [
        (ewt.Service(begun, talk / 1000 + wrap_up_seconds), Need(category or "general"))
        for category, begun, talk in reversed(rows)
        if begun is not None and talk is not None
    ]


def _need(call: Call) -> Need:
    assert call.search is not None
    return Need(call.search.category, call.search.skills, call.search.level)
