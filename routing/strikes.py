"""Callers whom doctors have flagged for abuse: three strikes within some weeks block a number, and staff may lift that.

A doctor's strike ends one talk; no doctor alone blocks anybody. A blocked caller is told so and still reaches the
ambulance. What was lifted counts no more; what is old counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import Strike

STRIKES_THAT_BLOCK = 3


@dataclass(frozen=True)
class Struck:
    """A number with strikes that count. `blocked_until` is None where they are too few."""

    number: str
    strikes: int
    last_at: datetime
    blocked_until: datetime | None


def blocked_until(
    strikes: Iterable[datetime], at: datetime, lasting: timedelta, most: int = STRIKES_THAT_BLOCK
) -> datetime | None:
    """Until when a number with strikes at these moments is blocked at `at`; None: it is not. Pure.

    A strike counts for `lasting`; the block ends when the last of the `most` newest that count is too old.
    """
    counting = sorted((moment for moment in strikes if at - lasting < moment <= at), reverse=True)
    return counting[most - 1] + lasting if len(counting) >= most else None


def record(session: Session, *, number: str, call_id: str, doctor_id: str, at: datetime) -> bool:
    """Write a strike down, once a call; False where the call has one already."""
    if session.scalar(select(Strike.id).where(Strike.call_id == call_id)) is not None:
        return False
    session.add(Strike(id=new_id("strike"), number=number, call_id=call_id, doctor_id=doctor_id, at=at))
    session.flush()
    return True


def struck(session: Session, at: datetime, lasting: timedelta) -> list[Struck]:
    """Every number with strikes that count, the blocked ones first, then the newest."""
    rows = session.execute(select(Strike.number, Strike.at).where(Strike.lifted_at.is_(None), Strike.at > at - lasting))
    moments: dict[str, list[datetime]] = {}
    for number, moment in rows:
        moments.setdefault(number, []).append(moment)
    found = [
        Struck(number, len(of_number), max(of_number), blocked_until(of_number, at, lasting))
        for number, of_number in moments.items()
    ]
    return sorted(found, key=lambda one: (one.blocked_until is None, -one.last_at.timestamp(), one.number))


def blocked_numbers(session: Session, at: datetime, lasting: timedelta) -> frozenset[str]:
    """The numbers that are blocked now."""
    return frozenset(one.number for one in struck(session, at, lasting) if one.blocked_until is not None)


def lift(session: Session, number: str, staff_id: str, at: datetime) -> int:
    """Forgive a number its strikes; how many there were. They stay on record with who lifted them."""
    forgive = update(Strike).where(Strike.number == number, Strike.lifted_at.is_(None))
    result = session.execute(forgive.values(lifted_at=at, lifted_by=staff_id))
    assert isinstance(result, CursorResult)
    return result.rowcount
