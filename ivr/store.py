"""Live calls in the database, so that they outlive the controller."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.bulk import Bulk
from config.database import Database
from config.schema import CallState
from ivr.state import Call

log = logging.getLogger(__name__)

_CALL: TypeAdapter[Call] = TypeAdapter(Call)


def save(session: Session, calls: Iterable[Call], at: datetime, node: str = "") -> None:
    """Keep where the calls stand, which this controller (`node`) serves; rows of the same calls are replaced.

    What is as it began is left out, two thirds of it. So a field's default may not change its meaning.
    """
    _SAVE.execute(
        session, ((call.id, node, at, _CALL.dump_json(call, exclude_defaults=True).decode()) for call in calls)
    )


def forget(session: Session, call_ids: Iterable[str]) -> None:
    """The calls are over."""
    _FORGET.execute(session, ((call_id,) for call_id in call_ids))


def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    insert = sqlite.insert(_TABLE) if dialect == "sqlite" else postgresql.insert(_TABLE)
    changes = {"saved_at": insert.excluded.saved_at, "state": insert.excluded.state}
    return insert.on_conflict_do_update(index_elements=[_TABLE.c.call_id], set_=changes)


_TABLE = cast(Table, CallState.__table__)
_SAVE = Bulk(_TABLE, ("call_id", "node", "saved_at", "state"), _upsert, ready=("state",))
_FORGET = Bulk(_TABLE, ("call_id",), lambda _: delete(_TABLE).where(_TABLE.c.call_id == bindparam("call_id")))


def load_all(database: Database, node: str | None = None) -> list[Call]:
    """Every live call as it was saved last: those of a controller, and nobody's, where `node` is given.

    One that cannot be read is left out and named in the log.
    """
    which = () if node is None else (CallState.node.in_(("", node)),)
    calls = []
    with database.reading() as session:
        for row in session.scalars(select(CallState).where(*which)):
            try:
                calls.append(_CALL.validate_python(row.state))
            except ValidationError as error:
                log.error("the saved state of %s cannot be read: %s", row.call_id, error)
    return calls
