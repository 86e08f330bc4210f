"""The queries behind the live view: few, indexed, and the same number however much is going on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from admin_api.calls.scope import reachable
from admin_api.doctors import repository as doctors_repository
from admin_api.permissions import Scope
from admin_api.security import Principal
from config.clock import utc_now
from config.schema import Call, Doctor, InboundMessage, Message, MessageEvent, Offer
from routing.roll import read_doctors
from routing.strict import Look

MOST = 200


def live_calls(session: Session, who: Principal) -> Sequence[Call]:
    """Calls that have not ended, oldest first. A doctor also sees the call that is being offered."""
    condition = reachable(who)
    if who.scope is Scope.OWN:
        condition |= Call.id.in_(
            select(Offer.call_id).where(Offer.doctor_id == (who.doctor_id or ""), Offer.ended_at.is_(None))
        )
    return session.scalars(
        select(Call).where(Call.ended_at.is_(None), condition).order_by(Call.arrived_at).limit(MOST)
    ).all()


def live_total(session: Session, who: Principal) -> int:
    """How many calls have not ended."""
    return session.scalar(select(func.count()).select_from(Call).where(Call.ended_at.is_(None), reachable(who))) or 0


def ringing_offers(session: Session, call_ids: Sequence[str]) -> Sequence[Offer]:
    """The offers of these calls that have no result yet."""
    return session.scalars(
        select(Offer).where(Offer.call_id.in_(call_ids), Offer.result.is_(None), Offer.ended_at.is_(None))
    ).all()


def held_offers(session: Session, offer_ids: Sequence[str]) -> Sequence[Offer]:
    """These offers, as far as they ring still."""
    return session.scalars(select(Offer).where(Offer.id.in_(offer_ids), Offer.result.is_(None))).all()


def talking_doctors(session: Session, doctor_ids: Sequence[str]) -> set[str]:
    """Which of these doctors are in a bridged call now."""
    found = session.scalars(
        select(Call.doctor_id).where(
            Call.doctor_id.in_(doctor_ids), Call.bridged_at.is_not(None), Call.ended_at.is_(None)
        )
    )
    return {doctor_id for doctor_id in found if doctor_id}


def doctors(session: Session, who: Principal) -> Sequence[Doctor]:
    """Active doctors: at work first, then on duty, paused, off."""
    order = case((Doctor.claimed_by.is_not(None), 0), (Doctor.duty == "on", 1), (Doctor.duty == "paused", 2), else_=3)
    statement = select(Doctor).where(Doctor.active)
    condition = doctors_repository.within(who)
    if condition is not None:
        statement = statement.where(condition)
    return session.scalars(statement.order_by(order, Doctor.name, Doctor.id).limit(MOST)).all()


def kept_away(session: Session, doctor_ids: Sequence[str], look: Look) -> set[str]:
    """Which of these doctors, who are on duty, a rule keeps from being rung: hours, a limit, no telephone."""
    found, _ = read_doctors(session, Doctor.id.in_(doctor_ids)) if doctor_ids else ([], None)
    return {doctor.id for doctor in found if look.duty_trouble(doctor) is not None}


def duty_counts(session: Session, who: Principal) -> tuple[int, int]:
    """How many are on duty, and how many of them no call holds."""
    statement = select(func.count(), func.sum(case((Doctor.claimed_by.is_(None), 1), else_=0))).where(
        Doctor.active, Doctor.duty == "on", or_(Doctor.duty_from.is_(None), Doctor.duty_from <= utc_now())
    )
    condition = doctors_repository.within(who)
    if condition is not None:
        statement = statement.where(condition)
    on_duty, free = session.execute(statement).one()
    return on_duty or 0, free or 0


def latest_ended(session: Session, who: Principal) -> str | None:
    """A mark that changes when a call of this person ends."""
    row = session.execute(
        select(Call.id, Call.ended_at, Call.disposition)
        .where(Call.ended_at.is_not(None), reachable(who))
        .order_by(Call.ended_at.desc())
        .limit(1)
    ).one_or_none()
    return f"{row.id}/{row.disposition or ''}" if row else None


def latest_message(session: Session) -> str | None:
    """A mark that changes when a message is written or sent."""
    newest = session.scalar(select(func.max(Message.id)))
    happened = session.scalar(select(func.max(MessageEvent.id)))
    waiting = session.scalar(select(func.count()).select_from(Message).where(Message.state.in_(("queued", "sending"))))
    return f"{newest}/{happened or ''}/{waiting}" if newest else None


def latest_inbound(session: Session) -> str | None:
    """A mark that changes when somebody has sent us a message."""
    return session.scalar(select(func.max(InboundMessage.id)))
