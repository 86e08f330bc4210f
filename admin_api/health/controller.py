"""Whether the controller answers: it is asked through the one thing both processes share, the table of commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from config import commands
from config.clock import utc_now
from config.database import Database
from config.schema import CommandRow

ASKED_EVERY = timedelta(seconds=5)
# Taking a command costs at most a second when the hint is lost.
PATIENCE = timedelta(seconds=4)
_KEPT = timedelta(minutes=1)
_RECIPIENT, _KIND = "controller", "ping"


class ControllerState(StrEnum):
    ANSWERING = "answering"
    NOT_ANSWERING = "not_answering"
    UNKNOWN = "unknown"  # it was asked only a moment ago


def state(session: Session, now: datetime) -> ControllerState:
    """What the table of commands tells about the controller."""
    oldest = session.scalar(
        select(func.min(CommandRow.created_at)).where(CommandRow.recipient == _RECIPIENT, CommandRow.taken_at.is_(None))
    )
    if oldest is not None and now - oldest > PATIENCE:
        return ControllerState.NOT_ANSWERING
    taken = session.scalar(
        select(func.max(CommandRow.taken_at)).where(
            CommandRow.recipient == _RECIPIENT, CommandRow.taken_at.is_not(None)
        )
    )
    if taken is not None and now - taken < ASKED_EVERY + PATIENCE:
        return ControllerState.ANSWERING
    return ControllerState.UNKNOWN


def backlog(session: Session) -> int:
    """How many commands the controller has not taken yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(CommandRow)
            .where(CommandRow.recipient == _RECIPIENT, CommandRow.taken_at.is_(None))
        )
        or 0
    )


def ask_is_due(session: Session, now: datetime) -> bool:
    """Whether it is time for another ping: none waits, and the last one is a while ago."""
    last = session.execute(
        select(CommandRow.created_at, CommandRow.taken_at)
        .where(CommandRow.recipient == _RECIPIENT, CommandRow.kind == _KIND)
        .order_by(CommandRow.id.desc())
        .limit(1)
    ).one_or_none()
    return last is None or (last.taken_at is not None and now - last.created_at >= ASKED_EVERY)


def ask_when_due(database: Database) -> None:
    """Ask, at most every few seconds, and only look where nothing is due: looking takes no write lock."""
    with database.reading() as session:
        due = ask_is_due(session, utc_now())
    if due:
        with database.writing() as session:
            ask(session, utc_now())


def ask(session: Session, now: datetime) -> None:
    """Send a ping and forget the answered ones. The controller only has to take it."""
    session.execute(delete(CommandRow).where(CommandRow.kind == _KIND, CommandRow.taken_at < now - _KEPT))
    commands.send(session, _RECIPIENT, _KIND, {}, now)
