"""Calls people back: what the agenda plans (routing/agenda.py) is searched for, rung, or ended with a message.

Doctor first, a request waits in the search without a call: only when a doctor has been claimed for it is it taken (one
UPDATE) and a call opened, which goes on as any other. Patient first, it is taken and rung at once.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.numbers import may_be_called_back
from config.schema import CallbackRequest
from config.settings import Settings
from ivr import callback_records
from ivr import events as ev
from ivr.callback_calls import call_for, flow_for
from ivr.desks import Desks, live_waiting, numbers_on_the_line
from ivr.flow_book import FlowBook
from ivr.lines import Line, LineBook
from ivr.matchmaker import Matchmaker
from ivr.rounds import Rounds
from ivr.state import Call, Kept
from messaging.rules import messaging_rules
from routing import callbacks
from routing.agenda import MISSED_CALL, URGENT, AgendaRules, Order, Outcome, Plan, Request, Turns, View, plan
from routing.policy import WaitingCall
from routing.store import RoutingStore

log = logging.getLogger(__name__)

Group = tuple[str, tuple[str, ...]]

_LOOK_EVERY_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 1.0  # somebody who is due is still on the line with us
_LOST_AFTER = timedelta(seconds=60)  # a controller that has not been seen for so long is no more
_FRUITLESS_AFTER = timedelta(minutes=2)  # every doctor has said no or is busy: the turn goes back


@dataclass
class _Pending:
    """A request that waits in the search, and the doctors who were claimed for it while it is being taken."""

    request: Request
    priority: str
    claims: list[ev.DoctorClaimed] = field(default_factory=list)
    taking: bool = False


def agenda_rules(settings: Settings) -> AgendaRules:
    """The deployment's table."""
    begins, ends = settings.callback_night.split("-")
    return AgendaRules(
        order=cast(Order, settings.callback_order),
        share=settings.callback_share,
        spacing=tuple(timedelta(minutes=float(pause)) for pause in settings.callback_minutes.split(",")),
        lasts=timedelta(hours=settings.callback_hours),
        night=(int(begins), int(ends)),
        zone=ZoneInfo(settings.time_zone),
    )


