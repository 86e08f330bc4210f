"""The service that says when somebody can be reached again: by the line's hours and the doctors' schedules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.schema import Doctor, DoctorCategory
from directory import calendar
from ivr.services.answer import Answer, Arguments, Office, Who
from ivr.services.lines import calendar_of_line
from routing.model import GENERAL
from routing.returning import next_doctor
from routing.roll import read_doctors

# Nobody's schedule is read for each caller: while nobody is on duty there may be hundreds.
_KNOWN_FOR = timedelta(minutes=1)


def next_opening(office: Office, arguments: Arguments, who: Who) -> Answer:
    """With a category or a skill: when a doctor is there and the line is open; else when the line opens.

    Where no doctor's hours are known the line's own opening is told, if it is closed now.
    """
    wanted = arguments.get("skill") or arguments.get("category", "")
    opens = _known(office, who, wanted, bool(arguments.get("skill")))
    if opens is None:
        return Answer("unknown")
    return Answer("found", _said(office, who, opens))


def _known(office: Office, who: Who, wanted: str, is_skill: bool) -> datetime | None:
    key = (who.line_id, wanted)
    told = office.openings.get(key)
    if told is not None and told[0] > who.at and (told[1] is None or told[1] > who.at):
        return told[1]
    with office.database.reading() as session:
        hours = calendar_of_line(session, office, who)
        line_opens = _opener(hours)
        opens = _doctors_open(session, office, who, wanted, is_skill, line_opens) if wanted else None
    if opens is None and hours is not None and line_opens(who.at) != who.at:
        opens = line_opens(who.at)
    office.openings[key] = (who.at + _KNOWN_FOR, opens)
    return opens


def _opener(hours: calendar.Calendar | None) -> Callable[[datetime], datetime | None]:
    def opens(at: datetime) -> datetime | None:
        if hours is None or calendar.opening_at(hours, at) is not None:
            return at
        following = calendar.next_opening(hours, at)
        return following.opens if following else None

    return opens


def _doctors_open(
    session: Session,
    office: Office,
    who: Who,
    wanted: str,
    is_skill: bool,
    line_opens: Callable[[datetime], datetime | None],
) -> datetime | None:
    """Of the category, or else general ones, who stand in for it; nobody stands in for a skill."""
    for category in (wanted,) if is_skill else (wanted, GENERAL):
        able = select(DoctorCategory.doctor_id).where(DoctorCategory.category == category)
        known = or_(Doctor.schedule.is_not(None), Doctor.duty_from.is_not(None))
        doctors, _ = read_doctors(session, Doctor.id.in_(able), Doctor.active, known)
        opens = next_doctor(doctors, office.zone.key, who.at, line_opens)
        if opens is not None:
            return opens
    return None


def _said(office: Office, who: Who, opens: datetime) -> dict[str, str]:
    """The day by its name where it has one, else as a date."""
    days = (opens.astimezone(office.zone).date() - office.today(who)).days
    name = {0: "today", 1: "tomorrow"}.get(days, "")
    values = office.when(opens)
    return {**values, "opens_day": name, "opens_on": "" if name else values["opens_on"]}
