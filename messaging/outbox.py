"""A message is promised here, in the transaction of what causes it: either both are in the database or neither.

Nothing is sent from here; the Messenger (worker.py) takes the rows afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberError, NumberKind, parse_number
from config.schema import Message
from messaging.catalogue import Catalogue, shipped
from messaging.errors import NotAMobile
from messaging.segments import segment


def enqueue(
    session: Session,
    *,
    purpose: str,
    recipient: str,
    key: str,
    template: str,
    language: str,
    variables: Mapping[str, str],
    call_id: str | None,
    catalogue: Catalogue | None = None,
    at: datetime | None = None,
) -> Message:
    """Promise one SMS within the caller's transaction and return its row.

    (purpose, recipient, key) is unique: asked again, the row that is there already is returned unchanged. Raises
    NotAMobile when `recipient` is no mobile number, TemplateError when the wording cannot be filled.
    """
    number = _mobile(recipient)
    text = (catalogue or shipped()).find(template, language).render(variables)
    cost = segment(text)
    values = {
        "id": new_id("sms"),
        "purpose": purpose,
        "recipient": number,
        "key": key,
        "call_id": call_id,
        "template": template,
        "language": language,
        "text": text,
        "encoding": cost.encoding.value,
        "parts": cost.count,
        "state": "queued",
        "attempts": 0,
        "created_at": at or utc_now(),
    }
    _insert_if_new(session, values)
    found = select(Message).where(Message.purpose == purpose, Message.recipient == number, Message.key == key)
    return session.scalars(found).one()


def send_again(session: Session, message_id: str) -> bool:
    """A person's decision on a message that failed or whose fate is unknown; False when it is in neither state."""
    done = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state.in_(("failed", "unknown")))
        .values(state="queued", attempts=0, next_try_at=None, error=None)
        .returning(Message.id)
    )
    return done.first() is not None


def _mobile(recipient: str) -> str:
    try:
        number = parse_number(recipient)
    except NumberError as error:
        raise NotAMobile(f"no SMS can go there: {error}") from None
    if number.kind is not NumberKind.MOBILE:
        raise NotAMobile(f"SMS goes to mobile numbers only, and this is a {number.kind.value} number")
    return number.e164


def _insert_if_new(session: Session, values: dict[str, Any]) -> None:
    # Beside a competitor that has not committed yet, PostgreSQL waits here for it, so that one() finds its row.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Message).values(values).on_conflict_do_nothing())
