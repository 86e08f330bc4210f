"""A message as it may be shown to the one who looks: numbers masked, secrets left out, reasons in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from admin_api.masking import patient_number
from admin_api.messages import repository
from admin_api.messages.schemas import EventShown, MessageDetail, MessageShown, Reason
from admin_api.permissions import Role, scope_of
from admin_api.security import Principal
from config.logging import without_numbers
from config.schema import Message, MessageEvent
from messaging import receipts
from messaging.reasons import words

# Whoever reads a one-time password could sign in as its recipient.
_SECRETS = frozenset({"otp"})
_DIGIT = re.compile(r"\d")
_COLUMNS = frozenset(Message.__mapper__.columns.keys())
_COPIED = tuple(MessageShown.model_fields.keys() & _COLUMNS - {"text", "recipient", "error"})
_COPIED_TOO = tuple(MessageDetail.model_fields.keys() & _COLUMNS - {*MessageShown.model_fields, "spoken", "asked_by"})


def shown(session: Session, who: Principal, messages: Sequence[Message]) -> list[MessageShown]:
    """The messages of a list."""
    names = repository.names_of_doctors(session, messages)
    left = repository.left_at(session, [message.id for message in messages if message.state == "unknown"])
    return [
        MessageShown(
            **{name: getattr(message, name) for name in _COPIED},
            recipient=patient_number(message.recipient, who.role),
            doctor_name=names.get(message.doctor_id or ""),
            text=_text(message, message.text),
            error=_told(message.error, who.role) if message.error else None,
            reason=_reason(message.receipt_reason),
            left_at=left.get(message.id),
        )
        for message in messages
    ]


def story(session: Session, who: Principal, message: Message) -> MessageDetail:
    """One message with all that is known of it."""
    [listed] = shown(session, who, [message])
    decides = scope_of(who.role, "POST", "/api/v1/messages/{message_id}/resend") is not None
    spoken = (message.spoken or {}).get("text")
    return MessageDetail(
        **vars(listed),
        **{name: getattr(message, name) for name in _COPIED_TOO},
        spoken=_text(message, spoken) if spoken else None,
        asked_by=repository.username(session, message.asked_by) if message.asked_by else None,
        price_millirupees=message.millirupees,
        history=[_event(event, who.role) for event in repository.history(session, message.id)],
        may_resend=decides and message.state in ("failed", "unknown"),
        may_leave=decides and message.state == "unknown" and listed.left_at is None,
    )


def _event(event: MessageEvent, role: Role) -> EventShown:
    result, reason, detail = "", None, event.detail
    if event.kind == receipts.KIND:  # as messaging/receipts.py writes it: state, reason, the provider's code
        result, key, detail = (*event.detail.split(" ", 2), "", "")[:3]
        reason = _reason(key.strip("-"))
    elif event.kind == "looked_up":  # as messaging/recording.py: what the gateway said, and perhaps why
        answer, _, detail = event.detail.partition(": ")
        result = answer.replace(" ", "_")
    return EventShown(
        at=event.at,
        kind=event.kind,
        gateway=event.gateway,
        provider_id=event.provider_id,
        result=result,
        reason=reason,
        detail=_told(detail, role),
    )


def _text(message: Message, text: str) -> str:
    return _DIGIT.sub("•", text) if {message.purpose, message.template} & _SECRETS else text


def _told(sentence: str, role: Role) -> str:
    """What a provider says may hold the number."""
    return sentence if role is Role.ADMIN else without_numbers(sentence)


def _reason(key: str) -> Reason | None:
    return Reason(key=key, hi=words(key, "hi"), en=words(key, "en")) if key else None
