"""GET /live: polled once a second by the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from admin_api.audit_log.endpoints import BIGGEST_ID
from admin_api.calls.repository import names_of_doctors
from admin_api.doctors.repository import categories_of
from admin_api.health import controller
from admin_api.health.messages import BacklogView
from admin_api.live import repository, stages
from admin_api.live.queue import QueueView, Standing
from admin_api.live.schemas import Live, LiveCall, LiveDoctor, LiveMessages
from admin_api.permissions import scope_of
from admin_api.problems import documented
from admin_api.security import Principal, Who
from admin_api.work import CurrentBacklog, CurrentDatabase, CurrentQueue
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Call, Doctor
from routing.rules import RoutingRules
from routing.strict import Look

router = APIRouter(prefix="/api/v1/live", tags=["live"])


@router.get("", responses=documented())
def live(
    who: Who,
    database: CurrentDatabase,
    queue: CurrentQueue,
    backlog: CurrentBacklog,
    since: Annotated[int, Query(ge=0, le=BIGGEST_ID)] = 0,
) -> Live:
    """Calls, doctors and the controller at this moment. Holds no patient's name or number."""
    controller.ask_when_due(database)
    with database.reading() as session:
        return _look(database, session, who, since, queue, backlog)


def _look(
    database: Database, session: Session, who: Principal, since: int, queue: QueueView, backlog: BacklogView
) -> Live:
    now = utc_now()
    journal = Journal(database).last_id(session)
    calls = list(repository.live_calls(session, who))
    doctors = list(repository.doctors(session, who))
    on_duty, free = repository.duty_counts(session, who)
    return Live(
        at=now,
        journal=journal,
        changed=journal != since,
        controller=controller.state(session, now),
        calls=_calls(session, calls, queue.standings(session, now)),
        calls_total=max(repository.live_total(session, who), len(calls)),
        doctors=_doctors(session, doctors, queue.rules),
        on_duty=on_duty,
        free=free,
        ended_latest=repository.latest_ended(session, who),
        message_latest=repository.latest_message(session),
        inbound_latest=repository.latest_inbound(session),
        messages=_messages(session, who, backlog, now),
    )


def _messages(session: Session, who: Principal, backlog: BacklogView, now: datetime) -> LiveMessages | None:
    if scope_of(who.role, "POST", "/api/v1/messages/{message_id}/resend") is None:
        return None
    return LiveMessages.model_validate(backlog.look(session, now))


def _calls(session: Session, calls: list[Call], standings: Mapping[str, Standing]) -> list[LiveCall]:
    offers = {offer.call_id: offer for offer in repository.ringing_offers(session, [call.id for call in calls])}
    doctor_ids = {call.doctor_id or (offers[call.id].doctor_id if call.id in offers else None) for call in calls}
    names = names_of_doctors(session, [doctor_id for doctor_id in doctor_ids if doctor_id])
    shown = []
    for call in calls:
        offer = offers.get(call.id)
        stage, since = stages.stage_of(call, offer)
        doctor_id = call.doctor_id or (offer.doctor_id if offer else None)
        shown.append(
            LiveCall(
                id=call.id,
                stage=stage,
                category=call.category,
                age_value=call.age_value,
                age_unit=call.age_unit,
                since=since,
                arrived_at=call.arrived_at,
                doctor_id=doctor_id,
                doctor_name=names.get(doctor_id or ""),
                priority=call.priority,
                **_standing(standings.get(call.id)),
            )
        )
    return shown


def _standing(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {}
    return {"place": standing.place, "estimate": standing.wait or None, "wants": list(standing.skills)}


def _doctors(session: Session, doctors: list[Doctor], rules: RoutingRules) -> list[LiveDoctor]:
    ids = [doctor.id for doctor in doctors]
    categories = categories_of(session, ids)
    talking = repository.talking_doctors(session, ids)
    held = [doctor.claimed_by for doctor in doctors if doctor.claimed_by]
    ringing = {offer.doctor_id: offer for offer in repository.held_offers(session, held)}
    now = utc_now()
    away = repository.kept_away(session, [doctor.id for doctor in doctors if doctor.duty == "on"], Look(now, rules))
    return [
        LiveDoctor(
            id=doctor.id,
            name=doctor.name,
            duty=doctor.duty,
            work=stages.work_of(doctor, ringing.get(doctor.id), doctor.id in talking, now, kept_away=doctor.id in away),
            categories=categories.get(doctor.id, []),
        )
        for doctor in doctors
    ]
