"""What happened to a message after it was promised, in order: the console shows it as the message's story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.schema import MessageEvent

_LONGEST_DETAIL = 300


def note(
    session: Session,
    message_id: str | None,
    kind: str,
    at: datetime,
    gateway: str = "",
    provider_id: str = "",
    detail: str = "",
    dedup: str | None = None,
) -> bool:
    """Write one event; False when one with the same `dedup` is there already."""
    values = {
        "message_id": message_id,
        "at": at,
        "kind": kind,
        "gateway": gateway,
        "provider_id": provider_id,
        "detail": detail[:_LONGEST_DETAIL],
        "dedup": dedup,
    }
    if dedup is None:
        session.execute(insert(MessageEvent).values(values))
        return True
    return session.execute(_if_new(session, values)).first() is not None


def _if_new(session: Session, values: dict[str, Any]) -> Any:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(MessageEvent).values(values)
    return new.on_conflict_do_nothing(index_elements=["dedup"]).returning(MessageEvent.id)
