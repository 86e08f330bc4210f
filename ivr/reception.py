"""A leg enters our dialplan: a patient becomes a call, and what is no call of ours is sent away."""

from __future__ import annotations

import logging
from dataclasses import replace

from cdr.events import JournalEntry
from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberKind, parse_caller, parse_number
from config.settings import Settings
from flows import engine
from flows.definition import Flow
from ivr import events as ev
from ivr import translation
from ivr.desks import Desks
from ivr.flow_book import FlowBook
from ivr.ledger import Ledger, Page
from ivr.lines import Line, LineBook
from ivr.performer import Performer
from ivr.state import Call, Leg
from ivr.translation import Arrival

log = logging.getLogger(__name__)


class Reception:
    """`entered()` for each leg that stands in AGI."""

    def __init__(
        self, settings: Settings, lines: LineBook, book: FlowBook, desks: Desks, ledger: Ledger, performer: Performer
    ) -> None:
        self._settings = settings
        self._lines = lines
        self._book = book
        self._desks = desks
        self._ledger = ledger
        self._performer = performer

    def entered(self, arrival: Arrival) -> None:
        """A new call, or a known leg that is back."""
        if self._desks.knows(arrival.channel):
            self._desks.emit_on(arrival.channel, ev.LegReady(utc_now(), arrival.channel))
        elif arrival.context == translation.PATIENT_CONTEXT:
            self._patient_arrived(arrival)
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
        call = _call(arrival, line, flow, parse_caller(arrival.caller, self._settings.country))
        self._desks.open(call)
        self._desks.emit(call.id, ev.PatientArrived(utc_now()))

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


def _call(arrival: Arrival, line: Line, flow: Flow, caller: str | None) -> Call:
    """A new call on `line`; `caller` is the number as E.164, None where it is withheld."""
    state = engine.begin(
        flow,
        callback_possible=caller is not None,
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
