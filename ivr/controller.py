"""The controller: brings together those who hear Asterisk, decide, and act, and tells each what happened."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.database import Database
from config.frozen import replace
from config.settings import Settings
from config.wakeup import WakeUp
from ivr import consultation, fresh_names, translation
from ivr import events as ev
from ivr.ami.connection import AmiConnection, stir, watch
from ivr.blocked import BlockedNumbers
from ivr.callbacks import Callbacks, agenda_rules
from ivr.claims import Claims
from ivr.clock_watch import watch_clock
from ivr.desks import Desks
from ivr.errands import Errands
from ivr.flow_book import FlowBook
from ivr.hands import Hands
from ivr.lease import RENEW_EVERY_SECONDS, Lease
from ivr.ledger import Ledger
from ivr.lines import LineBook
from ivr.matchmaker import Matchmaker
from ivr.outage import Outage, passes, words
from ivr.performer import Performer
from ivr.reception import Reception
from ivr.service_window import Desk, ServiceWindow
from ivr.services import Desk as ServiceDesk
from ivr.spoken_messages import SpokenMessages
from ivr.spool import Spool
from ivr.state import Call
from ivr.stocktaking import Stocktaking
from ivr.store import load_all
from ivr.waiting_room import WaitingRoom, recent_talks
from ivr.wire_names import parse_command_name
from messaging.rules import messaging_rules
from prompts.catalogue import Catalogue
from prompts.errors import PromptError
from routing.answering import AnsweringRules
from routing.clock import forget_the_future
from routing.queues import Staff
from routing.rules import RoutingRules

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 2.0
_STIR_SECONDS = 0.2
# OriginateResponse may overtake the Hangup event, which knows the cause.
_SECONDS_FOR_THE_CAUSE = 1.0


class Controller:
    """One per Asterisk. `run()` serves until cancelled."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        book: FlowBook,
        durations: Mapping[str, float],
        catalogues: Mapping[str, Catalogue] | None = None,
        desk: Desk | None = None,
        routing: RoutingRules | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._node = settings.node
        self._outage = Outage(database, Spool(settings.data_dir / "spool" / f"{self._node}.jsonl"))
        self._lease = Lease(database, self._node)
        self._routing = Claims(database, self._outage, self._lease, zone=settings.time_zone)
        self._book = book
        self._catalogues = catalogues
        durations = self._durations = dict(durations)
        self._rules = self._rules_now()
        self._lines = LineBook(database)
        wake_up = WakeUp(database, settings.socket_dir)
        self._errands = Errands(database, wake_up)
        agenda = agenda_rules(settings)
        self._ledger = Ledger(database, wake_up, agenda, outage=self._outage, node=self._node)
        self._ledger.answering = AnsweringRules(settings.unanswered_offers, settings.unreachable_offers)
        self._ledger.messaging = messaging_rules(settings)
        self._ami = AmiConnection(
            "127.0.0.1",
            settings.ami_port,
            "controller",
            settings.ami_secret,
            on_event=self._on_event,
            on_up=self._on_up,
            on_down=lambda: log.warning("the line to Asterisk is down; callers are safe with the dialplan"),
        )
        self._routing_rules = routing or RoutingRules(zone=settings.time_zone)
        self._matchmaker = Matchmaker(self._routing, self._emit, self._routing_rules, self._node)
        desk = desk or ServiceDesk(
            database, settings, lambda _language, prompt: prompt in durations, tuple(catalogues or (settings.language,))
        )
        self._services = ServiceWindow(desk, self._emit, self._matchmaker.look)
        recordings = settings.data_dir / "recordings"
        performer = Performer(self._ami, self._emit, durations, settings.ring_seconds, self._is_live, recordings)
        self._room = WaitingRoom(
            self._staff_now,
            lambda: recent_talks(database, utc_now(), settings.wrap_up_seconds),
            self._emit,
            settings.queue_limit,
            self._line_limit,
            settings.wrap_up_seconds,
        )
        self._blocked = BlockedNumbers(database, timedelta(days=settings.strike_days))
        hands = Hands(self._matchmaker, self._services, performer, self._room, self._blocked.soon)
        self._desks = Desks(self._decide, self._ledger, hands)
        performer.patient_ring_seconds = settings.callback_ring_seconds
        ringing: set[str] = set()  # numbers that are about to be rung, so that none is rung twice
        self._callbacks = Callbacks(
            settings,
            database,
            self._desks,
            self._matchmaker,
            self._lines,
            book,
            agenda,
            self._node,
            self._blocked,
            ringing,
        )
        self._spoken = SpokenMessages(
            settings, database, self._desks, self._lines, book, agenda, ringing, self._node, self._blocked
        )
        self._ledger.on_requests = self._callbacks.wake
        self._ledger.on_spoken = self._spoken.wake
        self._reception = Reception(
            settings,
            self._lines,
            book,
            self._desks,
            self._ledger,
            performer,
            self._callbacks.place_of,
            self._blocked,
        )
        self._stocktaking = Stocktaking(self._ami, self._lines, self._desks, self._reception)

    async def run(self) -> None:
        """Take up the calls an earlier controller left, then serve."""
        self._ledger.start()
        calls = await asyncio.get_running_loop().run_in_executor(None, self._load)
        self._rules = self._rules_now()  # with the versions that those calls are in
        for call in calls:
            self._desks.open(call)
        await self._lines.refresh()  # before the first heartbeat lets callers through
        await self._blocked.refresh()
        loop = asyncio.get_running_loop()
        self._outage.on_over = lambda: self._database_is_back(loop)
        unsubscribe = self._errands.listen()
        try:
            await self._ami.start(timeout=None)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._matchmaker.run())
                tasks.create_task(self._room.run())
                tasks.create_task(watch(self._ami, _heartbeat, _HEARTBEAT_SECONDS, 3.0))
                tasks.create_task(stir(self._ami, _STIR_SECONDS))
                tasks.create_task(self._run_errands())
                tasks.create_task(self._callbacks.run())
                tasks.create_task(self._spoken.run())
                tasks.create_task(self._keep_lease())
                tasks.create_task(watch_clock(self._clock_was_set))
        finally:
            unsubscribe()
            await self._ami.stop()
            self._services.close()
            self._matchmaker.close()
            self._callbacks.close()
            self._spoken.close()
            self._ledger.close()
            self._outage.close()

    def _load(self) -> list[Call]:
        while True:
            self._outage.recover()
            try:
                return self._take_up()
            except SQLAlchemyError as error:
                if not passes(error) or self._outage.is_closed:
                    raise

    def _take_up(self) -> list[Call]:
        calls = load_all(self._database, self._node)
        live = [item.offer for call in calls for item in call.doctors if not item.gone]
        freed = self._routing.release_all_except(live, utc_now(), node=self._node)
        if calls or freed:
            log.info("%d calls to take up, %d doctors freed", len(calls), freed)
        self._callbacks.free_orphans(frozenset(call.id for call in calls))
        self._spoken.free_orphans(frozenset(call.id for call in calls))
        self._book.load_for(calls)
        return calls

    # --- decisions -------------------------------------------------------------------------------------------------

    def _decide(self, call: Call, event: ev.Event) -> consultation.Decision:
        if isinstance(event, ev.KeysCollected) and call.is_searching and event.channel == call.patient.channel:
            event = replace(event, place=self._room.place(call.id, event.at))
        return consultation.decide(call, event, self._rules)

    def _line_limit(self, dialled: str) -> int | None:
        line = self._lines.get(dialled)
        return line.queue_limit if line is not None else None

    def _staff_now(self) -> Staff:
        at = utc_now()
        return Staff(self._routing.snapshot(at).doctors, at, self._routing_rules)

    def _rules_now(self) -> consultation.Rules:
        return consultation.Rules(
            flows=self._book.versions,
            offer_flow=self._book.active["offer"],
            disposition_flow=self._book.active["disposition"],
            active=self._book.active,
            call_back_cut_off=self._settings.call_back_cut_off,
            wrap_up=timedelta(seconds=self._settings.wrap_up_seconds),
            language=self._settings.language,
            catalogues=self._catalogues,
        )

    def _database_is_back(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(SQLAlchemyError):
            # Before another controller takes this one, which could not say so, for dead.
            self._routing.seen(self._node, utc_now())
        _in_loop(loop, self._matchmaker.look)

    def _clock_was_set(self, by: timedelta) -> None:
        log.warning("the clock was set by %+.0f s", by.total_seconds())
        at = utc_now()
        if self._ami.is_up:
            self._ami.send("Setvar", _heartbeat())
        for call in self._desks.calls:
            self._desks.emit(call.id, ev.ClockSet(at, by))
        asyncio.get_running_loop().run_in_executor(None, self._repair_rests, at, asyncio.get_running_loop())

    def _repair_rests(self, at: datetime, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with self._database.writing() as session:
                forget_the_future(session, at)
        except SQLAlchemyError as error:
            log.error("rests that a clock made too long end by themselves: %s", words(error))
        _in_loop(loop, self._matchmaker.look_at_all)

    async def _keep_lease(self) -> None:
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(None, self._lease.renew)
            except SQLAlchemyError as error:
                log.debug("the lease on claims is not renewed: %s", words(error))
            await asyncio.sleep(RENEW_EVERY_SECONDS)

    def _emit(self, call_id: str, event: ev.Event) -> None:
        if not self._callbacks.hears(call_id, event):
            self._desks.emit(call_id, event)

    def _is_live(self, channel: str) -> bool:
        return self._desks.is_live(channel)

    # --- what Asterisk tells ---------------------------------------------------------------------------------------

    def _on_event(self, event: Mapping[str, str]) -> None:
        at = utc_now()
        kind, channel = event["Event"], event.get("Uniqueid", "")
        if kind == "AsyncAGIExec":
            name = parse_command_name(event.get("CommandId", ""))
            answer = translation.answer_of(name, event.get("Result", ""), at) if name else None
            if name is not None and answer is not None:
                self._desks.emit_on(name.channel, answer)
        elif kind == "AsyncAGIStart":
            self._reception.entered(translation.arrival_of(event))
        elif kind == "Hangup":
            self._desks.emit_on(channel, translation.ended(channel, event, at))
        elif kind == "UserEvent" and event.get("UserEvent") == "TakenBack":
            self._desks.emit_on(channel, ev.TakenBack(at))
        elif kind == "UserEvent" and event.get("UserEvent") == "DoctorKey":
            self._desks.emit_on(channel, ev.DoctorKey(at, channel, event.get("Key", "")))
        elif kind == "Newstate" and self._desks.knows(channel):
            self._desks.emit_on(channel, ev.LegRinging(at, channel))
        elif kind == "Newstate" and channel.startswith("leg-"):
            # Ordered over a line that broke, and carried out after its call was given up.
            self._reception.unexpected(channel)
        elif kind == "DialEnd" and event.get("DialStatus") == "ANSWER":
            self._desks.emit_on(channel, ev.DialAnswered(at))
        elif kind == "OriginateResponse" and event.get("Response") == "Failure":
            self._origination_failed(event.get("ActionID", ""))

    def _origination_failed(self, channel: str) -> None:
        def report() -> None:
            self._desks.emit_on(channel, ev.LegEnded(utc_now(), channel, 0, "the phone could not be rung"))

        if self._desks.knows(channel):
            asyncio.get_running_loop().call_later(_SECONDS_FOR_THE_CAUSE, report)

    def _on_up(self) -> None:
        log.info("connected to Asterisk")
        # At once, or callers would go on hearing the apology until the next beat.
        self._ami.tell("Setvar", _heartbeat())
        self._stocktaking.begin()

    # --- what the web process wants --------------------------------------------------------------------------------

    async def _run_errands(self) -> None:
        while True:
            errands = await self._errands.next()
            await self._lines.refresh_if_old()
            await self._blocked.refresh_if_old()
            for errand in errands:
                await self._run_errand(errand.kind)

    async def _take_up_names(self) -> None:
        """Doctors of control rooms are announced by the names that they have now."""
        if self._catalogues is None:
            return
        take_up = fresh_names.take_up
        loop, before = asyncio.get_running_loop(), self._catalogues
        try:
            catalogues, seconds = await loop.run_in_executor(None, take_up, self._settings, before)
        except (PromptError, OSError) as error:
            log.error("doctors of control rooms are announced as before: %s", error)
            return
        self._durations.update(seconds)
        self._catalogues = catalogues
        self._rules = self._rules_now()

    async def _run_errand(self, kind: str) -> None:
        match kind:
            case "duty_changed":
                self._matchmaker.look()
            case "callbacks_changed":
                self._callbacks.wake()
            case "messages_to_speak":
                self._spoken.wake()
            case "lines_changed":
                await self._lines.refresh()
            case "prompts_changed":
                await self._take_up_names()
            case "strikes_changed":
                await self._blocked.refresh()
            case "flows_changed":
                await self._book.refresh()
                self._rules = self._rules_now()
            case "ping":
                pass  # /readyz only wants to see it taken
            case _:
                log.warning("unknown command %s", kind)


def _in_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)


def _heartbeat() -> dict[str, str]:
    # Asterisk and controller share a machine, so they share its clock.
    return {"Variable": "HELPLINE_HEARTBEAT", "Value": str(int(utc_now().timestamp()))}
