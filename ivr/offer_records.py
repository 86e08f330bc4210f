"""What an offer's end means for the doctor's duty and number is written with the page that tells of it.

It is on disk before the doctor is let go, so no further call comes to a phone that has just been put aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cdr import events
from cdr.events import JournalEntry
from ivr import commands as do
from ivr.state import Call
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from routing import answering
from routing.answering import AnsweringRules, Paused, Quarantined

_SMS = "duty_paused"


@dataclass(frozen=True)
class Ended:
    """An offer's end, and whose it was. `cause` is Q.850's number, 0 where there is none."""

    doctor: str
    phone: str
    result: str
    cause: int = 0


def ended_in(call: Call, commands: Iterable[do.Command]) -> Iterator[Ended]:
    """The offers that end in a decision and say something about doctor or phone."""
    for command in commands:
        if isinstance(command, do.Write) and command.kind == events.OFFER_ENDED:
            result, cause = str(command.data["result"]), command.data.get("cause")
            item = next((one for one in call.doctors if one.offer == command.data["offer"]), None)
            if item is not None and answering.meaning(result):
                yield Ended(item.doctor, item.phone, result, cause if isinstance(cause, int) else 0)


def record(
    session: Session, call_id: str, ended: Ended, at: datetime, rules: AnsweringRules, messages: MessagingRules
) -> list[JournalEntry]:
    """Count it; entries for what follows."""
    match answering.count(session, ended.doctor, ended.phone, ended.result, at, rules, ended.cause):
        case Paused() as paused:
            _tell(session, call_id, paused, messages)
            return [JournalEntry(call_id, at, events.DOCTOR_PAUSED, {"doctor": paused.doctor, "reason": "unanswered"})]
        case Quarantined(doctor, phone, reason):
            data = {"doctor": doctor, "phone": phone, "reason": reason}
            return [JournalEntry(call_id, at, events.PHONE_QUARANTINED, data)]
    return []


def _tell(session: Session, call_id: str, paused: Paused, messages: MessagingRules) -> None:
    """A centre's landline gets no message: it is kept as refused then."""
    enqueue(
        session,
        purpose=_SMS,
        recipient=paused.phone,
        key=f"{paused.doctor}:{call_id}",
        template=_SMS,
        language="hi" if "hi" in paused.languages or not paused.languages else "en",
        variables={},
        call_id=None,
        rules=messages,
        doctor_id=paused.doctor,
    )
