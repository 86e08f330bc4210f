"""A message is promised here, in the transaction of what causes it: either both are in the database or neither.

Nothing is sent from here; the Messenger (worker.py) takes the rows afterwards. What is wrong with a message never stops
its cause: the row is stored as refused, and says why.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberError, NumberKind, PhoneNumber, may_be_called_back, parse_number
from config.schema import Call, Message, ServiceLine
from messaging import history
from messaging.catalogue import Template
from messaging.errors import TemplateError
from messaging.quiet import earliest
from messaging.registrations import of_template
from messaging.rules import MessagingRules
from messaging.segments import segment
from messaging.wording.matching import Registration, check_against

log = logging.getLogger(__name__)

_DLT_COUNTRY = "+91"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be said, and whose header it is to bear."""

    purpose: str
    template: str
    language: str
    variables: Mapping[str, str]
    call_id: str | None
    header: str


@dataclass
class _Draft:
    """What is known of a message so far; `reason` (a key of reasons.yaml) and `error` where it can never be sent."""

    text: str = ""
    category: str = "service_implicit"
    version: int = 1
    channel: str = "sms"
    spoken: dict[str, Any] | None = None
    dlt: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    error: str = ""

    def refuse(self, reason: str, error: str) -> None:
        if not self.reason:
            self.reason, self.error = reason, error


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
    rules: MessagingRules,
    doctor_id: str | None = None,
    expires_at: datetime | None = None,
    asked_by: str = "",
    header: str = "",
    at: datetime | None = None,
) -> Message:
    """Promise one message within the caller's transaction and return its row.

    (purpose, recipient, key) is unique: asked again, the row that is there already is returned unchanged. Never raises
    for what is wrong with the message: its row is `refused` then, with `error` and `receipt_reason`. Where the purpose
    is spoken, the row's channel is voice.
    """
    at = at or utc_now()
    wish = _Wish(purpose, template, language, variables, call_id, header)
    number = _number(recipient, rules.country)
    draft = _Draft()
    try:
        _fill(session, draft, wish, number, rules)
    except TemplateError as error:
        draft.refuse(error.reason, str(error))
    cost = segment(draft.text)
    begins = earliest(draft.category, at, rules.quiet, rules.time_zone)
    values = {
        "id": new_id("sms"),
        "purpose": purpose,
        # What is no telephone number is not kept: whatever stands in this column may be dialled or shown.
        "recipient": number.e164 if number else "",
        "key": key,
        "call_id": call_id,
        "template": template,
        "language": language,
        "text": draft.text,
        "encoding": cost.encoding.value,
        "parts": cost.count,
        "state": "refused" if draft.reason else "queued",
        "error": draft.error or None,
        "receipt_reason": draft.reason,
        "attempts": 0,
        "next_try_at": begins if begins > at else None,
        "created_at": at,
        "channel": draft.channel,
        "category": draft.category,
        "template_version": draft.version,
        "spoken": draft.spoken,
        "doctor_id": doctor_id,
        "asked_by": asked_by,
        "expires_at": expires_at,
        **draft.dlt,
    }
    if _insert_if_new(session, values) and draft.reason:
        log.warning("message %s (%s, %s) is refused: %s", values["id"], purpose, template, draft.reason)
    found = select(Message).where(
        Message.purpose == purpose, Message.recipient == values["recipient"], Message.key == key
    )
    return session.scalars(found).one()


def send_again(session: Session, message_id: str, staff_id: str = "", at: datetime | None = None) -> bool:
    """A person's decision on a message that failed or whose fate is unknown; False when it is in neither state."""
    done = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state.in_(("failed", "unknown")))
        .values(
            state="queued",
            attempts=0,
            next_try_at=None,
            error=None,
            asked_by=staff_id,
            expires_at=None,
            receipt="",
            receipt_reason="",
            receipt_at=None,
        )
        .returning(Message.id)
    )
    if done.first() is None:
        return False
    history.note(session, message_id, "resent", at or utc_now(), detail=staff_id)
    return True


def _number(recipient: str, country: str) -> PhoneNumber | None:
    try:
        return parse_number(recipient, country)
    except NumberError:
        return None


def _fill(session: Session, draft: _Draft, wish: _Wish, number: PhoneNumber | None, rules: MessagingRules) -> None:
    """The channel, then the wording in it."""
    is_mobile = number is not None and number.kind is NumberKind.MOBILE
    if number is not None and _is_spoken(wish.purpose, number, rules):
        draft.channel = "voice"
        wording = rules.catalogue.find(wish.template, wish.language)
        draft.category, draft.version = wording.category, wording.version
        draft.text = wording.say(wish.variables)
        draft.spoken = {"text": draft.text}
        return
    if number is None or not is_mobile:
        kind = number.kind.value.replace("_", " ") if number else "withheld or unreadable"
        draft.refuse("not_mobile", f"SMS goes to mobile numbers only, and this is a {kind} number")
    # Abroad nobody knows DLT's ids.
    is_dlt = number is not None and number.e164.startswith(_DLT_COUNTRY)
    registered = of_template(session, wish.template, wish.language) if is_dlt else {}
    wording = _wording(wish, rules, registered, needed=is_dlt and rules.dlt_required and not draft.reason)
    draft.category, draft.version = wording.category, wording.version
    draft.text = wording.render(wish.variables, rules.urls)
    if is_dlt and not draft.reason:
        _address(session, draft, wish, registered.get(wording.version), rules)


def _is_spoken(purpose: str, number: PhoneNumber, rules: MessagingRules) -> bool:
    """Whether the number is called instead: never one abroad, or one that costs."""
    spoken = rules.spoken.get(purpose, "")
    wanted = spoken == "always" or (spoken != "" and number.kind is not NumberKind.MOBILE)
    return wanted and may_be_called_back(number.e164, rules.country)


def _wording(wish: _Wish, rules: MessagingRules, registered: Mapping[int, Registration], *, needed: bool) -> Template:
    if needed:
        return rules.catalogue.find(wish.template, wish.language, registered)
    return rules.catalogue.find(wish.template, wish.language)


def _address(
    session: Session, draft: _Draft, wish: _Wish, registration: Registration | None, rules: MessagingRules
) -> None:
    """DLT's ids, and whether the text is the registered one to the character."""
    header = wish.header or _header_of_line(session, wish.call_id)
    draft.dlt = {
        "header": header or (registration.header if registration else "") or rules.header,
        "entity_id": rules.entity_id,
        "dlt_template_id": registration.dlt_template_id if registration else "",
    }
    missing = [name for name, value in draft.dlt.items() if not value]
    if rules.dlt_required and missing:
        draft.refuse("not_registered", f"the operators would drop it: {', '.join(missing)} missing")
    if registration is not None:
        check_against(registration, draft.text)


def _header_of_line(session: Session, call_id: str | None) -> str:
    if call_id is None:
        return ""
    line = select(ServiceLine.sms_header).join(Call, Call.service_line_id == ServiceLine.id).where(Call.id == call_id)
    return session.scalar(line) or ""


def _insert_if_new(session: Session, values: dict[str, Any]) -> bool:
    # Beside a competitor that has not committed yet, PostgreSQL waits here for it, so that its row is found after.
    new = _NEW[session.get_bind().dialect.name]
    return session.execute(new, values).first() is not None


_TABLE = cast(Table, Message.__table__)
# Made once: to build it anew for each message costs more than the database does.
_NEW = {
    name: dialect.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
