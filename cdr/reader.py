"""Questions about calls, for whoever shows them: lists by pages, one call with all its parts, the calls of now."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from cdr.errors import CdrError
from cdr.events import CALL_BRIDGED
from cdr.journal import JournalLine, lines_of
from config.schema import Call, Doctor, Leg, Offer, Patient


@dataclass(frozen=True)
class CallFilter:
    """Which calls: each field that is not None narrows. `since` is included, `until` is not; `caller` is E.164.

    `doctor_id` is one who talked with the patient, also before somebody else did. `district` is the patient's or such a
    doctor's.
    """

    since: datetime | None = None
    until: datetime | None = None
    state: Literal["live", "ended"] | None = None
    doctor_id: str | None = None
    category: str | None = None
    caller: str | None = None
    district: str | None = None


@dataclass(frozen=True)
class CallPage:
    """Some calls, newest first, and the cursor of the next page (None: this was the last)."""

    calls: Sequence[Call]
    next_cursor: str | None


@dataclass(frozen=True)
class CallDetail:
    """One call with its parts in the order they began, and its journal."""

    call: Call
    legs: Sequence[Leg]
    offers: Sequence[Offer]
    journal: Sequence[JournalLine]


EVERY_CALL = CallFilter()


def calls(session: Session, which: CallFilter = EVERY_CALL, *, limit: int = 50, cursor: str | None = None) -> CallPage:
    """A page of calls, newest first. New calls do not shift a page: `cursor` is a place, not a count.

    CdrError where the cursor is not one of ours.
    """
    query = select(Call).where(*_conditions(which))
    if cursor is not None:
        query = query.where(tuple_(Call.arrived_at, Call.id) < tuple_(*_place(cursor)))
    query = query.order_by(Call.arrived_at.desc(), Call.id.desc()).limit(limit + 1)
    found = list(session.scalars(query))
    page = found[:limit]
    return CallPage(page, _cursor(page[-1]) if len(found) > limit else None)


def live_calls(session: Session) -> list[Call]:
    """The calls of this moment, the longest first."""
    return list(session.scalars(select(Call).where(Call.ended_at.is_(None)).order_by(Call.arrived_at, Call.id)))


def call_detail(session: Session, call_id: str) -> CallDetail | None:
    """The call with legs, offers and journal; None where there is no record of it."""
    call = session.get(Call, call_id)
    if call is None:
        return None
    legs = session.scalars(select(Leg).where(Leg.call_id == call_id).order_by(Leg.started_at, Leg.id))
    offers = session.scalars(select(Offer).where(Offer.call_id == call_id).order_by(Offer.offered_at, Offer.id))
    return CallDetail(call, list(legs), list(offers), lines_of(session, call_id))


def of_doctors(doctors: Sequence[str] | Select[str]) -> ColumnElement[bool]:
    """The condition on `Call`: one of these doctors talked with the patient, and be it before handing over.

    A specialist counts who was joined with the patient, not one who was asked in private.
    """
    accepted = select(Offer.call_id).where(
        Offer.doctor_id.in_(doctors), Offer.result == "accepted", Offer.kind != "specialist"
    )
    return or_(Call.doctor_id.in_(doctors), and_(Call.bridged_at.is_not(None), Call.id.in_(accepted)))


def has_talked(lines: Sequence[JournalLine], doctor_id: str) -> bool:
    """Whether this doctor was joined with the patient, by the journal of a call."""
    return any(line.entry.kind == CALL_BRIDGED and line.entry.data.get("doctor") == doctor_id for line in lines)


def _conditions(which: CallFilter) -> Iterator[ColumnElement[bool]]:
    if which.since is not None:
        yield Call.arrived_at >= which.since
    if which.until is not None:
        yield Call.arrived_at < which.until
    if which.state is not None:
        yield Call.ended_at.is_(None) if which.state == "live" else Call.ended_at.is_not(None)
    if which.doctor_id is not None:
        yield of_doctors([which.doctor_id])
    if which.category is not None:
        yield Call.category == which.category
    if which.caller is not None:
        yield Call.caller_number == which.caller
    if which.district is not None:
        yield or_(
            Call.patient_id.in_(select(Patient.id).where(Patient.district == which.district)),
            of_doctors(select(Doctor.id).where(Doctor.district == which.district)),
        )


def _cursor(call: Call) -> str:
    return base64.urlsafe_b64encode(f"{call.arrived_at.isoformat()} {call.id}".encode()).decode()


def _place(cursor: str) -> tuple[Any, Any]:
    try:
        moment, _, id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        arrived_at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        raise CdrError("this cursor was not made by a list of calls") from None
    if arrived_at.tzinfo is None or not id:
        raise CdrError("this cursor was not made by a list of calls")
    return arrived_at, id
