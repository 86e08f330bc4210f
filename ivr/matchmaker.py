"""Brings waiting calls and free doctors together: the pool decides here, the atomic claim is made in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.database import DatabaseAway
from config.frozen import replace
from config.ids import new_id
from ivr import events as ev
from ivr.commands import Release
from ivr.roster import Roster
from routing.groups import want_key
from routing.model import Exclusion, NobodyFree, Scored, WaitingCall
from routing.pool import Decision, Pool
from routing.rules import DEFAULT_RULES, RoutingRules
from routing.store import RoutingStore

log = logging.getLogger(__name__)

Emit = Callable[[str, ev.Event], None]

# What happens is matched when it happens, and what the clock brings when it is due. Other controllers' claims and what
# staff change are read this often.
_LOOK_EVERY_SECONDS = 1.0
_END_DUTIES_EVERY_SECONDS = 20.0
_TRY_AGAIN_SECONDS = 1.0
# Besides, so many of the waiting calls are looked at each second though nothing has happened: what no event and no
# timer told of is found all the same, of five hundred within half a minute.
_LOOK_AGAIN_AT = 20
_SHORTEST_SECONDS = 0.005
# Who talked with a caller before is asked of the database; no caller waits longer for the answer.
_MOST_SECONDS_TO_REMEMBER = 0.25
_MOST_QUESTIONS = 20
_DAYS_A_MONTH = 30.5
# Nobody picked up: the doctor is not rung for a while, for whomever.
_COOLS_DOWN = ("no_answer", "unconfirmed", "busy")


@dataclass(frozen=True)
class _Claim:
    """On its way: for which call as it was then, whom, and why."""

    call: WaitingCall
    chosen: Scored
    excluded: Mapping[Exclusion, int]
    offer: str
    at: datetime


class Matchmaker:
    """Holds who waits. `emit(call_id, event)` gets DoctorClaimed (several, where several phones are to ring) and, when
    the reason is new, NobodyFree. `node` is this controller's name on its claims.
    """

    def __init__(self, store: RoutingStore, emit: Emit, rules: RoutingRules = DEFAULT_RULES, node: str = "one") -> None:
        self._store = store
        self._emit = emit
        self._rules = rules
        self._node = node
        self._pool = Pool(rules)
        self._roster = Roster(store, self._pool)
        self._claims: dict[str, _Claim] = {}  # on their way, by offer
        self._orphans: set[str] = set()  # offers whose calls left while they were claimed for them
        self._unseen: dict[str, dict[str, str]] = {}  # call -> offer -> doctor: told, but not taken up by the call yet
        self._told: dict[str, str] = {}
        self._untold: dict[str, None] = {}  # who is told that nobody is free as soon as the news are fresh
        self._before: dict[str, str] = {}  # whom a call's patient talked with before
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._look = asyncio.Event()
        self._stale = True
        self._resting_until = 0.0
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="matchmaker")
        self._memory = ThreadPoolExecutor(1, thread_name_prefix="memory")

    # --- who waits --------------------------------------------------------------------------------------------------

    def add(self, call: WaitingCall, caller: str = "", seen: frozenset[str] = frozenset()) -> None:
        """The call looks for a doctor from now on; adding it again replaces what is known of it.

        `caller` is the number, by which the doctor of an earlier talk is found; `seen` are the offers that the call
        knows of: others that were made for it count as open.
        """
        unseen = self._unseen.get(call.call_id, {})
        for offer in seen & unseen.keys():
            del unseen[offer]
        if call.call_id in self._before or call.preferred or not caller or len(self._asked) >= _MOST_QUESTIONS:
            self._enter(call)
            return
        if (earlier := self._asked.pop(call.call_id, None)) is not None:
            earlier.cancel()
        self._asked[call.call_id] = asyncio.get_running_loop().create_task(self._remember(call, caller))

    def remove(self, call_id: str) -> None:
        """The call looks for nobody any more; doctors who are being claimed for it will be let go."""
        if (question := self._asked.pop(call_id, None)) is not None:
            question.cancel()
        self._pool.remove(call_id)
        self._orphans.update(offer for offer, claim in self._claims.items() if claim.call.call_id == call_id)
        for known in (self._unseen, self._told, self._untold, self._before):
            known.pop(call_id, None)

    def look(self) -> None:
        """Something has changed that only the database knows."""
        self._stale = True
        self._look.set()

    def look_at_all(self) -> None:
        """Something has changed that not even moments tell."""
        self._roster.forget()
        self.look()

    def release(self, order: Release) -> None:
        """Let the offer's doctor go, then look again. A database that fails is tried until it works."""
        for unseen in self._unseen.values():
            unseen.pop(order.offer, None)
        loop = asyncio.get_running_loop()
        self._hand.submit(lambda: self._release(order, loop))

    # --- the work ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Match until cancelled."""
        loop = asyncio.get_running_loop()
        read_at, duties_at = loop.time(), loop.time() + _END_DUTIES_EVERY_SECONDS
        again_at = loop.time() + _LOOK_EVERY_SECONDS
        self._roster.run_in_reader(self._be_seen)
        reading: asyncio.Task[None] | None = None
        try:
            while True:
                if reading is not None and reading.done():
                    reading = None
                if reading is None and (self._stale or loop.time() >= read_at):
                    self._stale, read_at = False, loop.time() + _LOOK_EVERY_SECONDS
                    reading = loop.create_task(self._roster.refresh())
                    reading.add_done_callback(self._read)
                if loop.time() >= again_at:
                    again_at = loop.time() + _LOOK_EVERY_SECONDS
                    self._pool.look_again(_LOOK_AGAIN_AT)
                if loop.time() >= duties_at:
                    duties_at = loop.time() + _END_DUTIES_EVERY_SECONDS
                    self._roster.run_in_reader(self._end_duties)
                fresh = reading is None and not self._stale and not self._roster.is_doubtful
                more = self._decide(fresh)
                # Not wait_for: until Python 3.12 it forgets a cancellation that comes together with what it waits for.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0 if more else self._seconds_to_wait(read_at)):
                        await self._look.wait()
                self._look.clear()
        finally:
            if reading is not None:
                reading.cancel()

    def _read(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and (error := reading.exception()) is not None:
            log.error("the doctors are not up to date", exc_info=error)
        self._look.set()

    def close(self, wait: bool = False) -> None:
        """End the threads; `wait` for what they are at, which a database that hangs may make long."""
        for question in self._asked.values():
            question.cancel()
        self._roster.close(wait)
        self._hand.shutdown(wait=wait, cancel_futures=True)
        self._memory.shutdown(wait=wait, cancel_futures=True)

    def _seconds_to_wait(self, read_at: float) -> float:
        seconds = read_at - asyncio.get_running_loop().time()
        if self._pool.next_moment is not None:
            seconds = min(seconds, self._pool.next_moment - utc_now().timestamp())
        return max(_SHORTEST_SECONDS, seconds)

    def _decide(self, fresh: bool) -> bool:
        """Claim for whom somebody can be rung. Whether there may be more."""
        if not self._roster.is_complete or asyncio.get_running_loop().time() < self._resting_until:
            return False
        at, claimed = utc_now(), False
        for decision in self._pool.decide(at):
            if isinstance(decision.answer, Scored):
                self._claim(decision, decision.answer, at)
                claimed = True
            else:
                self._untold[decision.call.call_id] = None
        if fresh:  # nobody is told so on old news
            self._tell_who_gets_nobody(at)
        return claimed

    def _tell_who_gets_nobody(self, at: datetime) -> None:
        untold, self._untold = self._untold, {}
        for call_id in untold:
            call = self._pool.call(call_id)
            if call is None or call.offered:
                continue
            answer = self._pool.best(call, at)
            if isinstance(answer, NobodyFree) and self._told.get(call_id) != answer.reason:
                self._told[call_id] = answer.reason
                self._emit(call_id, ev.NobodyFree(at, answer.reason))

    # --- claims -----------------------------------------------------------------------------------------------------

    def _claim(self, decision: Decision, chosen: Scored, at: datetime) -> None:
        claim = _Claim(decision.call, chosen, decision.excluded, new_id("offer"), at)
        self._claims[claim.offer] = claim
        self._roster.claiming(chosen.doctor_id)
        loop = asyncio.get_running_loop()
        self._hand.submit(lambda: self._make(claim, loop))

    def _make(self, claim: _Claim, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: one statement decides."""
        won: bool | None = None
        try:
            won = self._store.claim(
                claim.chosen.doctor_id, claim.offer, utc_now(), node=self._node, seat=claim.chosen.seat
            )
        except (SQLAlchemyError, DatabaseAway) as error:
            log.error("no doctor can be claimed while the database does not answer: %s", error)
        except Exception:
            log.exception("%s could not be claimed", claim.chosen.doctor_id)
        _in_loop(loop, lambda: self._made(claim, won))

    def _made(self, claim: _Claim, won: bool | None) -> None:
        """The claim was won, lost, or (None) it is not known which."""
        del self._claims[claim.offer]
        doctor_id, call_id = claim.chosen.doctor_id, claim.call.call_id
        call = None if claim.offer in self._orphans else self._pool.call(call_id)
        self._orphans.discard(claim.offer)
        if won:
            self._roster.claimed(doctor_id, claim.offer)
            if call is not None and _still_wants(call, claim):
                self._offer(claim)
                return
        elif won is None:
            # It may have been written all the same; letting go of nobody does no harm.
            self._roster.in_doubt(doctor_id, claim.offer)
            self._resting_until = asyncio.get_running_loop().time() + _TRY_AGAIN_SECONDS
        else:
            self._roster.lost(doctor_id)
            self._stale = True
        if won is not False:
            self.release(Release(claim.offer, utc_now(), keep_place=True))
        if call is not None:
            self._pool.add(replace(call, offered=call.offered - {doctor_id}), utc_now())
        self._look.set()

    def _offer(self, claim: _Claim) -> None:
        chosen, call_id = claim.chosen, claim.call.call_id
        self._unseen.setdefault(call_id, {})[claim.offer] = chosen.doctor_id
        self._told.pop(call_id, None)
        doctor = self._pool.doctor(chosen.doctor_id)
        event = ev.DoctorClaimed(
            utc_now(),
            claim.offer,
            chosen.doctor_id,
            chosen.phone.id,
            chosen.phone.number,
            new_id("leg"),
            wrap_up_seconds=doctor.wrap_up_seconds if doctor is not None else None,
            why=_why(claim),
            room=chosen.phone.room,
        )
        self._emit(call_id, event)

    def _release(self, order: Release, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread."""
        at = utc_now()
        cool = at + timedelta(seconds=self._rules.cool_down) if order.result in _COOLS_DOWN else None
        try:
            self._store.release(
                order.offer,
                at,
                order.free_since,
                keep_place=order.keep_place,
                talked_seconds=order.talked_seconds,
                cool_down_until=cool,
            )
        except Exception as error:  # whatever it is: a doctor who is not let go is never rung again
            trace = None if isinstance(error, SQLAlchemyError | DatabaseAway) else error
            log.error("the doctor of %s could not be released yet: %s", order.offer, error, exc_info=trace)
            _in_loop(loop, lambda: loop.call_later(_TRY_AGAIN_SECONDS, self.release, order))
        else:
            _in_loop(loop, lambda: self._released(order, at, cool))

    def _released(self, order: Release, at: datetime, cool_down_until: datetime | None) -> None:
        if not self._roster.released(order, at, cool_down_until):
            self._stale = True  # claimed by an earlier controller
        self._look.set()

    # --- besides ----------------------------------------------------------------------------------------------------

    async def _remember(self, call: WaitingCall, caller: str) -> None:
        """Whom the caller talked with about the same complaint, asked once a search; then the call waits."""
        since = utc_now() - timedelta(days=_DAYS_A_MONTH * self._rules.follow_up_months)
        ask = asyncio.get_running_loop().run_in_executor(
            self._memory, self._store.last_doctor, caller, call.category, since
        )
        try:
            async with asyncio.timeout(_MOST_SECONDS_TO_REMEMBER):
                self._before[call.call_id] = await ask
        except Exception as error:  # whatever it is, the call is to wait
            log.warning("%s: who talked with the caller before is not known: %s", call.call_id, type(error).__name__)
            self._before[call.call_id] = ""
        self._asked.pop(call.call_id, None)
        self._enter(call)

    def _enter(self, call: WaitingCall) -> None:
        """The call waits in the pool; doctors claimed for it of whom it has not heard count as rung."""
        preferred = call.preferred or self._before.get(call.call_id, "")
        on_their_way = {
            claim.chosen.doctor_id
            for claim in self._claims.values()
            if claim.call.call_id == call.call_id and claim.offer not in self._orphans and _still_wants(call, claim)
        }
        unseen = self._unseen.get(call.call_id, {}).values()
        self._pool.add(replace(call, preferred=preferred, offered=call.offered | on_their_way | set(unseen)), utc_now())
        self._look.set()

    def _end_duties(self) -> None:
        self._be_seen()
        try:
            self._store.end_duties(utc_now())
        except (SQLAlchemyError, DatabaseAway) as error:
            log.error("duties that are over are ended later: %s", error)

    def _be_seen(self) -> None:
        try:
            self._store.seen(self._node, utc_now())
        except (SQLAlchemyError, DatabaseAway) as error:
            log.warning("that this controller is alive is not on record: %s", error)


def _still_wants(call: WaitingCall, claim: _Claim) -> bool:
    return want_key(call) == want_key(claim.call) and claim.chosen.doctor_id not in call.declined_by


def _why(claim: _Claim) -> dict[str, Any]:
    """What is written of the decision: small, the rest can be found out again (routing/explain.py)."""
    points = {name: round(value, 1) for name, value in claim.chosen.parts.items() if round(value, 1)}
    preferred = {"preferred": claim.call.preferred} if claim.call.preferred else {}
    return {"excluded": dict(claim.excluded), "points": points, **preferred}


def _in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)
