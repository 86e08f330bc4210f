"""The rows of messages that are spoken by telephone: what waits, who makes the call, and what came of it.

While a call is made for it, a row is `sending`, and `sent` once it is being spoken; `claimed_by` is the controller and
`provider_id` the call. Both count: two controllers never ring for one message, and a verdict of another call is void.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from config.schema import Call, CallbackRequest, CallState, ControllerNode, JournalRow, Message, MessageEvent
from messaging import history

VOICE = "voice"
GATEWAY = "telephone"  # what stands where the SMS gateway's name stands
# Anybody may hear these, an answering machine too: they name nobody and tell nothing of anybody's health.
OPEN_TEMPLATES = frozenset({"test_message"})
_TRYING = ("sending", "sent")
_MOST_AT_ONCE = 1000
_RANG = "callback.rang"  # in the journal of the call (cdr/events.py)


@dataclass(frozen=True)
class Waiting:
    """A message to be spoken. `sound` is its file's name without an ending, empty while there is none."""

    id: str
    number: str
    language: str
    template: str
    promised_at: datetime
    tries: int
    next_try_at: datetime | None
    expires_at: datetime | None
    sound: str
    line_id: str | None

    @property
    def private(self) -> bool:
        """Whether it is spoken only after somebody has pressed a key."""
        return self.template not in OPEN_TEMPLATES


def waiting(session: Session) -> list[Waiting]:
    """What is to be spoken, due or not; those with a limit first, then the oldest."""
    rows = session.execute(
        select(Message, Call.service_line_id)
        .outerjoin(Call, Call.id == Message.call_id)
        .where(Message.state == "queued", Message.channel == VOICE)
        .order_by(Message.expires_at.is_(None), Message.created_at, Message.id)
        .limit(_MOST_AT_ONCE)
    ).all()
    resent = _resent(session, [row.id for row, _ in rows if row.asked_by])
    return [_waiting(row, line_id, resent.get(row.id, row.created_at)) for row, line_id in rows]


def _resent(session: Session, ids: Collection[str]) -> dict[str, datetime]:
    """When a person decided that it is to be spoken after all: its day begins anew."""
    event = MessageEvent
    query = select(event.message_id, func.max(event.at)).where(event.message_id.in_(ids), event.kind == "resent")
    return {str(id): at for id, at in session.execute(query.group_by(event.message_id))} if ids else {}


def _waiting(row: Message, line_id: str | None, promised_at: datetime) -> Waiting:
    spoken = row.spoken or {}
    return Waiting(
        row.id,
        row.recipient,
        row.language,
        row.template,
        promised_at,
        row.attempts,
        row.next_try_at,
        row.expires_at,
        str(spoken.get("file", "")) if spoken.get("ready") else "",
        line_id,
    )


def take(session: Session, message_id: str, call_id: str, node: str, at: datetime) -> bool:
    """Reserve the message for a call; False where somebody was quicker, or its number is in a call or about to be."""
    number = session.scalar(select(Message.recipient).where(Message.id == message_id))
    # Whoever wants to ring the same number for another message waits here (on SQLite there is one writer anyway).
    same = Message.recipient == number, Message.channel == VOICE, Message.state.in_(("queued", *_TRYING))
    rows = session.scalars(select(Message).where(*same).order_by(Message.id).with_for_update()).all()
    row = next((each for each in rows if each.id == message_id and each.state == "queued"), None)
    if row is None or any(each.state in _TRYING for each in rows):
        return False
    if (row.next_try_at and row.next_try_at > at) or _is_in_a_call(session, row.recipient):
        return False
    row.state, row.gateway, row.provider_id = "sending", GATEWAY, call_id
    row.claimed_by, row.claimed_at, row.next_try_at, row.error = node, at, None, None
    session.flush()
    return True


def _is_in_a_call(session: Session, number: str) -> bool:
    live = exists().where(CallState.call_id == Call.id, Call.caller_number == number, Call.ended_at.is_(None))
    called_back = exists().where(CallbackRequest.number == number, CallbackRequest.attempt.is_not(None))
    return bool(session.scalar(select(or_(live, called_back))))


