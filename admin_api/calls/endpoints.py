"""GET /calls, GET /calls/{call_id}, PATCH /calls/{call_id}/patient."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from admin_api.calls import service
from admin_api.calls.schemas import CallDetail, CallPage, PatientChange
from admin_api.fields import CallId, Category, Cursor, IdText, Moment, NumberText
from admin_api.permissions import Role
from admin_api.problems import Problem, documented
from admin_api.security import Who
from admin_api.work import CurrentDatabase, CurrentSettings, Writing
from cdr.journal import Journal
from cdr.reader import CallFilter
from config.numbers import NumberError, parse_number

router = APIRouter(prefix="/api/v1/calls", tags=["calls"])


@router.get("", responses=documented())
def list_calls(
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    since: Annotated[Moment | None, Query(description="Arrived at or after")] = None,
    until: Annotated[Moment | None, Query(description="Arrived before")] = None,
    state: Literal["live", "ended"] | None = None,
    doctor_id: IdText | None = None,
    category: Category | None = None,
    caller: Annotated[NumberText | None, Query(description="A caller's number; administrators and supervisors")] = None,
    cursor: Cursor | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallPage:
    """Calls, newest first. Reading them is written to the audit log."""
    which = CallFilter(since, until, state, doctor_id, category, _caller(caller, who.role, settings.country))
    return service.listing(session, who, which, limit=limit, cursor=cursor)


@router.get("/{call_id}", responses=documented(404))
def get_call(call_id: CallId, who: Who, session: Writing, settings: CurrentSettings) -> CallDetail:
    """One call with its patient, legs, offers and journal. Reading it is written to the audit log."""
    return service.detail(session, who, call_id, settings.country)


@router.patch("/{call_id}/patient", responses=documented(404, 409))
def complete_patient(
    call_id: CallId,
    body: PatientChange,
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    database: CurrentDatabase,
) -> CallDetail:
    """Say who the patient of this call is: an earlier patient of the same number, or a new one."""
    return service.complete_patient(session, who, Journal(database), call_id, body, settings.country)


def _caller(text: str | None, role: Role, country: str) -> str | None:
    if text is None:
        return None
    if role not in (Role.ADMIN, Role.SUPERVISOR):
        raise Problem(403, "not_allowed", "Your account may not search by number.", field="caller")
    try:
        return parse_number(text, country).e164
    except NumberError as error:
        raise Problem(422, "invalid", str(error), field="caller") from None
