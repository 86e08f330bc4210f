"""Live calls in the database, so that they outlive the controller."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import cast

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import CallState
from ivr.state import Call

log = logging.getLogger(__name__)

_CALL: TypeAdapter[Call] = TypeAdapter(Call)


def save(session: Session, calls: Iterable[Call], at: datetime) -> None:
    """Keep where the calls stand; rows of the same calls are replaced."""
    rows = [{"call_id": call.id, "saved_at": at, "state": _CALL.dump_python(call, mode="json")} for call in calls]
    if rows:
        session.execute(_upsert(session.get_bind().dialect.name), rows)


def forget(session: Session, call_ids: Collection[str]) -> None:
    """The calls are over."""
    if call_ids:
        session.execute(delete(CallState).where(CallState.call_id.in_(call_ids)))


@cache  # a merge of the mapped class would read the row first, and costs three times as much
def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    table = cast(Table, CallState.__table__)
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    changes = {"saved_at": insert.excluded.saved_at, "state": insert.excluded.state}
    return insert.on_conflict_do_update(index_elements=[table.c.call_id], set_=changes)


def load_all(database: Database) -> list[Call]:
    """Every live call as it was saved last. One that cannot be read is left out and named in the log."""
    calls = []
    with database.reading() as session:
        for row in session.scalars(select(CallState)):
            try:
                calls.append(_CALL.validate_python(row.state))
            except ValidationError as error:
                log.error("the saved state of %s cannot be read: %s", row.call_id, error)
    return calls
