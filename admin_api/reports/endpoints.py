"""GET /reports/unanswered: who did not pick up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from admin_api.doctors.repository import within
from admin_api.fields import ResponseBody
from admin_api.problems import Problem, documented
from admin_api.security import Who
from admin_api.work import CurrentHouse, Reading
from cdr.errors import CdrError
from cdr.unanswered import DoctorsDay, unanswered
from config.clock import utc_now

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

_A_WEEK = timedelta(days=6)


class DoctorsDayShown(ResponseBody):
    """The offers to one doctor on one day, by how they ended."""

    day: date
    doctor_id: str
    doctor_name: str
    offers: int
    accepted: int
    declined: int
    no_answer: int
    unconfirmed: int = Field(description="Answered, but nobody pressed 1: a voicemail, perhaps")
    busy: int
    unreachable: int
    let_go: int = Field(description="Not the doctor's doing: the caller left, or another doctor was quicker")


class UnansweredReport(ResponseBody):
    first: date
    last: date
    total: int = Field(description="Doctors' days with an offer that was not taken; the rows may be fewer")
    rows: list[DoctorsDayShown] = Field(description="The newest day first, who missed most before others")


@router.get("/unanswered", responses=documented())
def report_unanswered(
    who: Who,
    session: Reading,
    house: CurrentHouse,
    first: Annotated[date | None, Query(alias="from", description="Default: six days before `to`")] = None,
    last: Annotated[date | None, Query(alias="to", description="Included; default: today")] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> UnansweredReport:
    """Doctors who declined, did not answer or could not be reached, by day of the deployment's time zone."""
    zone = ZoneInfo(house.settings.time_zone)
    try:
        until = last or utc_now().astimezone(zone).date()
        since = first or until - _A_WEEK
        found = unanswered(session, since, until, zone, within(who))
    except (CdrError, OverflowError) as problem:
        raise Problem(422, "invalid", f"No such period: {problem}.") from None
    return UnansweredReport(first=since, last=until, total=len(found), rows=[_shown(row) for row in found[:limit]])


def _shown(row: DoctorsDay) -> DoctorsDayShown:
    return DoctorsDayShown(**vars(row))
