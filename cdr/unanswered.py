"""Who did not pick up: what became of the offers to each doctor, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from cdr.errors import CdrError
from config.schema import Doctor, Offer

LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class DoctorsDay:
    """The offers to one doctor whose phone began to ring on `day`, by how they ended; those still open are not counted.

    `unconfirmed`: somebody or something answered and nobody pressed 1. `let_go`: not the doctor's doing (the caller
    left, another doctor was quicker, a controller died).
    """

    day: date
    doctor_id: str
    doctor_name: str
    offers: int = 0
    accepted: int = 0
    declined: int = 0
    no_answer: int = 0
    unconfirmed: int = 0
    busy: int = 0
    unreachable: int = 0
    let_go: int = 0

    @property
    def missed(self) -> int:
        """Offers that were not taken though they could have been: all but accepted ones and those let go."""
        return self.offers - self.accepted - self.let_go


def unanswered(
    session: Session, first: date, last: date, zone: ZoneInfo, whose: ColumnElement[bool] | None = None
) -> list[DoctorsDay]:
    """Days from `first` to `last`, both included, on which a doctor missed an offer: newest first, most missed first.

    Days are those of `zone`; `whose` is a condition on Doctor. CdrError where there are no such days or too many.
    """
    if not timedelta() <= last - first < LONGEST:
        raise CdrError(f"the report is of 1 to {LONGEST.days} days, the first of them first")
    return sorted(
        (row for row in _rows(session, first, last, zone, whose) if row.missed),
        key=lambda row: (-row.day.toordinal(), -row.missed, row.doctor_name, row.doctor_id),
    )


def _rows(
    session: Session, first: date, last: date, zone: ZoneInfo, whose: ColumnElement[bool] | None
) -> Sequence[DoctorsDay]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    # The end of each day as a moment: a day has 23 or 25 hours where clocks change. One look at the table for all days.
    day = case(*((Offer.offered_at < _begins(each + timedelta(days=1), zone), n) for n, each in enumerate(days)))
    query = (
        select(day, Offer.doctor_id, Doctor.name, Offer.result, func.count())
        .join(Doctor, Doctor.id == Offer.doctor_id)
        .where(Offer.offered_at >= _begins(first, zone), Offer.offered_at < _begins(last + timedelta(days=1), zone))
        .where(Offer.result.is_not(None))
        .group_by(day, Offer.doctor_id, Doctor.name, Offer.result)
    )
    if whose is not None:
        query = query.where(whose)
    counts: dict[tuple[int, str, str], dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    for number, doctor, name, result, count in session.execute(query):
        of_day = counts[number, doctor, name]
        of_day["offers"] += count
        of_day[_COLUMNS.get(result, "let_go")] += count
    return [DoctorsDay(days[number], doctor, name, **found) for (number, doctor, name), found in counts.items()]


_COLUMNS = {name: name for name in ("accepted", "declined", "no_answer", "unconfirmed", "busy", "unreachable")}


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
