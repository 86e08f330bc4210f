"""GET /messages, /messages/{message_id}, /messages/costs; POST /messages/{message_id}/resend and /leave."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response

from admin_api import audit
from admin_api.fields import IdText, Moment, NumberText
from admin_api.messages import costs as prices
from admin_api.messages import service
from admin_api.messages.repository import MessageFilter
from admin_api.messages.schemas import Channel, Costs, MessageDetail, MessagePage, Month, Resend, State, Word
from admin_api.permissions import Role
from admin_api.problems import Problem, documented
from admin_api.security import Principal, Who
from admin_api.work import CurrentSettings, CurrentWakeUp, Writing
from config.numbers import NumberError, parse_number

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])

_MESSENGER = "messenger"
MessageId = Annotated[IdText, Path(description="Our own id of the message")]
OfMonth = Annotated[Month | None, Query(description="Such as 2026-11; default: this month")]


@router.get("", responses=documented())
def list_messages(
    who: Who,
    session: Writing,
    settings: CurrentSettings,
    state: Annotated[list[State] | None, Query(description="One or several")] = None,
    purpose: Word | None = None,
    gateway: Word | None = None,
    call_id: IdText | None = None,
    channel: Channel | None = None,
    since: Annotated[Moment | None, Query(description="Written at or after")] = None,
    until: Annotated[Moment | None, Query(description="Written before")] = None,
    recipient: Annotated[NumberText | None, Query(description="A number; administrators only")] = None,
    undecided: Annotated[bool, Query(description="Only those of unknown fate that want a person")] = False,
    totals: Annotated[bool, Query(description="Count by state, too")] = False,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MessagePage:
    """Messages, newest first. Reading them is written to the audit log."""
    number = _recipient(recipient, who, settings.country)
    which = MessageFilter(
        frozenset(state or ()), purpose, gateway, call_id, channel, since, until, number, undecided=undecided
    )
    return service.listing(session, who, which, cursor=cursor, limit=limit, with_totals=totals)


@router.get("/costs", responses=documented())
def get_costs(who: Who, session: Writing, settings: CurrentSettings, month: OfMonth = None) -> Costs:
    """What the messages of a month cost: by gateway and purpose, those without a known price counted apart."""
    audit.record(session, who, "messages.costs")
    return prices.costs(session, month, ZoneInfo(settings.time_zone))


@router.get(
    "/costs/sheet",
    response_class=Response,
    responses=documented() | {200: {"content": {"text/csv": {}}, "description": "The costs as CSV"}},
)
def get_costs_sheet(who: Who, session: Writing, settings: CurrentSettings, month: OfMonth = None) -> Response:
    """The same as a sheet."""
    audit.record(session, who, "messages.costs")
    found = prices.costs(session, month, ZoneInfo(settings.time_zone))
    name = f"messages-{found.month}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(prices.sheet(found), media_type="text/csv", headers=headers)


@router.get("/{message_id}", responses=documented(404))
def get_message(message_id: MessageId, who: Who, session: Writing) -> MessageDetail:
    """One message with its story. Reading it is written to the audit log."""
    return service.detail(session, who, message_id)


@router.post("/{message_id}/resend", responses=documented(404, 409))
def resend_message(
    message_id: MessageId, body: Resend, who: Who, session: Writing, wake_up: CurrentWakeUp
) -> MessageDetail:
    """A person's decision to send it once more: only one that failed, or whose fate is unknown."""
    sent = service.resend(session, who, message_id, may_arrive_twice=body.may_arrive_twice)
    wake_up.notify_on_commit(session, _MESSENGER)
    return sent


@router.post("/{message_id}/leave", responses=documented(404, 409))
def leave_message(message_id: MessageId, who: Who, session: Writing) -> MessageDetail:
    """A person's decision not to send a message of unknown fate again."""
    return service.leave(session, who, message_id)


def _recipient(text: str | None, who: Principal, country: str) -> str | None:
    if text is None:
        return None
    if who.role is not Role.ADMIN:
        raise Problem(403, "not_allowed", "Your account may not search by number.", field="recipient")
    try:
        return parse_number(text, country).e164
    except NumberError as error:
        raise Problem(422, "invalid", str(error), field="recipient") from None
