"""What one process asks of the other: rows in a table, because the two share nothing but the database.

A command is taken once, in order, and is gone for its taker even if that process dies on it. So a command says "look
there", never "this is so": the truth stands in the tables, and a process that starts looks at those first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import CommandRow
from config.wakeup import WakeUp

_AT_A_TIME = 500  # a statement names each, and SQLite allows 32,766 names
KEPT = timedelta(days=7)  # for whoever has to find out what was asked


@dataclass(frozen=True)
class Command:
    """Something to be done by its recipient, such as kind `duty_changed` with data `{"doctor": …}`."""

    id: int
    kind: str
    data: dict[str, Any]
    created_at: datetime


def send(
    session: Session,
    recipient: str,
    kind: str,
    data: dict[str, Any],
    at: datetime,
    wake_up: WakeUp | None = None,
) -> None:
    """Ask `recipient` ('controller', 'messenger') for something, in the transaction of its reason.

    With `wake_up` the recipient is hinted once that transaction is committed; without, or when the hint is lost, it
    finds the command at its next poll, within a second.
    """
    session.add(CommandRow(recipient=recipient, kind=kind, data=data, created_at=at))
    session.flush()
    if wake_up is not None:
        wake_up.notify_on_commit(session, recipient)


def take(database: Database, recipient: str, at: datetime) -> list[Command]:
    """Up to 500 commands that `recipient` has not taken yet, oldest first; nobody gets them a second time."""
    waiting = CommandRow.recipient == recipient, CommandRow.taken_at.is_(None)
    with database.reading() as session:
        if session.scalar(select(CommandRow.id).where(*waiting).limit(1)) is None:
            return []  # the usual case, which must not take SQLite's one write lock every second
    with database.writing() as session:
        query = select(CommandRow).where(*waiting).order_by(CommandRow.id).limit(_AT_A_TIME).with_for_update()
        rows = list(session.scalars(query))
        ids = [row.id for row in rows]
        session.execute(update(CommandRow).where(CommandRow.id.in_(ids)).values(taken_at=at))
        return [Command(row.id, row.kind, row.data, row.created_at) for row in rows]


def forget_taken(session: Session, at: datetime, kept: timedelta = KEPT) -> None:
    """Delete the commands that were taken longer than `kept` ago."""
    session.execute(delete(CommandRow).where(CommandRow.taken_at < at - kept))
