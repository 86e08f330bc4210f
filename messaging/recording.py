"""What became of messages is written down here: many in one transaction, each only as long as it is still its own."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from config.schema import Message, MessageEvent
from messaging import receipts
from messaging.gateways.callbacks import without_secret
from messaging.quiet import earliest
from messaging.receipts import OnChange
from messaging.retry import AskAPerson, Done, GiveUp, Looks, LookUp, RetryDecision, TryAgain
from messaging.rules import MessagingRules

log = logging.getLogger(__name__)

NOT_THERE, CANNOT_TELL, FOUND = "not there", "cannot tell", "found"
_LONGEST = 300
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class PutBack:
    """Claimed, and certainly not handed over: the worker was told to stop, or came to it too late."""


Decision = RetryDecision | PutBack


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision that is not in the database yet, and the attempt it belongs to. `detail`: for the history."""

    message_id: str
    attempt: int
    worker: str  # who had claimed that attempt
    claimed_at: datetime | None
    gateway: str
    decision: Decision
    at: datetime
    kind: str  # of the history's event
    detail: str = ""


def answered(message: Message, decision: Decision, at: datetime, kind: str = "", detail: str = "") -> Answered:
    """The decision about a message as it was claimed."""
    claim = message.attempts, message.claimed_by, message.claimed_at
    return Answered(message.id, *claim, message.gateway or "", decision, at, kind, detail)


def record(session: Session, answers: Sequence[Answered], rules: MessagingRules, on_change: OnChange) -> None:
    """Write them down in the caller's transaction."""
    ids = sorted({answer.message_id for answer in answers})
    rows = select(Message).where(Message.id.in_(ids)).order_by(Message.id).with_for_update()
    messages = {message.id: message for message in session.scalars(rows)}
    changed = [
        message
        for answer in answers
        if (message := messages.get(answer.message_id)) is not None and _apply(session, message, answer, rules)
    ]
    session.flush()
    if events := [_event(answer) for answer in answers if answer.kind]:
        session.execute(insert(MessageEvent), events)
    early = _with_early_receipts(session, changed)
    for message in changed:  # last, since it locks the journal until the commit
        if message.state not in ("queued", "doubt"):
            on_change(session, message)
        if message.id in early:
            receipts.apply_early(session, message, on_change, rules)
    for answer in answers:
        _log(answer)


def looks(session: Session, message: Message) -> Looks:
    """How often the gateway was asked before about the attempt in doubt."""
    asked = select(MessageEvent.detail).where(
        MessageEvent.message_id == message.id,
        MessageEvent.kind == "looked_up",
        MessageEvent.id > _newest_doubt(message.id),
    )
    told = session.scalars(asked).all()
    return Looks(asked=len(told), unsettled=sum(not detail.startswith(NOT_THERE) for detail in told))


def known_ids(session: Session, message: Message) -> frozenset[str]:
    """Provider ids of whatever else went to this number, and of earlier attempts: the look-up must not find those."""
    ours = select(Message.id).where(Message.recipient == message.recipient, Message.id != message.id)
    others = select(MessageEvent.provider_id).where(MessageEvent.message_id.in_(ours), MessageEvent.provider_id != "")
    before = select(MessageEvent.provider_id).where(
        MessageEvent.message_id == message.id,
        MessageEvent.provider_id != "",
        MessageEvent.id < _newest_doubt(message.id),
    )
    current = select(Message.provider_id).where(
        Message.recipient == message.recipient, Message.id != message.id, Message.provider_id.is_not(None)
    )
    return frozenset(filter(None, session.scalars(others.union(before, current))))


def to_doubt(session: Session, messages: Iterable[Message], decision: LookUp, at: datetime) -> None:
    """Their worker has died: whoever has claimed them there is asked."""
    for message in messages:
        message.state, message.next_try_at, message.error = "doubt", decision.at, decision.reason
        session.add(
            MessageEvent(
                message_id=message.id, at=at, kind="doubt", gateway=message.gateway or "", detail=decision.reason
            )
        )
        log.warning("message %s: %s", message.id, decision.reason)


def expire(session: Session, messages: Iterable[Message], at: datetime, on_change: OnChange) -> None:
    """Nobody needs them any more."""
    for message in messages:
        message.state, message.next_try_at = "expired", None
        message.error, message.receipt_reason = "its time had passed before it could be sent", "expired"
        session.add(MessageEvent(message_id=message.id, at=at, kind="expired"))
        session.flush()
        on_change(session, message)


