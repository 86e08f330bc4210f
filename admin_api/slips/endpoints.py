"""POST /calls/{call_id}/slip."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header

from admin_api.fields import CallId
from admin_api.problems import Problem, documented, problem_response
from admin_api.security import Who
from admin_api.slips import service
from admin_api.slips.schemas import NewSlip, SlipIssued
from admin_api.work import CurrentDatabase, CurrentSettings, CurrentWakeUp, Writing
from cdr.journal import Journal

router = APIRouter(prefix="/api/v1/calls", tags=["slips"])


@router.post("/{call_id}/slip", status_code=201, response_model=SlipIssued, responses=documented(404, 409))
def issue_slip(
    call_id: CallId,
    body: NewSlip,
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    database: CurrentDatabase,
    wake_up: CurrentWakeUp,
    accept_language: Annotated[str | None, Header(max_length=200, include_in_schema=False)] = None,
) -> Any:
    """Issue the advice slip of a call. Only the doctor who spoke with the patient may; the same request twice gives
    one slip, another content after that is a conflict (409). Refusals name their rule."""
    language = "hi" if (accept_language or "").lower().startswith("hi") else "en"
    issued = service.issue_slip(session, who, Journal(database), settings, call_id, body, language)
    if isinstance(issued, Problem):
        return problem_response(issued)
    wake_up.notify_on_commit(session, "messenger")
    return issued
