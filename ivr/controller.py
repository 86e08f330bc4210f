"""The controller: gives every call its events in order, keeps what was decided, has it performed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cdr.events import JournalEntry
from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.numbers import NumberKind, parse_caller, parse_number
from config.settings import Settings
from config.wakeup import WakeUp
from flows import engine
from ivr import commands as do
from ivr import consultation, translation
from ivr import events as ev
from ivr.ami.connection import AmiConnection, AmiLost, stir, watch
from ivr.errors import IvrError
from ivr.flow_book import FlowBook
from ivr.ledger import CallbackWish, Ledger, Page
from ivr.lines import LineBook
from ivr.matchmaker import Matchmaker
from ivr.performer import Performer
from ivr.service_window import Desk, ServiceWindow
from ivr.services import Desk as ServiceDesk
from ivr.state import Call, Leg
from ivr.store import load_all
from ivr.survey import Survey, survey_of
from ivr.wire_names import parse_command_name
from prompts.catalogue import Catalogue
from routing.policy import WaitingCall
from routing.store import RoutingStore

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 2.0
_STIR_SECONDS = 0.2
# A decision is on disk before it is carried out, so that a successor knows it; but no caller waits for a slow disk.
_MOST_SECONDS_FOR_DISK = 0.05
# OriginateResponse may overtake the Hangup event, which knows the cause.
_SECONDS_FOR_THE_CAUSE = 1.0


@dataclass
class _Desk:
    """A live call and the events it has not seen yet."""

    call: Call
    inbox: asyncio.Queue[ev.Event] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None


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
    ) -> None:
        self._settings = settings
        self._database = database
        self._routing = RoutingStore(database)
        self._book = book
        self._catalogues = catalogues
        self._rules = self._rules_now()
        self._lines = LineBook(database)
        self._desk = desk or ServiceDesk(
            database, settings, lambda _language, prompt: prompt in durations, tuple(catalogues or (settings.language,))
        )
        self._wake_up = WakeUp(database, settings.socket_dir)
        self._ledger = Ledger(database, self._wake_up)
        self._ami = AmiConnection(
            "127.0.0.1",
            settings.ami_port,
            "controller",
            settings.ami_secret,
            on_event=self._on_event,
            on_up=self._on_up,
            on_down=lambda: log.warning("the line to Asterisk is down; callers are safe with the dialplan"),
        )
        recordings = settings.data_dir / "recordings"
        self._performer = Performer(self._ami, self._emit, durations, settings.ring_seconds, self._is_live, recordings)
        self._desks: dict[str, _Desk] = {}
        self._call_of: dict[str, str] = {}  # channel -> call id

    async def run(self) -> None:
        """Take up the calls an earlier controller left, then serve."""
        loop = asyncio.get_running_loop()
        self._commands_due = asyncio.Event()

        def hint() -> None:
            loop.call_soon_threadsafe(self._commands_due.set)

        self._matchmaker = Matchmaker(self._routing, self._emit)
        self._services = ServiceWindow(self._desk, self._emit, self._matchmaker.look)
        self._ledger.start()
        calls = await loop.run_in_executor(None, self._load)
        self._rules = self._rules_now()  # with the versions that those calls are in
        for call in calls:
            self._open(call)
        await self._lines.refresh()  # before the first heartbeat lets callers through
        unsubscribe = self._wake_up.subscribe("controller", hint)
        try:
            await self._ami.start(timeout=None)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._matchmaker.run())
                tasks.create_task(watch(self._ami, _heartbeat, _HEARTBEAT_SECONDS, 3.0))
                tasks.create_task(stir(self._ami, _STIR_SECONDS))
                tasks.create_task(self._take_commands())
        finally:
            unsubscribe()
            await self._ami.stop()
            self._services.close()
            self._matchmaker.close()
            self._ledger.close()

    # --- what comes in -------------------------------------------------------------------------------------------

    def _on_event(self, event: Mapping[str, str]) -> None:
        at = utc_now()
        kind, channel = event["Event"], event.get("Uniqueid", "")
        if kind == "AsyncAGIExec":
            name = parse_command_name(event.get("CommandID", ""))
            answer = translation.answer_of(name, event.get("Result", ""), at) if name else None
            if name is not None and answer is not None:
                self._to_channel(name.channel, answer)
        elif kind == "AsyncAGIStart":
            self._leg_entered(translation.arrival_of(event))
        elif kind == "Hangup":
            self._to_channel(channel, translation.ended(channel, event, at))
        elif kind == "UserEvent" and event.get("UserEvent") == "TakenBack":
            self._to_channel(channel, ev.TakenBack(at))
        elif kind == "Newstate":
            self._to_channel(channel, ev.LegRinging(at, channel))
        elif kind == "DialEnd" and event.get("DialStatus") == "ANSWER":
            self._to_channel(channel, ev.DialAnswered(at))
        elif kind == "OriginateResponse" and event.get("Response") == "Failure":
            self._origination_failed(event.get("ActionID", ""))

    def _leg_entered(self, arrival: translation.Arrival) -> None:
        if arrival.channel in self._call_of:
            self._to_channel(arrival.channel, ev.LegReady(utc_now(), arrival.channel))
        elif arrival.context == translation.PATIENT_CONTEXT:
            self._patient_arrived(arrival)
        else:
            # A number that is no line of ours, or a doctor's phone whose call is over.
            if arrival.context == translation.REFUSED_CONTEXT:
                self._journal_refusal(arrival)
            self._performer.refuse(arrival.channel)

    def _patient_arrived(self, arrival: translation.Arrival) -> None:
        line = self._lines.get(arrival.dialled)
        flow = self._book.active.get(line.flow) if line is not None else None
        if line is None or flow is None:
            # The dialplan knows the line, so it is we who do not: the patient gets what a dead controller's would.
            log.error("the line %s has no flow that works", arrival.dialled)
            self._journal_refusal(arrival)
            self._performer.apologise(arrival.channel)
            return
        caller = parse_caller(arrival.caller, self._settings.country)
        state = engine.begin(
            flow,
            callback_possible=caller is not None,
            sms_possible=caller is not None and parse_number(caller).kind is NumberKind.MOBILE,
            answers={"language": line.language, "withheld": "no" if caller else "yes", "line": line.id},
        )
        leg = Leg(new_id("leg"), arrival.channel, state, name=arrival.name)
        call = Call(
            id=new_id("call"),
            linkedid=arrival.linkedid,
            line=line.id,
            dialled=arrival.dialled,
            caller=caller,
            ambulance_number=line.ambulance_number,
            language=line.language,
            numbers=dict(line.numbers),
            arrived_at=utc_now(),
            patient=leg,
        )
        self._open(call)
        self._emit(call.id, ev.PatientArrived(utc_now()))

    def _origination_failed(self, channel: str) -> None:
        def report() -> None:
            self._to_channel(channel, ev.LegEnded(utc_now(), channel, 0, "the phone could not be rung"))

        if channel in self._call_of:
            asyncio.get_running_loop().call_later(_SECONDS_FOR_THE_CAUSE, report)

    def _on_up(self) -> None:
        log.info("connected to Asterisk")
        # At once, or callers would go on hearing the apology until the next beat.
        self._ami.send("Setvar", _heartbeat())
        self._spawn_survey()

    def _spawn_survey(self) -> None:
        known = frozenset(self._call_of)
        self._survey_task = asyncio.get_running_loop().create_task(self._take_stock(known))

    async def _take_stock(self, known: frozenset[str]) -> None:
        """After a (re)connection: one channel listing tells what became of every call.

        It says nothing about channels younger than the connection, which it may be too old to show; `known` are the
        older ones. Of the younger ones the connection itself tells.
        """
        try:
            await self._lines.refresh()
            survey = survey_of(await self._ami.listing("CoreShowChannels"))
        except AmiLost as error:
            log.warning("no survey: %s", error)  # the next connection makes another
            return
        except IvrError:
            log.exception("no survey")
            self._ami.break_line()
            return
        for call_id, desk in list(self._desks.items()):
            if desk.call.patient.channel in known:
                self._emit(call_id, _surveyed(desk.call, survey, known))
        for arrival in survey.strangers(set(self._call_of)):
            self._leg_entered(arrival)

    async def _take_commands(self) -> None:
        """What the web process wants: rows of a table; the hint only makes it quick."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._commands_due.wait()
            self._commands_due.clear()
            await self._lines.refresh_if_old()
            await self._read_commands()

    async def _read_commands(self) -> None:
        from config.commands import take

        loop = asyncio.get_running_loop()
        try:
            commands = await loop.run_in_executor(None, take, self._database, "controller", utc_now())
        except Exception:
            log.exception("commands cannot be read for now")
            return
        for command in commands:
            if command.kind == "duty_changed":
                self._matchmaker.look()
            elif command.kind == "lines_changed":
                await self._lines.refresh()
            elif command.kind == "flows_changed":
                await self._book.refresh()
                self._rules = self._rules_now()
            elif command.kind != "ping":  # /readyz only wants to see it taken
                log.warning("unknown command %s", command.kind)

    # --- a call's own order ----------------------------------------------------------------------------------------

    def _emit(self, call_id: str, event: ev.Event) -> None:
        desk = self._desks.get(call_id)
        if desk is not None:
            desk.inbox.put_nowait(event)
        elif isinstance(event, ev.DoctorClaimed):
            self._matchmaker.release(event.offer, event.at)

    def _to_channel(self, channel: str, event: ev.Event) -> None:
        call_id = self._call_of.get(channel)
        if call_id is not None:
            self._emit(call_id, event)

    def _open(self, call: Call) -> None:
        desk = self._desks[call.id] = _Desk(call)
        self._call_of[call.patient.channel] = call.id
        for item in call.doctors:
            self._call_of[item.leg.channel] = call.id
        desk.task = asyncio.get_running_loop().create_task(self._serve(desk), name=call.id)

    async def _serve(self, desk: _Desk) -> None:
        """One call's life: event by event, decide, keep, perform."""
        while not desk.call.over:
            event = await desk.inbox.get()
            try:
                before = desk.call
                desk.call, commands = consultation.decide(desk.call, event, self._rules)
                if commands or desk.call != before:
                    await self._keep(desk.call, event, commands)
                self._carry_out(desk.call, commands)
            except Exception:
                # A fault in one decision must not end the call: the dialplan's time-out is the net below.
                log.exception("%s: %s could not be decided", desk.call.id, type(event).__name__)
        self._close(desk)

    async def _keep(self, call: Call, event: ev.Event, commands: list[do.Command]) -> None:
        entries = tuple(
            JournalEntry(call.id, event.at, item.kind, item.data) for item in commands if isinstance(item, do.Write)
        )
        wish = next((CallbackWish(i.number, i.category) for i in commands if isinstance(i, do.StoreCallback)), None)
        messages = tuple(item for item in commands if isinstance(item, do.SendSms))
        kept = self._ledger.write(Page(call.id, entries, None if call.over else call, wish, messages))
        await asyncio.wait({kept}, timeout=_MOST_SECONDS_FOR_DISK)

    def _carry_out(self, call: Call, commands: list[do.Command]) -> None:
        for command in commands:
            match command:
                case do.Perform(channel=channel, wait=wait) if wait.kind == "service":
                    self._services.ask(call, channel, wait)
                case do.FindDoctor():
                    if call.wants_a_doctor and call.search is not None:
                        self._matchmaker.add(_waiting(call))
                case do.StopFinding():
                    self._matchmaker.remove(call.id)
                case do.Release(offer=offer, free_since=free_since):
                    self._matchmaker.release(offer, free_since)
                case do.Ring(channel=channel):
                    self._call_of[channel] = call.id
                    self._performer.perform(call, command)
                case _:
                    self._performer.perform(call, command)

    def _close(self, desk: _Desk) -> None:
        self._matchmaker.remove(desk.call.id)
        self._desks.pop(desk.call.id, None)
        for channel in (desk.call.patient.channel, *(item.leg.channel for item in desk.call.doctors)):
            self._call_of.pop(channel, None)
        while not desk.inbox.empty():
            event = desk.inbox.get_nowait()
            if isinstance(event, ev.DoctorClaimed):
                self._matchmaker.release(event.offer, event.at)

    def _is_live(self, channel: str) -> bool:
        desk = self._desks.get(self._call_of.get(channel, ""))
        item = desk.call.doctor_on(channel) if desk is not None else None
        return item is not None and not item.gone

    def _load(self) -> list[Call]:
        calls = load_all(self._database)
        live = [item.offer for call in calls for item in call.doctors if not item.gone]
        freed = self._routing.release_all_except(live, utc_now())
        if calls or freed:
            log.info("%d calls to take up, %d doctors freed", len(calls), freed)
        self._book.load_for(calls)
        return calls

    def _rules_now(self) -> consultation.Rules:
        return consultation.Rules(
            flows=self._book.versions,
            offer_flow=self._book.active["offer"],
            disposition_flow=self._book.active["disposition"],
            wrap_up=timedelta(seconds=self._settings.wrap_up_seconds),
            language=self._settings.language,
            catalogues=self._catalogues,
        )

    def _journal_refusal(self, arrival: translation.Arrival) -> None:
        call_id, at = new_id("call"), utc_now()
        caller = parse_caller(arrival.caller, self._settings.country)
        arrived = {"dialled": arrival.dialled, "caller": caller, "linkedid": arrival.linkedid, "line": None}
        unknown = {"flow": "", "flow_version": "", "language": self._settings.language}
        end = {"by": "system", "cause": 1, "cause_text": "not a service line", "result": "refused"}
        entries = (
            JournalEntry(call_id, at, "call.arrived", arrived | unknown),
            JournalEntry(call_id, at, "call.ended", end),
        )
        self._ledger.write(Page(call_id, entries, None))


def _heartbeat() -> dict[str, str]:
    # Asterisk and controller share a machine, so they share its clock.
    return {"Variable": "HELPLINE_HEARTBEAT", "Value": str(int(utc_now().timestamp()))}


def _waiting(call: Call) -> WaitingCall:
    assert call.search is not None
    search = call.search
    return WaitingCall(
        call.id,
        search.category,
        search.since,
        frozenset(search.declined),
        search.tried,
        priority=search.priority,
        skills=search.skills,
    )


def _surveyed(call: Call, survey: Survey, known: frozenset[str]) -> ev.Surveyed:
    channels = {call.patient.channel, *(item.leg.channel for item in call.doctors)}
    return ev.Surveyed(
        utc_now(),
        present=frozenset(channels & survey.present | channels - known),
        ours=frozenset(channels & survey.ours & known),
        bridged=frozenset(channels & survey.bridged),
        taken=frozenset(channels & survey.taken),
    )