def postpone(messages: Iterable[Message], at: datetime, rules: MessagingRules) -> None:
    """The quiet hours have begun before they could go: they do not wait in vain, but for the morning."""
    for message in messages:
        message.next_try_at = earliest(message.category, at, rules.quiet, rules.time_zone)


def _newest_doubt(message_id: str) -> Any:
    newest = select(func.coalesce(func.max(MessageEvent.id), 0)).where(
        MessageEvent.message_id == message_id, MessageEvent.kind.in_(("doubt", "resent"))
    )
    return newest.scalar_subquery()


def _with_early_receipts(session: Session, messages: Sequence[Message]) -> set[str]:
    """Those of whom a receipt has come before our record that the provider has them."""
    sent = {message.provider_id: message.id for message in messages if message.state == "sent" and message.provider_id}
    if not sent:
        return set()
    told = select(MessageEvent.provider_id).where(
        MessageEvent.message_id.is_(None), MessageEvent.provider_id.in_(sent), MessageEvent.kind == receipts.KIND
    )
    return {sent[provider_id] for provider_id in session.scalars(told)}


def _apply(session: Session, message: Message, answer: Answered, rules: MessagingRules) -> bool:
    """Whether it changes the message's state: only while the attempt is still the one that was answered."""
    claim = message.attempts, message.claimed_by, message.claimed_at
    if claim != (answer.attempt, answer.worker, answer.claimed_at):
        return False
    # `doubt` and `unknown` too: where another process has taken this one for dead, its answer still settles the doubt.
    if message.state in ("sending", "doubt", "unknown"):
        _decided(message, answer, rules)
        return True
    if _failed_before(session, message, answer):
        message.receipt, message.receipt_at = "", None
        _decided(message, answer, rules)
        return True
    if message.state in ("sent", "delivered", "failed") and isinstance(answer.decision, Done):
        # A receipt has told its fate before the answer came.
        message.provider_id = message.provider_id or clean(answer.decision.provider_id)
        message.sent_at = message.sent_at or answer.at
    return False


def _failed_before(session: Session, message: Message, answer: Answered) -> bool:
    """Whether the failure that was told meanwhile is that of an earlier attempt, whose own answer was lost."""
    if message.state != "failed" or not isinstance(answer.decision, Done) or not message.provider_id:
        return False
    is_another = message.provider_id != clean(answer.decision.provider_id)
    return is_another and receipts.had_a_lost_attempt(session, message)


def _decided(message: Message, answer: Answered, rules: MessagingRules) -> None:
    message.next_try_at, message.receipt_reason = None, ""
    match answer.decision:
        case Done(provider_id):
            price = rules.millirupees.get(answer.gateway)
            message.state, message.provider_id, message.sent_at = "sent", clean(provider_id), answer.at
            message.error = None
            message.millirupees = None if price is None else price * message.parts
        case TryAgain(at, reason):
            message.state, message.error = "queued", clean(reason)
            message.next_try_at = earliest(message.category, at, rules.quiet, rules.time_zone)
        case LookUp(at, reason):
            message.state, message.error, message.next_try_at = "doubt", clean(reason), at
        case GiveUp(reason, key):
            message.state, message.error, message.receipt_reason = "failed", clean(reason), key
        case AskAPerson(reason, key):
            message.state, message.error, message.receipt_reason = "unknown", clean(reason), key
        case PutBack():
            message.state, message.attempts = "queued", answer.attempt - 1


def _event(answer: Answered) -> dict[str, Any]:
    provider_id = answer.decision.provider_id if isinstance(answer.decision, Done) else ""
    return {
        "message_id": answer.message_id,
        "at": answer.at,
        "kind": answer.kind,
        "gateway": answer.gateway,
        "provider_id": clean(provider_id),
        "detail": clean(answer.detail),
    }


def clean(text: str) -> str:
    """A provider's words as they may be stored: PostgreSQL refuses NUL, staff read the rest."""
    return without_secret(_CONTROLS.sub(" ", text))[:_LONGEST]


def _log(answered: Answered) -> None:
    # The reason stays in the database: a provider's words may hold the patient's number.
    level = logging.INFO if isinstance(answered.decision, Done | TryAgain | PutBack) else logging.WARNING
    log.log(
        level, "message %s, attempt %d: %s", answered.message_id, answered.attempt, type(answered.decision).__name__
    )
