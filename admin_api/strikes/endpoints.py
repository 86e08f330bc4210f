"""GET /strikes, POST /strikes/{strike_id}/lift: numbers with strikes that count, and forgiving them."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.fields import RequestBody, ResponseBody, ShortText, StrikeId
from admin_api.masking import patient_number
from admin_api.problems import Problem, documented
from admin_api.security import Who
from admin_api.work import CurrentHouse, Reading, Writing
from config import commands
from config.clock import utc_now
from config.schema import Strike
from routing import strikes
from routing.strikes import STRIKES_THAT_BLOCK

router = APIRouter(prefix="/api/v1/strikes", tags=["strikes"])


class StruckShown(ResponseBody):
    """A number with strikes; its id is that of the newest one, since numbers are masked."""

    id: str
    number: str | None = Field(description="Masked except for administrators")
    strikes: int
    needed: int = Field(description="So many block a number")
    last_at: datetime
    last_call_id: str
    blocked_until: datetime | None = Field(description="null: not blocked")


class StruckList(ResponseBody):
    numbers: list[StruckShown]


class Lifting(RequestBody):
    reason: ShortText = Field(default="", description="For the audit log")


class Lifted(ResponseBody):
    lifted: int = Field(description="How many strikes were forgiven")


@router.get("", responses=documented())
def list_strikes(who: Who, session: Reading, house: CurrentHouse) -> StruckList:
    """Every number with strikes that count: the blocked ones first."""
    found = strikes.struck(session, utc_now(), timedelta(days=house.settings.strike_days))
    newest = _newest(session)
    return StruckList(
        numbers=[
            StruckShown(
                id=newest[one.number].id,
                number=patient_number(one.number, who.role),
                strikes=one.strikes,
                needed=STRIKES_THAT_BLOCK,
                last_at=one.last_at,
                last_call_id=newest[one.number].call_id,
                blocked_until=one.blocked_until,
            )
            for one in found
        ]
    )


@router.post("/{strike_id}/lift", responses=documented(404, 409))
def lift_strikes(strike_id: StrikeId, body: Lifting, who: Who, session: Writing, house: CurrentHouse) -> Lifted:
    """Forgive the number of this strike all its strikes; it may call again at once."""
    strike = session.get(Strike, strike_id)
    if strike is None:
        raise Problem(404, "not_found", "There is no such strike.")
    now = utc_now()
    lifted = strikes.lift(session, strike.number, who.staff_id, now)
    if lifted == 0:
        raise Problem(409, "conflict", "These strikes are lifted already.")
    audit.record(session, who, "strikes.lifted", "strike", strike_id, strikes=lifted, reason=body.reason)
    commands.send(session, "controller", "strikes_changed", {}, now, house.wake_up)
    return Lifted(lifted=lifted)


def _newest(session: Session) -> dict[str, Strike]:
    last = (
        select(Strike.number, func.max(Strike.id).label("id"))
        .where(Strike.lifted_at.is_(None))
        .group_by(Strike.number)
        .subquery()
    )
    rows = session.scalars(select(Strike).join(last, last.c.id == Strike.id))
    return {strike.number: strike for strike in rows}
