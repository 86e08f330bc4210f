"""Live calls in the database, so that they outlive the controller."""

from __future__ import annotations

import logging
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import CallState
from ivr.state import Call

log = logging.getLogger(__name__)

_CALL: TypeAdapter[Call] = TypeAdapter(Call)


def save(session: Session, call: Call, at: datetime) -> None:
    """Keep where the call stands; the row of the same call is replaced."""
    session.merge(CallState(call_id=call.id, saved_at=at, state=_CALL.dump_python(call, mode="json")))


def forget(session: Session, call_id: str) -> None:
    """The call is over."""
    session.execute(delete(CallState).where(CallState.call_id == call_id))


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
