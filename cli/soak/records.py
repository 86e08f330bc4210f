"""What the helpline has on record of a run, and what the telephones remember, as views."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cdr.reader import CallDetail, call_detail
from cli.soak.views import (
    CallOnRecord,
    Duty,
    Entry,
    MessageOnRecord,
    OfferOnRecord,
    PhoneLeg,
    Records,
    RequestOnRecord,
    Span,
)
from config.database import Database
from config.schema import Call, CallbackRequest, Message
from phones import ears
from phones.leg import Leg

# Shorter silences are of no interest to anybody.
_WORTH_TELLING = 2.0

At = Callable[[datetime], float]


def read(database: Database, numbers: dict[str, str], at: At) -> Records:
    """Everything on record; `numbers` are doctors' by their ids, `at` turns moments into the run's seconds."""
    with database.reading() as session:
        ids = session.scalars(select(Call.id).order_by(Call.arrived_at)).all()
        details = [detail for id in ids if (detail := call_detail(session, id)) is not None]
        return Records(
            calls=[_call(detail, numbers, at) for detail in details],
            requests=_requests(session, at),
            messages=[
                MessageOnRecord(row.id, row.recipient, row.template, row.text, row.call_id, row.attempts)
                for row in session.scalars(select(Message))
            ],
        )


def _call(detail: CallDetail, numbers: dict[str, str], at: At) -> CallOnRecord:
    call, channels = detail.call, {leg.id: leg.channel or leg.id for leg in detail.legs}
    offers = [
        OfferOnRecord(
            offer.id,
            numbers.get(offer.doctor_id, ""),
            channels.get(offer.leg_id or "", offer.leg_id or ""),
            at(offer.offered_at),
            offer.result,
        )
        for offer in detail.offers
    ]
    return CallOnRecord(
        id=call.id,
        caller=call.caller_number,
        arrived=at(call.arrived_at),
        ended=None if call.ended_at is None else at(call.ended_at),
        result=call.result,
        bridged=None if call.bridged_at is None else at(call.bridged_at),
        callback=call.callback_id,
        disposition=call.disposition,
        channels=sorted({*channels.values(), call.linkedid} - {""}),
        open_legs=sum(leg.ended_at is None for leg in detail.legs),
        offers=offers,
        journal=[Entry(at(line.entry.at), line.entry.kind, line.entry.data) for line in detail.journal],
    )


def _requests(session: Session, at: At) -> list[RequestOnRecord]:
    return [
        RequestOnRecord(
            row.id,
            row.number,
            row.state,
            row.tries,
            at(row.requested_at),
            None if row.closed_at is None else at(row.closed_at),
        )
        for row in session.scalars(select(CallbackRequest).order_by(CallbackRequest.requested_at))
    ]


def pauses(records: Records, numbers: dict[str, str]) -> list[Duty]:
    """The pauses of duty that the helpline has made by itself."""
    return [
        Duty(numbers[entry.data["doctor"]], "paused", entry.at, entry.at)
        for call in records.calls
        for entry in call.entries("doctor.paused")
        if entry.data["doctor"] in numbers
    ]


def of_phone(leg: Leg, began: float, end: float) -> PhoneLeg:
    """A telephone's call; `began` is when the run did, `end` when the call did, both time.monotonic()."""

    def seconds(moment: float | None) -> float | None:
        return None if moment is None else moment - began

    answered = seconds(leg.answered_at)
    silences = [
        Span(answered + start, answered + start + lasting)
        for start, lasting in (ears.silences(leg.heard()) if answered is not None else ())
        if answered is not None and lasting >= _WORTH_TELLING
    ]
    return PhoneLeg(
        number=leg.number,
        other=leg.other,
        incoming=leg.incoming,
        began=leg.began_at - began,
        rang=seconds(leg.rang_at),
        answered=answered,
        ended=(leg.ended_at or end) - began,
        ended_here=leg.ended_here,
        pressed=[(key, at - began) for key, at in leg.keys_pressed],
        silences=silences,
        vanished=seconds(leg.vanished_at),
    )
