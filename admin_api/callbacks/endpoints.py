"""GET /callbacks, POST /callbacks/{request_id}/withdraw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from admin_api.callbacks import service
from admin_api.callbacks.schemas import CallbackPage, CallbackShown, RequestState, Withdrawal
from admin_api.fields import IdText, RequestId
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import CurrentHouse, Writing

router = APIRouter(prefix="/api/v1/callbacks", tags=["callbacks"])


@router.get("", responses=documented())
def list_callbacks(
    who: Who,
    session: Writing,
    state: RequestState | None = None,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallbackPage:
    """People to be called back, in the order in which they will be; or those who were, the newest first."""
    return service.listing(session, who, state, cursor=cursor, limit=limit)


@router.post("/{request_id}/withdraw", responses=documented(404, 409))
def withdraw_callback(
    request_id: RequestId, body: Withdrawal, who: Who, session: Writing, house: CurrentHouse
) -> CallbackShown:
    """Take a request back: nobody is called for it any more."""
    return service.withdraw(session, who, request_id, body.reason, house)
