"""What staff see of requests to be called back, and how they take one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.callbacks import repository
from admin_api.callbacks.schemas import CallbackPage, CallbackShown
from admin_api.masking import patient_number
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.work import House
from config import commands
from config.clock import utc_now
from config.schema import CallbackRequest
from routing import callbacks
from routing.agenda import in_order

_COPIED = tuple(CallbackShown.model_fields.keys() - {"number", "line", "place", "being_called"})


def listing(session: Session, who: Principal, state: str | None, *, cursor: str | None, limit: int) -> CallbackPage:
    """One page: open requests in the order in which they are called, others the newest first."""
    places = _places(session)
    requests: Sequence[CallbackRequest]
    if state == "open":
        requests = _open_page(session, places, cursor, limit + 1)
    else:
        requests = repository.page(session, state, after=cursor, limit=limit + 1)
    shown = requests[:limit]
    more = len(requests) > limit
    audit.record(session, who, "callbacks.listed", "callback", requests=[request.id for request in shown])
    return CallbackPage(
        callbacks=_shown(session, who, shown, places),
        open_total=len(places),
        next_cursor=shown[-1].id if more else None,
    )


def withdraw(session: Session, who: Principal, request_id: str, reason: str, house: House) -> CallbackShown:
    """Nobody is called back for this request any more. Problem 404, 409 where it is closed already.

    An attempt that is under way goes on: somebody may be talking.
    """
    if session.get(CallbackRequest, request_id) is None:
        raise Problem(404, "not_found", "There is no such request.")
    now = utc_now()
    request = callbacks.withdraw(session, request_id, now)
    if request is None:
        raise Problem(409, "conflict", "This request is closed already.")
    audit.record(session, who, "callback.withdrawn", "callback", request_id, reason=reason)
    commands.send(session, "controller", "callbacks_changed", {"request": request_id}, now, house.wake_up)
    return _shown(session, who, [request], {})[0]


def _places(session: Session) -> dict[str, int]:
    """The place of each open request, from 1, in the order in which the agenda calls them."""
    return {request.id: place for place, request in enumerate(in_order(callbacks.open_requests(session)), start=1)}


def _open_page(session: Session, places: Mapping[str, int], cursor: str | None, limit: int) -> list[CallbackRequest]:
    after = places.get(cursor or "", 0)
    wanted = [id for id, place in places.items() if place > after][:limit]
    return [session.get_one(CallbackRequest, id) for id in wanted]


def _shown(
    session: Session, who: Principal, requests: Sequence[CallbackRequest], places: Mapping[str, int]
) -> list[CallbackShown]:
    lines = repository.dialled(session, requests)
    return [
        CallbackShown(
            **{name: getattr(request, name) for name in _COPIED},
            number=patient_number(request.number, who.role),
            line=lines.get(request.line_id or ""),
            place=places.get(request.id),
            being_called=request.attempt is not None,
        )
        for request in requests
    ]