class Callbacks:
    """`run()` serves until cancelled. `hears` is told of every event before the desks are."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        desks: Desks,
        matchmaker: Matchmaker,
        lines: LineBook,
        book: FlowBook,
        rules: AgendaRules,
        node: str = "one",
        blocked: Container[str] = (),
        ringing: set[str] | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._routing = RoutingStore(database)
        self._journal = Journal(database)
        self._desks = desks
        self._matchmaker = matchmaker
        self._lines = lines
        self._book = book
        self._rules = rules
        self._messages = messaging_rules(settings)
        self._node = node
        self._blocked = blocked
        self._ringing = set() if ringing is None else ringing  # numbers that we are about to ring for anything
        self._requests: dict[str, Request] = {}
        self._by_number: dict[str, Request] = {}
        self._pending: dict[str, _Pending] = {}  # by the id of the call to be
        self._turns = Turns(rules.share)
        self._counted = ""  # the call that got a doctor last
        self._rounds = Rounds("callbacks", self._look)
        self._away = False

    # --- from outside -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look after the requests: when one is stored or changes, when one becomes due, and every five seconds."""
        await self._rounds.run()

    def close(self) -> None:
        self._rounds.close()

    def wake(self) -> None:
        """Requests have changed; from any thread."""
        self._rounds.wake()

    def hears(self, call_id: str, event: ev.Event) -> bool:
        """Whether the event belongs to a request in the search rather than to a call."""
        pending = self._pending.get(call_id)
        if isinstance(event, ev.DoctorClaimed):
            self._count(call_id, pending)
            if pending is not None:
                pending.claims.append(event)
                if not pending.taking:
                    pending.taking = True
                    self._rounds.spawn(self._take(call_id, pending))
        elif isinstance(event, ev.NobodyFree) and pending is None and self._pending:
            self._rounds.look_soon()  # a live caller waits: whose turn is it now?
        return pending is not None

    def place_of(self, caller: str | None, line: Line) -> Kept | None:
        """The place of who calls again on a line with the same menus; an attempt that has rung nowhere ends."""
        request = self._by_number.get(caller or "")
        if request is None:
            return None
        for call_id, pending in list(self._pending.items()):
            if pending.request.id == request.id and not pending.taking:
                self._drop(call_id)
        if request.attempt is not None:
            self._desks.emit(request.attempt, ev.CalledOff(utc_now()))
        asked_on = self._line_of(request)
        if asked_on is None or asked_on.flow != line.flow:
            return None
        return Kept(request.id, request.place, request.priority)

    def free_orphans(self, live: frozenset[str]) -> None:
        """Attempts that no call stands for are over; blocking, for the start. A try only where the phone rang."""
        with self._database.writing() as session:
            self._end(session, [row for row in callbacks.attempts_of(session, self._node) if row.attempt not in live])

    # --- looking ------------------------------------------------------------------------------------------------------

    async def _look(self) -> float:
        """Do what is due; the seconds until the next look."""
        at = utc_now()
        try:
            requests, free = await self._rounds.in_thread(self._read)
        except SQLAlchemyError as error:
            if not self._away:
                log.warning("nobody is called back while the database does not answer: %s", type(error).__name__)
            self._away = True
            return _LOOK_EVERY_SECONDS
        self._away = False
        self._requests = {request.id: request for request in requests}
        self._by_number = {request.number: request for request in requests}
        if not requests and not self._pending:
            return _LOOK_EVERY_SECONDS
        view = self._view(free)
        decided = plan(requests, at, self._rules, view)
        self._search(decided)
        for request_id in decided.ring:
            self._ring(self._requests[request_id])
        for request_id in decided.expire:
            self._rounds.spawn(self._expire(request_id))
        self._give_up_fruitless(at)
        if any(r.number in view.busy - view.barred and r.attempt is None for r in requests):
            return _LOOK_AGAIN_SECONDS
        until = (decided.next_at - at).total_seconds() if decided.next_at else _LOOK_EVERY_SECONDS
        return min(max(until, 0.0), _LOOK_EVERY_SECONDS)

    def _read(self) -> tuple[list[Request], dict[Group, int]]:
        at = utc_now()
        free: dict[Group, int] = {}
        with self._database.reading() as session:
            requests = callbacks.open_requests(session)
            groups = {request.group for request in requests} if self._rules.order == "patient_first" else set()
            for category, skills in groups:
                staffing = self._routing.staffing(skills[0] if skills else category, at, session)
                if staffing.on_duty:
                    free[(category, skills)] = staffing.free
            stray = callbacks.stray_attempts(session, self._node, at - _LOST_AFTER)
        if stray:
            with self._database.writing() as session:
                self._end(session, callbacks.stray_attempts(session, self._node, at - _LOST_AFTER))
        return requests, free

    def _view(self, free: Mapping[Group, int]) -> View:
        calls = self._desks.calls
        without_doctor = [
            call
            for call in calls
            if call.direction == "out"
            and not call.patient_gone
            and call.callback_kind != MISSED_CALL
            and (call.reach in ("ringing", "asked") or call.wants_a_doctor)
            and not call.doctors
        ]
        groups = [self._requests[c.callback].group for c in without_doctor if c.callback in self._requests]
        busy = numbers_on_the_line(calls)
        barred = frozenset(number for number in self._by_number if not self._may_be_rung(number))
        return View(self._turns, live_waiting(self._desks.calls), busy, barred, tuple(groups), free)

    def _may_be_rung(self, number: str) -> bool:
        return number not in self._blocked and may_be_called_back(number, self._settings.country)

    def _count(self, call_id: str, pending: _Pending | None) -> None:
        """A call has got a doctor: the turns are counted by its first."""
        call = self._desks.find(call_id)
        if self._counted == call_id or (call is not None and call.doctors):
            return
        self._counted = call_id
        if pending is None and call is not None and call.direction == "in":
            self._turns = self._turns.live_served()
        elif pending is not None and pending.priority == URGENT:
            return
        else:
            self._turns = self._turns.callback_served(beside_live=live_waiting(self._desks.calls) > 0)
        self._rounds.look_soon()

    # --- doctor first -------------------------------------------------------------------------------------------------

    def _search(self, decided: Plan) -> None:
        """Let exactly those wait in the search that are to."""
        standing = {pending.request.id: call_id for call_id, pending in self._pending.items()}
        for request_id, call_id in standing.items():
            if request_id not in decided.search and not self._pending[call_id].taking:
                self._drop(call_id)
        for request_id, priority in decided.search.items():
            request = self._requests[request_id]
            call_id = standing.get(request_id) or new_id("call")
            pending = self._pending.get(call_id)
            if pending is not None and (pending.taking or pending.priority == priority):
                continue
            self._pending[call_id] = _Pending(request, priority)
            self._matchmaker.add(self._waiting(call_id, request, priority), request.number)

    def _waiting(self, call_id: str, request: Request, priority: str) -> WaitingCall:
        line = self._line_of(request)
        return WaitingCall(
            call_id,
            request.category,
            request.place,
            priority=priority,
            skills=request.skills,
            language=request.language,
            line=line.dialled_number if line is not None else "",
            preferred=request.details.get("doctor", ""),
            preferred_until=request.expires_at,
        )

    def _drop(self, call_id: str) -> None:
        self._pending.pop(call_id, None)
        self._matchmaker.remove(call_id)

    async def _take(self, call_id: str, pending: _Pending) -> None:
        """A doctor is claimed: the request becomes a call, unless another controller was quicker."""
        call = await self._taken(call_id, pending.request, pending.priority)
        self._pending.pop(call_id, None)
        if call is None:
            self._matchmaker.remove(call_id)
            self._rounds.look_soon()
        else:
            self._open(call)
        for claim in pending.claims:
            self._desks.emit(call_id, claim)  # where there is no call, the doctor is let go

    # --- patient first ------------------------------------------------------------------------------------------------

    def _ring(self, request: Request) -> None:
        call_id = new_id("call")
        # Until the row says so, the next look must not take it for free.
        self._requests[request.id] = replace(request, attempt=call_id)

        async def ring() -> None:
            call = await self._taken(call_id, request, None)
            if call is not None:
                self._open(call)

        self._rounds.spawn(ring())

    # --- both ---------------------------------------------------------------------------------------------------------

    async def _taken(self, call_id: str, request: Request, priority: str | None) -> Call | None:
        """The call that is to be made, when the request is ours; `priority` None: patient first."""
        call = self._call(call_id, request, priority)
        if call is None or request.number in numbers_on_the_line(self._desks.calls) or request.number in self._ringing:
            return None

        def take() -> bool:
            with self._database.writing() as session:
                return callbacks.take(session, request.id, call_id, self._node, utc_now())

        self._ringing.add(request.number)
        try:
            taken = await self._rounds.in_thread(take)
        except SQLAlchemyError as error:
            log.error("%s cannot be taken for now: %s", request.id, type(error).__name__)
            return None
        finally:
            self._ringing.discard(request.number)
        if taken and request.id in self._requests:
            mine = replace(request, attempt=call_id)
            self._requests[request.id] = self._by_number[request.number] = mine
        return call if taken else None

    def _open(self, call: Call) -> None:
        self._desks.open(call)
        self._desks.emit(call.id, ev.CallbackBegun(utc_now()))

    def _call(self, call_id: str, request: Request, priority: str | None) -> Call | None:
        line = self._line_of(request)
        flow = self._book.active.get(flow_for(request))
        if line is None or flow is None:
            log.error("%s: there is no %s to call back on", request.id, "line" if line is None else "flow")
            return None
        return call_for(request, call_id, priority, line, flow, utc_now())

    def _line_of(self, request: Request) -> Line | None:
        """The line that was dialled, or any other where it is out of service: the number must be one of ours."""
        return self._lines.by_id(request.line_id) or self._lines.any()

    # --- endings ------------------------------------------------------------------------------------------------------

    async def _expire(self, request_id: str) -> None:
        def expire() -> None:
            with self._database.writing() as session:
                self._journal.append(session, callback_records.expire(session, request_id, utc_now(), self._messages))

        try:
            await self._rounds.in_thread(expire)
        except SQLAlchemyError as error:
            log.error("%s is ended later: %s", request_id, type(error).__name__)

    def _give_up_fruitless(self, at: datetime) -> None:
        """Attempts for which no doctor says yes give their turn back; so do those that night has overtaken."""
        for call in self._desks.calls:
            if call.reach == "to_ring" and not call.offer and at - call.arrived_at > _FRUITLESS_AFTER:
                self._desks.emit(call.id, ev.CalledOff(at))

    def _end(self, session: Session, rows: Iterable[CallbackRequest]) -> None:
        """End attempts that nobody makes any more."""
        at, entries = utc_now(), list[JournalEntry]()
        for row in rows:
            assert row.attempt is not None
            outcome: Outcome = "no_answer" if callbacks.rang(session, row.attempt) else "lost"
            entries += callback_records.end_attempt(
                session, row.id, row.attempt, outcome, at, self._rules, self._messages
            )
        self._journal.append(session, entries)
