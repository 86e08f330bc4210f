"""Services about OPDs: lists, hours, tokens, and a callback for the next opening."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from cdr import events
from config.schema import Opd
from directory import opds as department
from directory.calendar import Opening, closes_at, next_day, next_opening, opening_at
from directory.errors import DirectoryError
from flows.events import Item
from flows.services import SMS_TO
from ivr.services.answer import Answer, Arguments, Office, Who
from ivr.services.lines import calendar_of_line
from routing.policy import GENERAL

log = logging.getLogger(__name__)


def opd_districts(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        districts = department.districts_with_opds(session)
    return _listed("districts", [(district, f"district.{district}") for district in districts], office, who)


def opds(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        found = department.opds_of(session, arguments["district"])
    return _listed("opds", [(each.id, f"specialty.{each.specialty}") for each in found], office, who)


def opd_by_number(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        found = department.opd_of_number(session, int(arguments["number"]))
    if found is None:
        return Answer("unknown")
    return Answer("found", {"opd": found.id, "opd_district": found.district, "specialty": found.specialty})


def opd(office: Office, arguments: Arguments, who: Who) -> Answer:
    with office.database.reading() as session:
        found = session.get_one(Opd, arguments["opd"])
        calendar = department.calendar_of(found, office.zone)
        values = {"specialty": found.specialty, "skill": found.skill}
        now = opening_at(calendar, who.at)
        if now is None:
            return Answer("closed", values | _when(office, next_opening(calendar, who.at)))
        if not department.tokens_left(session, found, now.day):
            return Answer("full", values | _when(office, next_day(calendar, who.at)))
    closes = closes_at(calendar, who.at)
    return Answer("open", values | _when(office, None) | {"closes_at": office.clock(closes) if closes else ""})


def issue_token(office: Office, arguments: Arguments, who: Who) -> Answer:
    """An OPD that has closed since `opd` said open has no token to give: full."""
    with office.database.writing() as session:
        found = session.get_one(Opd, arguments["opd"])
        now = opening_at(department.calendar_of(found, office.zone), who.at)
        if now is None:
            return Answer("full")
        held = department.issue_token(session, found.id, now.day, who.call_id, who.caller, who.at)
    if held is None:
        return Answer("full")
    note = {"opd": found.id, "day": now.day.isoformat(), "token": held.number, "again": not held.fresh}
    return Answer(
        "issued" if held.fresh else "already",
        {"token": str(held.number), "ahead": str(held.ahead)},
        notes=((events.TOKEN_ISSUED, note),),
    )


def book_opening(office: Office, arguments: Arguments, who: Who) -> Answer:
    """The request's details say when to call, and which OPD's doctors. It fails where no opening is in sight."""
    mobile = arguments.get(SMS_TO, "")
    number = who.caller or mobile
    if not number:
        return Answer("withheld")
    opd_id = arguments.get("opd", "")
    with office.database.writing() as session:
        opens, skill = _next_of(session, office, who, opd_id)
        details = {"opens": opens.isoformat(), "opd": opd_id, "skill": skill, "line": who.line_id}
        details |= {SMS_TO: mobile} if mobile and mobile != number else {}
        request = office.routing.request_callback(
            call_id=who.call_id,
            number=number,
            category=GENERAL,
            at=who.at,
            details=details,
            session=session,
            language=who.language,
        )
    if request.call_id != who.call_id:
        earlier = (request.details or {}).get("opens")
        return Answer("already", office.when(datetime.fromisoformat(earlier) if earlier else None))
    note = (events.CALLBACK_REQUESTED, {"request": request.id, "number": number})
    return Answer("booked", office.when(opens), notes=(note,))


def _next_of(session: Session, office: Office, who: Who, opd_id: str) -> tuple[datetime, str]:
    """When it opens next, and the skill its doctors have. A line that is open day and night opens now."""
    if opd_id:
        found = session.get_one(Opd, opd_id)
        calendar, skill = department.calendar_of(found, office.zone), found.skill
        now = opening_at(calendar, who.at)
        full = now is not None and not department.tokens_left(session, found, now.day)
        opening = next_day(calendar, who.at) if full else next_opening(calendar, who.at)
    else:
        hours, skill = calendar_of_line(session, office, who), ""
        if hours is None:
            return who.at, skill
        opening = next_opening(hours, who.at)
    if opening is None:
        raise DirectoryError(f"{opd_id or who.line_id} has no opening in sight, so nobody can be called back then")
    return opening.opens, skill


def _listed(name: str, things: list[tuple[str, str]], office: Office, who: Who) -> Answer:
    unsaid = [id for id, prompt in things if not office.speakable(who.language, prompt)]
    if unsaid:
        log.warning("left out of %s, since their names have not been spoken yet: %s", name, ", ".join(unsaid))
    items = tuple(Item(id, (prompt,)) for id, prompt in things if id not in unsaid)
    return Answer("found" if items else "none", lists={name: items})


def _when(office: Office, opening: Opening | None) -> dict[str, str]:
    return office.when(opening.opens if opening else None)
