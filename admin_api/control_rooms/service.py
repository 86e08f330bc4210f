"""What staff do with control rooms. A doctor sits in a room whose number is one of the doctor's phones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.control_rooms.schemas import NewRoom, RoomChange, RoomDoctor, RoomList, RoomShown
from admin_api.doctors import checks
from admin_api.permissions import Scope
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.work import House
from config import commands
from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberError
from config.schema import ControlRoom, Doctor, DoctorPhone


def listing(session: Session, who: Principal) -> RoomList:
    """The rooms by name: all, or those of the officer's district."""
    query = select(ControlRoom).order_by(ControlRoom.name, ControlRoom.id)
    if who.scope is Scope.DISTRICT:
        query = query.where(ControlRoom.district == (who.district or "-"))
    return RoomList(rooms=_shown(session, session.scalars(query).all()))


def create(session: Session, who: Principal, new: NewRoom, house: House) -> RoomShown:
    """A new room. Problem 409 where the number is a room's already, 422 for a number or doctor that is none."""
    number = _free_number(session, new.number, house)
    room = ControlRoom(id=new_id("room"), name=new.name, number=number, district=new.district, lines=new.lines)
    session.add(room)
    session.flush()
    _seat(session, room, new.doctors)
    _changed(session, number, house)
    audit.record(session, who, "control_room.created", "control_room", room.id)
    return _shown(session, [room])[0]


def change(session: Session, who: Principal, room_id: str, wanted: RoomChange, house: House) -> RoomShown:
    """Change what the request names; with the number, its doctors' phones change too. Problem 404, 409, 422."""
    room = session.get(ControlRoom, room_id, with_for_update=True)
    if room is None:
        raise Problem(404, "not_found", "There is no such control room.")
    given = wanted.given()
    if "number" in given:
        given["number"] = _free_number(session, given["number"], house, room.id)
        _move(session, room.number, given["number"])
    fields = sorted(given)
    doctors = given.pop("doctors", None)
    for name, value in given.items():
        setattr(room, name, value)
    session.flush()
    _changed(session, room.number, house)  # those who leave, too
    if doctors is not None:
        _seat(session, room, doctors)
        _changed(session, room.number, house)
    if fields:
        audit.record(session, who, "control_room.changed", "control_room", room.id, fields=fields)
    return _shown(session, [room])[0]


def _free_number(session: Session, text: str, house: House, own: str = "") -> str:
    try:
        number = checks.number(text, house.settings.country)
    except NumberError as error:
        raise checks.refused([{"field": "number", "kind": "invalid_number", "detail": str(error)}]) from None
    known = session.scalar(select(ControlRoom.id).where(ControlRoom.number == number))
    if known not in (None, own):
        raise Problem(409, "conflict", "Another control room has this number.", field="number")
    return number


def _move(session: Session, old: str, new: str) -> None:
    """The room's doctors keep sitting in it; who has the new number already just loses the old one."""
    have = select(DoctorPhone.doctor_id).where(DoctorPhone.number == new)
    phones = session.scalars(select(DoctorPhone).where(DoctorPhone.number == old, DoctorPhone.doctor_id.not_in(have)))
    for phone in phones:
        phone.number, phone.failures, phone.quarantined_at, phone.quarantine_reason = new, 0, None, ""


def _seat(session: Session, room: ControlRoom, doctor_ids: Collection[str]) -> None:
    """Let exactly these doctors sit in the room: its number becomes their last phone, or stops being one."""
    known = set(session.scalars(select(Doctor.id).where(Doctor.id.in_(doctor_ids))))
    errors = [
        {"field": f"doctors.{place}", "kind": "invalid", "detail": f"there is no doctor {id}"}
        for place, id in enumerate(doctor_ids)
        if id not in known
    ]
    if errors:
        raise checks.refused(errors)
    phones = {p.doctor_id: p for p in session.scalars(select(DoctorPhone).where(DoctorPhone.number == room.number))}
    leaving = [phone for id, phone in phones.items() if id not in known]
    _touch(session, [phone.doctor_id for phone in leaving])
    for phone in leaving:
        session.delete(phone)
    for id in dict.fromkeys(doctor_ids):
        if id not in phones:
            last = session.scalar(select(func.max(DoctorPhone.position)).where(DoctorPhone.doctor_id == id))
            position = 0 if last is None else last + 1
            session.add(DoctorPhone(id=new_id("phone"), doctor_id=id, number=room.number, position=position))
    session.flush()


def _changed(session: Session, number: str, house: House) -> None:
    """Everybody behind the number is read anew by the controller, and announced as it should be."""
    there = session.scalars(select(DoctorPhone.doctor_id).where(DoctorPhone.number == number)).all()
    _touch(session, there)
    commands.send(session, "controller", "duty_changed", {"number": "room"}, utc_now(), house.wake_up)
    house.announcer.after_commit(session)


def _touch(session: Session, doctor_ids: Collection[str]) -> None:
    session.execute(update(Doctor).where(Doctor.id.in_(doctor_ids)).values(changed_at=utc_now()))


def _shown(session: Session, rooms: Sequence[ControlRoom]) -> list[RoomShown]:
    query = (
        select(DoctorPhone.number, Doctor.id, Doctor.name, Doctor.duty)
        .join(Doctor, Doctor.id == DoctorPhone.doctor_id)
        .where(DoctorPhone.number.in_([room.number for room in rooms]), Doctor.active)
        .order_by(Doctor.name, Doctor.id)
    )
    doctors: defaultdict[str, list[RoomDoctor]] = defaultdict(list)
    for row in session.execute(query):
        doctors[row.number].append(RoomDoctor(id=row.id, name=row.name, duty=row.duty))
    return [
        RoomShown(
            id=room.id,
            name=room.name,
            number=room.number,
            district=room.district,
            lines=room.lines,
            active=room.active,
            doctors=doctors[room.number],
        )
        for room in rooms
    ]
