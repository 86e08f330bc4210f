"""Services about the dialled line and its queue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import Call, CallState, ServiceLine
from directory.calendar import Calendar, next_opening, opening_at, parse_calendar
from ivr.services.answer import Answer, Arguments, Office, Who
from routing import ewt

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
    """How long a wait would be, by the talks of the last hour; empty where nobody can tell, or it is long.

    A rough figure on purpose (in the steps of routing/ewt.py): doctors of one category also take others' calls.
    """
    category = arguments["category"]
    with office.database.reading() as session:
        waiting = _waiting(session, who.call_id)
        line = session.get(ServiceLine, who.line_id)
        limit = line.queue_limit if line is not None else None
        staff = office.routing.staffing(category, who.at, session)
        services = talks(session, office, category, who.at)
    before = sum(1 for each, _ in waiting if each == category)
    values = {"waiting": str(before)}
    if len(waiting) >= office.queue_limit or (
        limit is not None and sum(1 for _, line_id in waiting if line_id == who.line_id) >= limit
    ):
        return Answer("full", values)
    if staff.free:
        return Answer("free", values | {"wait": "0"})
    if not staff.on_duty:
        return Answer("nobody", values)
    wait = ewt.in_steps(ewt.estimate(ewt.Recent(services), before + 1, staff.on_duty, who.at))
    return Answer("busy", values | {"wait": "" if wait == ewt.LONG else wait})


def _waiting(session: Session, but: str) -> list[tuple[str, str]]:
    """Category and line of the live calls that wait for a doctor, the asking one left out."""
    search = CallState.state["search"]
    query = select(search["category"].as_string(), CallState.state["line"].as_string(), CallState.call_id)
    # What is as it began is not in a saved state (ivr/store.py), and a search begins active.
    waits = (search["category"].as_string().is_not(None), search["active"].as_boolean().is_distinct_from(False))
    rows = session.execute(query.where(*waits))
    return [(category, line_id) for category, line_id, call_id in rows if call_id != but]


def talks(session: Session, office: Office, category: str, at: datetime) -> list[ewt.Service]:
    """What doctors had of the last hour's calls of the category, the time to write it up included."""
    recent = (
        select(Call.bridged_at, Call.talk_ms)
        .where(Call.category == category, Call.arrived_at >= at - 2 * ewt.LOOK_BACK, Call.talk_ms.is_not(None))
        .order_by(Call.arrived_at.desc())
        .limit(_TALKS_TO_LEARN_FROM)
    )
    rest = office.wrap_up_minutes * 60
    return [
        ewt.Service(begun, talk / 1000 + rest)
        for begun, talk in session.execute(recent)
        if begun is not None and talk is not None
    ]
