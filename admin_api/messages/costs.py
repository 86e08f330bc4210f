"""What the messages of a month cost, by gateway and purpose; those without a known price are counted apart."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from admin_api.messages.schemas import CostRow, Costs
from config.clock import utc_now
from config.schema import Message

_COLUMNS = ("month", "gateway", "channel", "purpose", "messages", "parts", "rupees", "without_price")
_MILLI = 1000


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """Such as 2026-11, of the deployment's time zone."""
    return f"{at.astimezone(zone):%Y-%m}"


def costs(session: Session, month: str | None, zone: ZoneInfo) -> Costs:
    """What a provider took over in that month (default: this one), also what was not delivered afterwards."""
    month = month or month_of(utc_now(), zone)
    since, until = _bounds(month, zone)
    of = (Message.gateway, Message.channel, Message.purpose)
    # A message that is spoken has no parts, and what the call costs is the trunk's bill.
    is_sms = Message.channel == "sms"
    parts = func.sum(case((is_sms, Message.parts), else_=0))
    unknown = func.sum(case((and_(is_sms, Message.millirupees.is_(None)), 1), else_=0))
    statement = (
        select(*of, func.count(), parts, func.sum(Message.millirupees), unknown)
        .where(Message.sent_at >= since, Message.sent_at < until)
        .group_by(*of)
        .order_by(*of)
    )
    rows = [
        CostRow(
            gateway=gateway or "",
            channel=channel,
            purpose=purpose,
            messages=count,
            parts=parts or 0,
            millirupees=price or 0,
            without_price=unpriced or 0,
        )
        for gateway, channel, purpose, count, parts, price, unpriced in session.execute(statement)
    ]
    return Costs(
        month=month,
        since=since,
        until=until,
        messages=sum(row.messages for row in rows),
        parts=sum(row.parts for row in rows),
        millirupees=sum(row.millirupees for row in rows),
        without_price=sum(row.without_price for row in rows),
        rows=rows,
    )


def sheet(found: Costs) -> bytes:
    """The same as CSV; with a byte order mark, without which Excel takes UTF-8 for something else."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in found.rows:
        writer.writerow(
            (
                found.month,
                row.gateway,
                row.channel,
                row.purpose,
                row.messages,
                row.parts,
                f"{row.millirupees / _MILLI:.3f}",
                row.without_price,
            )
        )
    return text.getvalue().encode("utf-8-sig")


def _bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    year, number = (int(part) for part in month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)
