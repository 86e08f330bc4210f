"""OPDs by telephone: which there are, when they are open, and the tokens of a day, each number given out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.ids import new_id
from config.schema import Call, Opd, OpdToken
from directory.calendar import Calendar, parse_calendar


@dataclass(frozen=True)
class Held:
    """A token, whether it was issued in this very call (or had been issued before), and how many wait before it."""

    number: int
    fresh: bool
    ahead: int


def districts_with_opds(session: Session) -> list[str]:
    """The ids of the districts that have an OPD, by name."""
    return list(session.scalars(select(Opd.district).distinct().order_by(Opd.district)))


def opds_of(session: Session, district: str) -> list[Opd]:
    """A district's OPDs in the order of their numbers."""
    return list(session.scalars(select(Opd).where(Opd.district == district).order_by(Opd.number)))


def opd_of_number(session: Session, number: int) -> Opd | None:
    """The OPD whose poster has this number."""
    return session.scalar(select(Opd).where(Opd.number == number))


def calendar_of(opd: Opd, zone: tzinfo) -> Calendar:
    """When it is open. CalendarError where its stored hours are wrong."""
    return parse_calendar(opd.calendar, zone, opd.closed_dates)


def tokens_left(session: Session, opd: Opd, day: date) -> int:
    """How many tokens of the day have not been issued."""
    return max(0, opd.tokens_per_day - (session.scalar(_count(opd.id, day)) or 0))


def issue_token(
    session: Session, opd_id: str, day: date, call_id: str, caller: str | None, at: datetime
) -> Held | None:
    """The caller's token of the day, new or the one they have; None: all are issued.

    In a writing transaction: the OPD's row is held (PostgreSQL) or the whole database is (SQLite), so two callers
    never get one number. A call has one token of an OPD and day, and so has a caller's number; a caller who withholds
    it is known by the call only.
    """
    opd = session.get_one(Opd, opd_id, with_for_update=True)
    token = _token_of(session, opd_id, day, call_id, caller)
    if token is None:
        if tokens_left(session, opd, day) == 0:
            return None
        last = session.scalar(select(func.max(OpdToken.number)).where(*_of(opd_id, day))) or 0
        token = OpdToken(
            id=new_id("token"),
            opd_id=opd_id,
            day=day,
            number=last + 1,
            caller=caller,
            call_id=call_id,
            last_call_id=call_id,
            issued_at=at,
        )
        session.add(token)
    token.last_call_id = call_id
    session.flush()
    return Held(token.number, token.call_id == call_id, _ahead(session, token))


def _token_of(session: Session, opd_id: str, day: date, call_id: str, caller: str | None) -> OpdToken | None:
    theirs = OpdToken.call_id == call_id
    if caller is not None:
        theirs = or_(theirs, OpdToken.caller == caller)
    return session.scalar(select(OpdToken).where(*_of(opd_id, day), theirs).order_by(OpdToken.number).limit(1))


def _ahead(session: Session, token: OpdToken) -> int:
    """The tokens before this one whose holders have not talked to a doctor, neither in their first nor last call."""
    first, last = aliased(Call), aliased(Call)
    waiting = (
        _count(token.opd_id, token.day)
        .join(first, first.id == OpdToken.call_id, isouter=True)
        .join(last, last.id == OpdToken.last_call_id, isouter=True)
        .where(OpdToken.number < token.number, first.bridged_at.is_(None), last.bridged_at.is_(None))
    )
    return session.scalar(waiting) or 0


def _count(opd_id: str, day: date) -> Select[int]:
    return select(func.count()).select_from(OpdToken).where(*_of(opd_id, day))


def _of(opd_id: str, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return OpdToken.opd_id == opd_id, OpdToken.day == day