def tried(session: Session, message_id: str, call_id: str, heard: bool = False) -> Message | None:
    """The row, where this call is the one that is made for it now.

    Who has `heard` it is not rung again, even where the call was taken for lost meanwhile.
    """
    states = (*_TRYING, "queued", "failed") if heard else _TRYING
    mine = Message.id == message_id, Message.provider_id == call_id, Message.state.in_(states)
    return session.scalar(select(Message).where(*mine, Message.channel == VOICE).with_for_update())


def settle(session: Session, row: Message, changes: Mapping[str, Any], kind: str, detail: str, at: datetime) -> None:
    """Write what a call has come to, into the row and its story."""
    call_id = row.provider_id or ""
    for name, value in changes.items():
        setattr(row, name, value)
    if row.state != "sent":
        row.claimed_by, row.claimed_at = "", None
    session.flush()
    history.note(session, row.id, kind, at, GATEWAY, call_id, detail, dedup=f"{row.id}|{call_id}|{kind}")


def give_up(session: Session, message_id: str, state: str, reason: str, error: str, at: datetime) -> Message | None:
    """End it as `expired` or `failed`; None where it is being spoken at this moment, or was settled."""
    ending = (
        update(Message)
        .where(Message.id == message_id, Message.channel == VOICE, Message.state == "queued")
        .values(state=state, receipt_reason=reason, error=error, next_try_at=None)
    )
    if _changed(session, ending) == 0:
        return None
    history.note(session, message_id, state, at, GATEWAY, detail=error)
    return session.get_one(Message, message_id, populate_existing=True)


def without_sound(session: Session, message_id: str) -> None:
    """Its file is gone: it is to be made anew."""
    row = session.get(Message, message_id)
    if row is not None and row.spoken is not None and row.state == "queued":
        row.spoken = {"text": row.spoken.get("text", "")}


@dataclass(frozen=True)
class Sounds:
    """What the folder of sounds is to hold: the files that are needed, and who has none yet: (id, language, text)."""

    needed: frozenset[str]
    missing: tuple[tuple[str, str, str], ...]


def sounds(session: Session, there: Collection[str], most: int, since: datetime) -> Sounds:
    """The next `most` to be rung have a sound each, and those that are being spoken; whoever else waits has none.

    `there` are the ids that have one. One that was heard after `since` keeps it: its call may go on.
    """
    in_a_call = or_(Message.state.in_(_TRYING), and_(Message.state == "delivered", Message.receipt_at > since))
    trying = session.scalars(select(Message.id).where(Message.id.in_(there), in_a_call)).all()
    soonest = func.coalesce(Message.next_try_at, Message.created_at)
    queued = session.scalars(
        select(Message)
        .where(Message.state == "queued", Message.channel == VOICE)
        .order_by(Message.expires_at.is_(None), soonest, Message.id)
        .limit(most)
    ).all()
    without = [row for row in queued if not (row.spoken or {}).get("ready")]
    needed = frozenset((*trying, *(row.id for row in queued)))
    return Sounds(needed, tuple((row.id, row.language, _text(row)) for row in without))


def _text(row: Message) -> str:
    return str((row.spoken or {}).get("text") or row.text)


def sound_is_there(session: Session, message_id: str, seconds: float) -> bool:
    """The sound lies under the message's id; False where nobody wants to hear it any more."""
    row = session.get(Message, message_id, with_for_update=True)
    if row is None or row.state != "queued":
        return False
    row.spoken = {"text": _text(row), "file": message_id, "ready": True, "seconds": round(seconds, 1)}
    return True


def left_behind(session: Session, node: str, live: frozenset[str], since: datetime) -> list[Message]:
    """Rows in the making whose call is not: ours that is not in `live`, or another controller's that is no more."""
    alive = select(ControllerNode.name).where(ControllerNode.seen_at >= since)
    gone = and_(Message.claimed_by != node, Message.claimed_at < since, Message.claimed_by.not_in(alive))
    query = select(Message).where(Message.channel == VOICE, Message.state.in_(_TRYING))
    rows = session.scalars(query.where(or_(Message.claimed_by == node, gone))).all()
    return [row for row in rows if row.claimed_by != node or row.provider_id not in live]


def rang(session: Session, call_id: str) -> bool:
    """Whether the phone rang in the call, as the journal knows."""
    query = select(JournalRow.id).where(JournalRow.call_id == call_id, JournalRow.kind == _RANG)
    return session.scalars(query.limit(1)).first() is not None


def _changed(session: Session, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount
