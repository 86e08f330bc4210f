"""What operators tell about messages, in whatever order and however often they tell it: it always ends the same.

A receipt moves a message up only: on its way < failed < delivered. So the outcome is the highest that was ever told,
and a receipt that comes late, twice or a hundred times changes nothing. It settles what is in doubt, too: whoever tells
of a message has taken it. One receipt a transaction: then nobody waits for two messages at once, crosswise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.schema import Message, MessageEvent
from messaging import history
from messaging.gateways import Receipt, ReceiptState
from messaging.reasons import UNKNOWN, reasons, words
from messaging.rules import DEFAULT_RULES, MessagingRules

KIND = "receipt"
KEPT = timedelta(days=3)  # a receipt of a message that nobody knows
OnChange = Callable[[Session, Message], None]

_STATES: tuple[ReceiptState, ...] = get_args(ReceiptState)
_PENDING = frozenset({"sending", "doubt", "unknown"})  # its attempt's id is not known yet
_MOVED_BY = {
    "on_its_way": _PENDING | {"queued"},
    "failed": _PENDING | {"sent"},
    "delivered": _PENDING | {"sent", "failed", "queued", "expired"},
}
_ID = re.compile(r"[\x21-\x7e]{1,120}")
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]+")
_STRAY_FOR = timedelta(minutes=15)
_STRAYS_AT_A_TIME = 200
_CLOCKS_DIFFER = timedelta(minutes=5)


def record(
    session: Session,
    gateway: str,
    receipt: Receipt,
    at: datetime,
    on_change: OnChange,
    *,
    rules: MessagingRules = DEFAULT_RULES,
    keep_early: Callable[[], bool] = lambda: True,
) -> Message | None:
    """Write down one receipt in the caller's transaction; its message, or None where none is known.

    One of no message is kept where `keep_early()` allows: it may be there before our own record that the provider has
    taken the message (`apply_early`). `on_change` is told of a message whose state has changed, last.
    """
    told = cleaned(receipt)
    if told is None:
        return None
    message = _message_of(session, gateway, told)
    if message is None and not keep_early():
        return None
    if message is not None and message.provider_id in told.also:
        told = replace(told, provider_id=message.provider_id or "")
    _note(session, message, gateway, told, at)
    if message is not None and _settle(session, message, gateway, told, at, rules):
        on_change(session, message)
    return message


def apply_early(session: Session, message: Message, on_change: OnChange, rules: MessagingRules = DEFAULT_RULES) -> bool:
    """Receipts that came before our own record of the acceptance; whether they changed the message's state."""
    if not message.provider_id or not message.gateway:
        return False
    mine = (
        MessageEvent.message_id.is_(None),
        MessageEvent.provider_id == message.provider_id,
        MessageEvent.gateway == message.gateway,
        MessageEvent.kind == KIND,
    )
    events = session.scalars(select(MessageEvent).where(*mine).order_by(MessageEvent.id)).all()
    changed = False
    for event in events:
        event.message_id = message.id
        changed |= _settle(session, message, message.gateway, read(event), event.at, rules)
    if changed:
        session.flush()
        on_change(session, message)
    return changed


def strays(session: Session, at: datetime) -> list[str]:
    """Messages that were recorded at the very moment at which a receipt came, so that neither saw the other.

    `adopt` each in a transaction of its own.
    """
    same = (Message.provider_id == MessageEvent.provider_id) & (Message.gateway == MessageEvent.gateway)
    recent = (MessageEvent.message_id.is_(None), MessageEvent.provider_id != "", MessageEvent.at > at - _STRAY_FOR)
    found = select(Message.id).join(MessageEvent, same).where(*recent).distinct().limit(_STRAYS_AT_A_TIME)
    return list(session.scalars(found))


def adopt(session: Session, message_id: str, on_change: OnChange, rules: MessagingRules = DEFAULT_RULES) -> bool:
    """Give a message the receipts that had strayed; whether they changed its state."""
    message = _locked(session, message_id)
    return message is not None and apply_early(session, message, on_change, rules)


def forget_strays(session: Session, at: datetime) -> None:
    """Delete receipts of messages that nobody knew for days."""
    session.execute(delete(MessageEvent).where(MessageEvent.message_id.is_(None), MessageEvent.at < at - KEPT))


def read(event: MessageEvent) -> Receipt:
    """The receipt that an event of kind `receipt` tells of."""
    state, reason, code = (*event.detail.split(" "), "", "", "")[:3]
    known: ReceiptState = next((one for one in _STATES if one == state), "on_its_way")
    return Receipt(event.provider_id, known, "" if reason == "-" else reason, code)


def cleaned(receipt: Receipt) -> Receipt | None:
    """The receipt as it may be stored; None where it names no message or says nothing we know."""
    provider_id = receipt.provider_id if _ID.fullmatch(receipt.provider_id) else ""
    message_id = receipt.message_id if _ID.fullmatch(receipt.message_id) else ""
    if not (provider_id or message_id) or receipt.state not in _STATES:
        return None
    code = _UNPRINTABLE.sub("_", receipt.code)[:40]
    also = tuple(spelt for spelt in receipt.also if _ID.fullmatch(spelt))
    return Receipt(provider_id, receipt.state, _reason(receipt), code, receipt.at, message_id, also)


def _reason(receipt: Receipt) -> str:
    if receipt.state != "failed":
        return ""
    return receipt.reason if receipt.reason in reasons() else UNKNOWN


def _message_of(session: Session, gateway: str, told: Receipt) -> Message | None:
    """The message, locked: two receipts of it at once take turns."""
    found = None
    if told.message_id:
        found = session.get(Message, told.message_id, with_for_update=True, populate_existing=True)
    if found is None and told.provider_id:
        mine = (Message.provider_id == told.provider_id, Message.gateway == gateway)
        # The newest: an SMSC that counts anew after a restart gives an id once more.
        newest = select(Message.id).where(*mine).order_by(Message.created_at.desc()).limit(1)
        found = _locked(session, session.scalar(newest))
    if found is None and told.provider_id:
        earlier = (MessageEvent.provider_id == told.provider_id, MessageEvent.gateway == gateway)
        known = select(MessageEvent.message_id).where(*earlier, MessageEvent.message_id.is_not(None))
        found = _locked(session, session.scalar(known.order_by(MessageEvent.id.desc()).limit(1)))
    if found is None and told.also:
        spelt = (Message.provider_id.in_(told.also), Message.gateway == gateway)
        newest = select(Message.id).where(*spelt).order_by(Message.created_at.desc()).limit(1)
        found = _locked(session, session.scalar(newest))
    return found


def _locked(session: Session, message_id: str | None) -> Message | None:
    if message_id is None:
        return None
    return session.get(Message, message_id, with_for_update=True, populate_existing=True)


def _note(session: Session, message: Message | None, gateway: str, told: Receipt, at: datetime) -> None:
    detail = f"{told.state} {told.reason or '-'} {told.code}".rstrip()
    dedup = f"{KIND}|{gateway}|{told.provider_id or told.message_id}|{detail}"
    of_message = message.id if message is not None else None
    is_new = history.note(session, of_message, KIND, at, gateway, told.provider_id, detail, dedup)
    if not is_new and of_message:  # it came before, and early
        stray = (MessageEvent.dedup == dedup, MessageEvent.message_id.is_(None))
        session.execute(update(MessageEvent).where(*stray).values(message_id=of_message))


def _settle(
    session: Session, message: Message, gateway: str, told: Receipt, at: datetime, rules: MessagingRules
) -> bool:
    """Whether the message's state has changed."""
    is_earlier = _is_of_an_earlier_attempt(session, message, told)
    if is_earlier and told.state != "delivered":
        return False
    if (message.state, told.state) == ("queued", "on_its_way") and _has_failed(session, message, told):
        return False
    if message.state == told.state == message.receipt == "failed":
        _know_better(message, gateway, told)
    if message.state == "sent" and told.state == "on_its_way":
        message.receipt = message.receipt or "on_its_way"
    if message.state not in _MOVED_BY[told.state] or _was_never_sent(message, is_earlier):
        return False
    was_pending = message.state in _PENDING or message.state == "queued"
    message.state = "sent" if told.state == "on_its_way" else told.state
    message.receipt, message.receipt_reason = told.state, told.reason
    message.receipt_at = _moment(told, message, at)
    message.error = _sentence(gateway, told) if told.state == "failed" else None
    message.next_try_at = None
    if was_pending and not is_earlier:
        _taken(message, gateway, told, at, rules)
    session.flush()
    return True


def _was_never_sent(message: Message, is_earlier: bool) -> bool:
    return message.state == "queued" and message.claimed_at is None and not is_earlier


def _taken(message: Message, gateway: str, told: Receipt, at: datetime, rules: MessagingRules) -> None:
    """Its acceptance had not been recorded; claimed_by stays, by which the worker knows its own answer."""
    message.gateway = message.gateway or gateway
    message.provider_id = told.provider_id or message.provider_id
    message.sent_at = message.sent_at or at
    price = rules.millirupees.get(gateway)
    if message.millirupees is None and price is not None:
        message.millirupees = price * message.parts


def _is_of_an_earlier_attempt(session: Session, message: Message, told: Receipt) -> bool:
    """What failed then says nothing about the attempt that a person has asked for since."""
    is_between = message.state in _PENDING or message.state == "queued"  # provider_id is the last attempt's, if any
    if not told.provider_id or (not is_between and told.provider_id == message.provider_id):
        return False
    taken = select(MessageEvent.id).where(
        MessageEvent.message_id == message.id,
        MessageEvent.provider_id == told.provider_id,
        MessageEvent.kind != KIND,
    )
    if told.provider_id == message.provider_id or session.scalar(taken.limit(1)) is not None:
        return True
    return not is_between and bool(message.provider_id) and had_a_lost_attempt(session, message)


def had_a_lost_attempt(session: Session, message: Message) -> bool:
    """Whether it was tried anew after a doubt: that attempt may have been taken under an id that nobody was told."""
    events = select(MessageEvent.kind).where(MessageEvent.message_id == message.id)
    kinds = set(session.scalars(events.where(MessageEvent.kind.in_(("doubt", "resent"))).distinct()))
    return "doubt" in kinds and (message.attempts > 1 or "resent" in kinds)


def _has_failed(session: Session, message: Message, told: Receipt) -> bool:
    """Whether the same attempt's failure was told before: its first steps may come later."""
    events = select(MessageEvent.id).where(MessageEvent.message_id == message.id, MessageEvent.kind == KIND)
    same = events.where(MessageEvent.provider_id == told.provider_id, MessageEvent.detail.startswith("failed"))
    return session.scalar(same.limit(1)) is not None


def _know_better(message: Message, gateway: str, told: Receipt) -> None:
    """Of several reasons the same one wins in whichever order they come: one that says something, then by name."""
    before = (message.receipt_reason != UNKNOWN, message.receipt_reason, message.error or "")
    sentence = _sentence(gateway, told)
    if (told.reason != UNKNOWN, told.reason, sentence) > before:
        message.receipt_reason, message.error = told.reason, sentence


def _moment(told: Receipt, message: Message, at: datetime) -> datetime:
    """When the provider says it was, if that can be."""
    if told.at is None or told.at.tzinfo is None:
        return at
    return told.at if message.created_at - _CLOCKS_DIFFER <= told.at <= at + _CLOCKS_DIFFER else at


def _sentence(gateway: str, told: Receipt) -> str:
    return f"{words(told.reason, 'en')} ({' '.join(filter(None, (gateway, told.code)))})"
