"""GET /healthz (this process lives) and GET /readyz (it can do its work)."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import func, select

from admin_api.fields import ResponseBody
from admin_api.health import controller
from admin_api.health.controller import ControllerState
from admin_api.health.messages import BacklogView
from admin_api.work import CurrentBacklog, CurrentDatabase
from config.clock import utc_now
from config.database import Database
from config.migrate import is_current
from config.schema import Message

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1", tags=["health"])


class Health(ResponseBody):
    status: str


class Readiness(ResponseBody):
    """`ready` is about the web process; a controller that does not answer is told beside it."""

    ready: bool
    database: str
    migrated: bool
    controller: ControllerState
    commands_waiting: int
    messages_waiting: int
    messages_overdue: int = Field(description="Waiting for longer than HELPLINE_SMS_BACKLOG_SECONDS")
    messages_oldest_seconds: int | None = Field(description="How long the oldest of them has been due")
    messages_unknown: int = Field(description="Nobody knows whether they were sent; a person is wanted")


_UNREADY: dict[int | str, dict[str, Any]] = {503: {"model": Readiness, "description": "Not ready; the body says why"}}


@router.get("/healthz")
def healthz() -> Health:
    """This process answers."""
    return Health(status="ok")


@router.get("/readyz", responses=_UNREADY)
def readyz(database: CurrentDatabase, backlog: CurrentBacklog, response: Response) -> Readiness:
    """The database can be reached and has today's tables; how the controller does and what waits."""
    try:
        readiness = _look(database, backlog)
    except Exception as error:  # whatever it is, it is an answer to the question
        log.warning("not ready: %s", type(error).__name__)
        readiness = _unready("not answering", migrated=False)
    if not readiness.ready:
        response.status_code = 503
    return readiness


def _look(database: Database, view: BacklogView) -> Readiness:
    if not is_current(database):
        return _unready("ok", migrated=False)
    controller.ask_when_due(database)
    with database.reading() as session:
        now = utc_now()
        waiting = select(func.count()).select_from(Message).where(Message.state == "queued")
        backlog = view.look(session, now)
        return Readiness(
            ready=True,
            database="ok",
            migrated=True,
            controller=controller.state(session, now),
            commands_waiting=controller.backlog(session),
            messages_waiting=session.scalar(waiting) or 0,
            messages_overdue=backlog.overdue,
            messages_oldest_seconds=backlog.oldest_seconds,
            messages_unknown=backlog.unknown,
        )


def _unready(database: str, *, migrated: bool) -> Readiness:
    return Readiness(
        ready=False,
        database=database,
        migrated=migrated,
        controller=ControllerState.UNKNOWN,
        commands_waiting=0,
        messages_waiting=0,
        messages_overdue=0,
        messages_oldest_seconds=None,
        messages_unknown=0,
    )
