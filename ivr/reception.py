"""A leg enters our dialplan: a patient becomes a call, and what is no call of ours is sent away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container
from dataclasses import replace

from cdr.events import JournalEntry
from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberKind, may_be_called_back, parse_caller, parse_number
from config.settings import Settings
from flows import engine
from flows.definition import Flow
from ivr import events as ev
from ivr import translation
from ivr.commands import StoreCallback
from ivr.desks import Desks
from ivr.flow_book import FlowBook
from ivr.ledger import Ledger, Page
from ivr.lines import Line, LineBook
from ivr.performer import Performer
from ivr.state import Call, Kept, Leg
from ivr.translation import Arrival
from routing.policy import GENERAL

log = logging.getLogger(__name__)

_FOR_BLOCKED_CALLERS = "blocked_caller"
# The dialplan answers a caller whose number we could not keep in five.
_SECONDS_TO_KEEP_A_NUMBER = 3.0


class Reception:
    """`entered()` for each leg that stands in AGI."""

    def __init__(
        self,
        settings: Settings,
        lines: LineBook,
        book: FlowBook,
        desks: Desks,
        ledger: Ledger,
        performer: Performer,
        place_of: Callable[[str | None, Line], Kept | None] = lambda caller, line: None,
        blocked: Container[str] = (),
    ) -> None:
        self._settings = settings
        self._lines = lines
        self._book = book
        self._desks = desks
        self._ledger = ledger
        self._performer = performer
        self._place_of = place_of
        self._blocked = blocked
        self._tasks: set[asyncio.Task[None]] = set()

    def entered(self, arrival: Arrival) -> None:
        """A new call, or a known leg that is back."""
        if self._desks.knows(arrival.channel):
            self._performer.in_time(arrival.channel)
            self._desks.emit_on(arrival.channel, ev.LegReady(utc_now(), arrival.channel))
        elif arrival.channel.startswith("leg-"):
            self._performer.refuse(arrival.channel)  # a patient we have called, for a call that is over
        elif arrival.context == translation.PATIENT_CONTEXT:
            self._patient_arrived(arrival)
        elif arrival.context == translation.MISSED_CONTEXT:
            self._line_rung(arrival)
        else:
            # A number that is no line of ours, or a doctor's phone whose call is over.
            if arrival.context == translation.REFUSED_CONTEXT:
                self._journal_refusal(arrival)
            self._performer.refuse(arrival.channel)

    def unexpected(self, channel: str) -> None:
        """A phone rings for none of our calls."""
        log.warning("%s rings for nobody and is hung up", channel)
        self._performer.refuse(channel)

    def _patient_arrived(self, arrival: Arrival) -> None:
        line = self._lines.get(arrival.dialled)
        flow = self._book.active.get(line.flow) if line is not None else None
        if line is None or flow is None:
            # The dialplan knows the line, so it is we who do not: the patient gets what a dead controller's would.
            log.error("the line %s has no flow that works", arrival.dialled)
            self._journal_refusal(arrival)
            self._performer.apologise(arrival.channel)
            return
        if not self._book.speaks(line.language):
            log.error("the line %s is to speak %r, of which there is no catalogue", arrival.dialled, line.language)
            line = replace(line, language=self._settings.language)
        caller = parse_caller(arrival.caller, self._settings.country)
        if caller is not None and caller in self._blocked and flow.audience == "patient":
            flow = self._book.active.get(_FOR_BLOCKED_CALLERS, flow)
        call = _call(arrival, line, flow, caller, self._settings.country)
        call = replace(call, kept=self._place_of(caller, line))
        self._desks.open(call)
        self._desks.emit(call.id, ev.PatientArrived(utc_now()))

    def _line_rung(self, arrival: Arrival) -> None:
        """A line that is rung, not talked on: the number is kept, and only then is the caller told that we are busy."""
        line = self._lines.get(arrival.dialled)
        caller = parse_caller(arrival.caller, self._settings.country)
        if (
            line is None
            or caller is None
            or caller in self._blocked  # who hears so, and can reach the ambulance
            or not may_be_called_back(caller, self._settings.country)
        ):
            self._performer.answer_after_all(arrival.channel)
            return
        task = asyncio.get_running_loop().create_task(self._keep_number(arrival, line, caller))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_number(self, arrival: Arrival, line: Line, caller: str) -> None:
        call_id, at = new_id("call"), utc_now()
        arrived = {"dialled": arrival.dialled, "caller": caller, "linkedid": arrival.linkedid, "line": line.id}
        heard = {"flow": line.flow, "flow_version": "", "language": line.language}
        end = {"by": "system", "cause": 17, "cause_text": "to be called back", "result": "missed_call"}
        entries = (
            JournalEntry(call_id, at, "call.arrived", arrived | heard),
            JournalEntry(call_id, at, "call.ended", end),
        )
        wish = StoreCallback(caller, GENERAL, "missed_call", line.id, line.language, waiting_since=at)
        kept = self._ledger.write(Page(call_id, entries, None, wish))
        done, _ = await asyncio.wait({kept}, timeout=_SECONDS_TO_KEEP_A_NUMBER)
        if done:
            self._performer.turn_away(arrival.channel)
        else:
            self._performer.answer_after_all(arrival.channel)

    def _journal_refusal(self, arrival: Arrival) -> None:
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


def _call(arrival: Arrival, line: Line, flow: Flow, caller: str | None, country: str) -> Call:
    """A new call on `line`; `caller` is the number as E.164, None where it is withheld."""
    state = engine.begin(
        flow,
        callback_possible=caller is not None and may_be_called_back(caller, country),
        sms_possible=caller is not None and parse_number(caller).kind is NumberKind.MOBILE,
        answers={"language": line.language, "withheld": "no" if caller else "yes", "line": line.id},
    )
    return Call(
        id=new_id("call"),
        linkedid=arrival.linkedid,
        line=line.id,
        dialled=arrival.dialled,
        caller=caller,
        ambulance_number=line.ambulance_number,
        language=line.language,
        numbers=dict(line.numbers),
        arrived_at=utc_now(),
        patient=Leg(new_id("leg"), arrival.channel, state, name=arrival.name),
    )
