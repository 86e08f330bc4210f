"""PURE: the call that is made for a request to be called back, before anything has happened in it."""

from __future__ import annotations

from datetime import datetime

from config.ids import new_id
from config.numbers import NumberKind, parse_number
from flows import engine
from flows.definition import Flow
from flows.services import SMS_TO
from ivr.lines import Line
from ivr.state import Call, Kept, Leg, OfferKind, Search
from routing.agenda import DIAL_BACK, MISSED_CALL, URGENT, Request

CALLED_BACK = "called_back"


def flow_for(request: Request) -> str:
    """The flow of the question that whoever answers hears."""
    return MISSED_CALL if request.kind == MISSED_CALL else CALLED_BACK


def call_for(request: Request, call_id: str, priority: str | None, line: Line, flow: Flow, at: datetime) -> Call:
    """The call `call_id`; `priority` is the search's in which a doctor was found for it, None: patient first."""
    missed = request.kind == MISSED_CALL
    answers = {"language": request.language, "withheld": "no", "line": line.id} | ({} if missed else _wishes(request))
    if request.details.get(SMS_TO):
        answers[SMS_TO] = request.details[SMS_TO]
    is_mobile = parse_number(request.number).kind is NumberKind.MOBILE
    leg_id = new_id("leg")
    search = None
    if priority is not None:
        kind: OfferKind = "dial_back" if request.kind == DIAL_BACK else "callback"
        search = Search(request.category, request.place, priority, request.skills, kind=kind)
    return Call(
        id=call_id,
        linkedid=leg_id,
        line=line.id,
        dialled=line.dialled_number,
        caller=request.number,
        ambulance_number=line.ambulance_number,
        language=request.language,
        numbers=dict(line.numbers),
        arrived_at=at,
        patient=Leg(leg_id, leg_id, engine.begin(flow, sms_possible=is_mobile, answers=answers)),
        search=search,
        direction="out",
        callback=request.id,
        callback_kind=request.kind,
        reach="to_ring",
        then=line.flow if missed else "",
        kept=Kept(request.id, request.place, answers.get("urgency", ""), request.skills),
    )


def _wishes(request: Request) -> dict[str, str]:
    """What the flow knows of the doctor who is wanted: variables of called_back.yaml."""
    known = {name: request.details[name] for name in ("age", "age_unit") if name in request.details}
    urgency = URGENT if request.priority == URGENT else "callback"
    skill = {"skill": request.skills[0]} if request.skills else {}
    return {"category": request.category, "urgency": urgency, **known, **skill}
