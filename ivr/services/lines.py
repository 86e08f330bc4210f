"""Services about the dialled line and its queue."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import Call, CallState, ServiceLine
from directory.calendar import Calendar, next_opening, opening_at, parse_calendar
from ivr.services.answer import Answer, Arguments, Office, Who

# Until talks of today tell better: what a consultation takes, in minutes.
_USUAL_TALK_MINUTES = 6.0
_TALKS_TO_LEARN_FROM = 50


def line(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        hours = calendar_of_line(session, office, who)
    if hours is None or opening_at(hours, who.at) is not None:
        return Answer("open")
    opening = next_opening(hours, who.at)
    return Answer("closed", office.when(opening.opens if opening else None))


def calendar_of_line(session: Session, office: Office, who: Who) -> Calendar | None:
    """The line's hours; None: day and night."""
    row = session.get_one(ServiceLine, who.line_id)
    return None if row.hours is None else parse_calendar(row.hours, office.zone, row.closed_dates or ())


def queue(office: Office, arguments: Arguments, who: Who) -> Answer:
    """How long a wait would be: the queue of the category, shared by its doctors, each as long as a usual talk.

    A rough figure on purpose (whole minutes, rounded up): doctors of one category also take others' calls.
    """
    category = arguments["category"]
    with office.database.reading() as session:
        waiting = _waiting(session, who.call_id)
        staff = office.routing.staffing(category, who.at, session)
        minutes = _usual_minutes(session, who.at) + office.wrap_up_minutes
    before = waiting.count(category)
    values = {"waiting": str(before)}
    if len(waiting) >= office.queue_limit:
        return Answer("full", values)
    if staff.free:
        return Answer("free", values | {"wait": "0"})
    if not staff.on_duty:
        return Answer("nobody", values)
    return Answer("busy", values | {"wait": str(math.ceil((before + 1) * minutes / staff.on_duty))})


def _waiting(session: Session, but: str) -> list[str]:
    """The categories of the live calls that wait for a doctor, the asking one left out."""
    search = CallState.state["search"]
    query = select(search["category"].as_string(), CallState.call_id)
    rows = session.execute(query.where(search["active"].as_boolean()))
    return [category for category, call_id in rows if call_id != but]


def _usual_minutes(session: Session, at: datetime) -> float:
    """The mean of the last talks of a day."""
    recent = (
        select(Call.talk_ms)
        .where(Call.arrived_at >= at - timedelta(days=1), Call.talk_ms.is_not(None))
        .order_by(Call.arrived_at.desc())
        .limit(_TALKS_TO_LEARN_FROM)
    )
    talks = session.scalars(recent).all()
    return sum(talk or 0 for talk in talks) / len(talks) / 60_000 if talks else _USUAL_TALK_MINUTES
