"""GET and POST /control-rooms, PATCH /control-rooms/{room_id}."""

from __future__ import annotations

from fastapi import APIRouter

from admin_api.control_rooms import service
from admin_api.control_rooms.schemas import NewRoom, RoomChange, RoomList, RoomShown
from admin_api.fields import RoomId
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import CurrentHouse, Reading, Writing

router = APIRouter(prefix="/api/v1/control-rooms", tags=["control rooms"])


@router.get("", responses=documented())
def list_rooms(who: Who, session: Reading) -> RoomList:
    """Every control room with its doctors."""
    return service.listing(session, who)


@router.post("", status_code=201, responses=documented(409))
def create_room(body: NewRoom, who: Who, session: Writing, house: CurrentHouse) -> RoomShown:
    """A number behind which several doctors sit, each announced by name before an offer."""
    return service.create(session, who, body, house)


@router.patch("/{room_id}", responses=documented(404, 409))
def change_room(room_id: RoomId, body: RoomChange, who: Who, session: Writing, house: CurrentHouse) -> RoomShown:
    """Change a room, its lines, or who sits in it."""
    return service.change(session, who, room_id, body, house)
