"""Brings waiting calls and free doctors together: policy over a snapshot, then the atomic claim, in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.ids import new_id
from ivr.commands import Release
from ivr.events import DoctorClaimed, Event, NobodyFree
from ivr.roster import Roster
from routing.policy import Choice, WaitingCall, choose, in_turn
from routing.store import RoutingStore

log = logging.getLogger(__name__)

Emit = Callable[[str, Event], None]
Match = tuple[WaitingCall, DoctorClaimed | NobodyFree]

# Doctors become free by the clock too (wrap-up over, rest after no answer), which no event tells.
_LOOK_EVERY_SECONDS = 1.0
_END_DUTIES_EVERY_SECONDS = 20.0


class Matchmaker:
    """Holds who waits. `emit(call_id, event)` gets DoctorClaimed and, when the reason is new, NobodyFree."""

    def __init__(self, store: RoutingStore, emit: Emit) -> None:
        self._store = store
        self._roster = Roster(store.snapshot)
        self._emit = emit
        self._waiting: dict[str, WaitingCall] = {}
        self._told: dict[str, str] = {}
        self._look = asyncio.Event()
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="matchmaker")

    def add(self, call: WaitingCall, caller: str = "", seen: frozenset[str] = frozenset()) -> None:
        """The call looks for a doctor from now on; adding it again replaces what is known of it."""
        if call.offered:
            return
        self._waiting[call.call_id] = call
        self._look.set()

    def remove(self, call_id: str) -> None:
        self._waiting.pop(call_id, None)
        self._told.pop(call_id, None)

    def look(self) -> None:
        """Somebody may have become free."""
        self._roster.forget()
        self._look.set()

    def release(self, order: Release) -> None:
        """Let the offer's doctor go, then look again. A database that fails is tried until it works."""
        loop = asyncio.get_running_loop()
        self._hand.submit(lambda: self._release(order, loop))

    async def run(self) -> None:
        """Match until cancelled."""
        loop = asyncio.get_running_loop()
        duties_at = loop.time() + _END_DUTIES_EVERY_SECONDS
        while True:
            # Not wait_for: until Python 3.12 it forgets a cancellation that comes together with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._look.wait()
            self._look.clear()
            if loop.time() >= duties_at:
                duties_at = loop.time() + _END_DUTIES_EVERY_SECONDS
                self._hand.submit(self._end_duties)
            if not self._waiting:
                continue
            for call, event in await loop.run_in_executor(self._hand, self._match, list(self._waiting.values()), loop):
                self._tell(call, event)

    def close(self) -> None:
        self._hand.shutdown(wait=False, cancel_futures=True)

    def _tell(self, call: WaitingCall, event: DoctorClaimed | NobodyFree) -> None:
        if self._waiting.get(call.call_id) != call:
            # It left, or came back wanting something else, while it was matched.
            if isinstance(event, DoctorClaimed):
                self.release(Release(event.offer, event.at, keep_place=True))
            return
        if isinstance(event, DoctorClaimed):
            self.remove(call.call_id)
        elif self._told.get(call.call_id) == event.reason:
            return
        else:
            self._told[call.call_id] = event.reason
        self._emit(call.call_id, event)

    def _match(self, waiting: list[WaitingCall], loop: asyncio.AbstractEventLoop) -> list[Match]:
        """Whom each call gets. What was found before the database failed counts: those doctors are claimed."""
        found: list[Match] = []
        up_to_date = False
        try:
            for call in sorted(waiting, key=in_turn):
                event = self._find(call, loop)
                if isinstance(event, NobodyFree) and not up_to_date:
                    # Nobody is told so on old news.
                    self._roster.forget()
                    up_to_date = True
                    event = self._find(call, loop)
                found.append((call, event))
        except SQLAlchemyError as error:
            log.error("no doctor can be claimed while the database does not answer: %s", error)
        return found

    def _find(self, call: WaitingCall, loop: asyncio.AbstractEventLoop) -> DoctorClaimed | NobodyFree:
        while isinstance(choice := choose(self._roster.snapshot(utc_now()), call), Choice):
            if claimed := self._claim(choice, loop):
                return claimed
        return NobodyFree(utc_now(), choice.reason)

    def _claim(self, choice: Choice, loop: asyncio.AbstractEventLoop) -> DoctorClaimed | None:
        offer, at = new_id("offer"), utc_now()
        try:
            won = self._store.claim(choice.doctor_id, offer, at)
        except SQLAlchemyError:
            # It may have been written all the same; letting go of nobody does no harm.
            _in_loop(loop, lambda: self.release(Release(offer, at, keep_place=True)))
            raise
        if not won:
            self._roster.claimed(choice.doctor_id, None)
            return None  # somebody else was quicker, or the doctor went off duty this moment
        self._roster.claimed(choice.doctor_id, offer)
        return DoctorClaimed(at, offer, choice.doctor_id, choice.phone.id, choice.phone.number, new_id("leg"))

    def _end_duties(self) -> None:
        try:
            self._store.end_duties(utc_now())
        except SQLAlchemyError as error:
            log.error("duties that are over are ended later: %s", error)

    def _release(self, order: Release, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._store.release(
                order.offer,
                utc_now(),
                order.free_since,
                keep_place=order.keep_place,
                talked_seconds=order.talked_seconds,
            )
        except SQLAlchemyError as error:
            log.error("the doctor of %s could not be released yet: %s", order.offer, error)
            _in_loop(loop, lambda: loop.call_later(1.0, self.release, order))
        else:
            self._roster.released(order.offer, order.free_since)
            _in_loop(loop, self._look.set)


def _in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], object]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)
