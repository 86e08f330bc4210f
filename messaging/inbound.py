"""What people write to us: a doctor's word is followed and answered, a patient's is kept for a person, others' is kept.

One transaction has the message, what it changes and the promise of the reply; a message that the provider tells again
is nothing new. A stranger gets no reply: it would cost money, and two machines could write to each other for ever.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.ids import new_id
from config.numbers import parse_caller
from config.schema import InboundMessage, Message
from messaging.gateways import InboundSms
from messaging.keywords import NotUnderstood, Off, On, Span, Status, Wish, parse, span
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from messaging.sparing import SparingLog

log = logging.getLogger(__name__)

REPLY = "duty_reply"  # the purpose of what we answer
MOST_REPLIES = 5  # to one number in an hour
# … of which a change of duty may have more, and none is made without: a sender's number can be forged, and a doctor who
# is told notices.
MOST_CHANGES = 10
MOST_KEPT = 60  # of one number in an hour
_HOUR = timedelta(hours=1)
_LONGEST_TEXT = 1600
_LONGEST_SENDER = 40
_ID = re.compile(r"[\x21-\x7e]{1,120}")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_floods = SparingLog(log, most=5)


@dataclass(frozen=True, slots=True)
class KnownDoctor:
    """A doctor who has the number among the own; `zone` is the doctor's own."""

    id: str
    active: bool
    zone: tzinfo
    languages: Collection[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a doctor's duty stands. `duty` is on, off or paused; `begins` is in the future, else None.

    `trouble` is what keeps the phone from ringing though duty is on: leave, hours (agreed ones, not now), phone, or "".
    """

    duty: str
    begins: datetime | None = None
    ends: datetime | None = None
    trouble: str = ""


class DutyDesk(Protocol):
    """Whoever keeps the doctors' duty; all in the caller's transaction."""

    def doctors_with(self, session: Session, number: str) -> Sequence[KnownDoctor]:
        """Everybody who has the number, retired ones too; locked until the transaction ends."""
        ...

    def switch(self, session: Session, doctor_id: str, duty: str, when: Span, at: datetime) -> None:
        """Change the duty, as the doctors' line does, and tell the controller."""
        ...

    def standing(self, session: Session, doctor_id: str, at: datetime) -> Standing:
        """How it stands now."""
        ...


def receive(
    session: Session,
    gateway: str,
    sms: InboundSms,
    at: datetime,
    desk: DutyDesk,
    rules: MessagingRules,
    keep_stranger: Callable[[], bool] = lambda: True,
) -> InboundMessage | None:
    """Take one message in the caller's transaction; None where it is nothing new, or one too many.

    That is one too many of this sender, or of people nobody knows: those are kept where `keep_stranger()` allows.
    """
    number = parse_caller(sms.sender, rules.country)
    sender = number or _plain(sms.sender, _LONGEST_SENDER)
    if _count_of(session, sender, at) >= MOST_KEPT:
        _floods.warning("gateway %s: more than %d messages of one number in an hour are not kept", gateway, MOST_KEPT)
        return None
    row = _new_row(session, gateway, sms, sender, at)
    if row is None:
        return None
    doctors = desk.doctors_with(session, number) if number else ()
    active = [doctor for doctor in doctors if doctor.active]
    if len(active) == 1:
        _follow(session, row, active[0], at, desk, rules)
    elif active:
        row.result = "shared"  # a control room's: nobody's duty is changed by guessing who of them writes
        _reply(session, row, active[0], "duty_help", {}, rules)
    elif doctors:
        row.result, row.doctor_id = "retired", doctors[0].id
    else:
        row.result = "patient" if number and _was_written_to(session, number) else "stranger"
    if row.result == "stranger" and not keep_stranger():
        _floods.warning("gateway %s: too many messages of senders nobody knows; they are not kept", gateway)
        session.delete(row)
        row = None
    session.flush()
    return row


def _follow(
    session: Session, row: InboundMessage, doctor: KnownDoctor, at: datetime, desk: DutyDesk, rules: MessagingRules
) -> None:
    row.doctor_id = doctor.id
    wish = parse(row.text)
    is_change = isinstance(wish, On | Off)
    if is_change and _replies(session, row) >= MOST_CHANGES:
        row.result = "too_many"
        return
    match wish:
        case On():
            row.result = "on"
            desk.switch(session, doctor.id, "on", span(wish, at, doctor.zone), at)
        case Off():
            row.result = "off"
            desk.switch(session, doctor.id, "off", Span(), at)
        case Status():
            row.result = "status"
        case NotUnderstood():
            row.result = "help"
    template, values = answer(wish, desk.standing(session, doctor.id, at), doctor.zone, at)
    _reply(session, row, doctor, template, values, rules, MOST_CHANGES if is_change else MOST_REPLIES)


def answer(wish: Wish, standing: Standing, zone: tzinfo, at: datetime) -> tuple[str, Mapping[str, str]]:
    """The template that answers, and what is filled in; times as the doctor's own clock shows them. Pure."""
    if isinstance(wish, NotUnderstood):
        return "duty_help", {}
    if isinstance(wish, Off):
        return "duty_off", {}
    if standing.duty != "on":
        return "duty_status", {"state": standing.duty}
    if standing.trouble == "phone":
        return "duty_status", {"state": "phone"}
    if standing.ends is not None:
        begins, ends = (standing.begins or at).astimezone(zone), standing.ends.astimezone(zone)
        return "duty_on_hours", {
            "day": begins.strftime("%d-%m-%Y"),
            "from": begins.strftime("%H:%M"),
            "until": ends.strftime("%H:%M"),
        }
    if standing.trouble:
        return "duty_status", {"state": standing.trouble}
    return ("duty_on", {}) if isinstance(wish, On) else ("duty_status", {"state": "on"})


def _reply(
    session: Session,
    row: InboundMessage,
    doctor: KnownDoctor,
    template: str,
    values: Mapping[str, str],
    rules: MessagingRules,
    most: int = MOST_REPLIES,
) -> None:
    if _replies(session, row) >= most:
        _floods.warning("message %s is not answered: %d replies went to this number in an hour", row.id, most)
        return
    enqueue(
        session,
        purpose=REPLY,
        recipient=row.sender,
        key=row.id,
        template=template,
        language="hi" if "hi" in doctor.languages or not doctor.languages else "en",
        variables=values,
        call_id=None,
        rules=rules,
        doctor_id=row.doctor_id,
        expires_at=row.received_at + _HOUR,  # how duty stood hours ago helps nobody
        at=row.received_at,
    )


def _replies(session: Session, row: InboundMessage) -> int:
    """How many went to the sender in the hour before."""
    recent = (Message.purpose == REPLY, Message.recipient == row.sender, Message.created_at > row.received_at - _HOUR)
    return session.scalar(select(func.count()).select_from(Message).where(*recent)) or 0


def _new_row(session: Session, gateway: str, sms: InboundSms, sender: str, at: datetime) -> InboundMessage | None:
    values = {
        "id": new_id("in"),
        "gateway": gateway,
        "provider_id": _provider_id(sms, at),
        "sender": sender,
        "recipient": _plain(sms.recipient, _LONGEST_SENDER),
        "text": _plain(sms.text, _LONGEST_TEXT),
        "received_at": at,
        "result": "stranger",
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(InboundMessage).values(values)
    once = new.on_conflict_do_nothing(index_elements=["gateway", "provider_id"]).returning(InboundMessage.id)
    id = session.scalar(once)
    return None if id is None else session.get_one(InboundMessage, id)


def _provider_id(sms: InboundSms, at: datetime) -> str:
    """The provider's id; where it gives none, the same text of the same sender in the same minute is one message."""
    if _ID.fullmatch(sms.provider_id):
        return sms.provider_id
    what = sms.provider_id or f"{sms.sender}|{sms.text}|{at:%Y-%m-%dT%H:%M}"
    return f"ours-{hashlib.sha256(what.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _count_of(session: Session, sender: str, at: datetime) -> int:
    recent = (InboundMessage.sender == sender, InboundMessage.received_at > at - _HOUR)
    return session.scalar(select(func.count()).select_from(InboundMessage).where(*recent)) or 0


def _was_written_to(session: Session, number: str) -> bool:
    return session.scalar(select(Message.id).where(Message.recipient == number).limit(1)) is not None


def _plain(text: str, most: int) -> str:
    return _UNSTORABLE.sub(" ", text).strip()[:most]
