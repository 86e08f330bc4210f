"""The queries about doctors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from admin_api.permissions import Scope
from admin_api.security import Principal
from config.schema import ControlRoom, Doctor, DoctorCategory, DoctorPhone


def within(who: Principal) -> ColumnElement[bool] | None:
    """The condition for the doctors whom `who` may reach; None: all."""
    if who.scope is Scope.ALL:
        return None
    if who.scope is Scope.DISTRICT:
        return Doctor.district == who.district if who.district else false()
    return Doctor.id == (who.doctor_id or "-")


@dataclass(frozen=True)
class DoctorFilter:
    """Which doctors. `part` is a part of a name or registration number; % and _ in it are just characters."""

    part: str | None = None
    duty: str | None = None
    category: str | None = None
    quarantined: bool = False
    retired: bool | None = None


def page(session: Session, who: Principal, which: DoctorFilter, *, after: str | None, limit: int) -> Sequence[Doctor]:
    """Doctors within reach, by id."""
    statement = select(Doctor).order_by(Doctor.id).limit(limit)
    condition = within(who)
    if condition is not None:
        statement = statement.where(condition)
    if which.part:
        statement = statement.where(
            Doctor.name.icontains(which.part, autoescape=True)
            | Doctor.registration_number.icontains(which.part, autoescape=True)
        )
    if which.duty:
        statement = statement.where(Doctor.duty == which.duty)
    if which.category:
        takes = select(DoctorCategory.doctor_id).where(DoctorCategory.category == which.category)
        statement = statement.where(Doctor.id.in_(takes))
    if which.quarantined:
        aside = select(DoctorPhone.doctor_id).where(DoctorPhone.quarantined_at.is_not(None))
        statement = statement.where(Doctor.id.in_(aside))
    if which.retired is not None:
        statement = statement.where(Doctor.active.is_not(which.retired))
    if after:
        statement = statement.where(Doctor.id > after)
    return session.scalars(statement).all()


def phones_of(session: Session, doctor_ids: Sequence[str]) -> dict[str, list[DoctorPhone]]:
    """Each doctor's phones, in the order in which they are rung."""
    found: dict[str, list[DoctorPhone]] = defaultdict(list)
    statement = select(DoctorPhone).where(DoctorPhone.doctor_id.in_(doctor_ids))
    for phone in session.scalars(statement.order_by(DoctorPhone.position, DoctorPhone.id)):
        found[phone.doctor_id].append(phone)
    return found


def categories_of(session: Session, doctor_ids: Sequence[str]) -> dict[str, list[str]]:
    """Each doctor's categories."""
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(DoctorCategory).where(DoctorCategory.doctor_id.in_(doctor_ids))
    for row in session.scalars(statement.order_by(DoctorCategory.category)):
        found[row.doctor_id].append(row.category)
    return found


def levels_of(session: Session, doctor_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Each doctor's categories, each with its level."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    statement = select(DoctorCategory).where(DoctorCategory.doctor_id.in_(doctor_ids))
    for row in session.scalars(statement.order_by(DoctorCategory.category)):
        found[row.doctor_id][row.category] = row.level
    return found


def rooms_of(session: Session, phones: Mapping[str, Sequence[DoctorPhone]]) -> dict[str, str]:
    """The control rooms among these phones: name by number."""
    numbers = {phone.number for of_doctor in phones.values() for phone in of_doctor}
    rows = session.execute(select(ControlRoom.number, ControlRoom.name).where(ControlRoom.number.in_(numbers)))
    return {row.number: row.name for row in rows}


def registered(session: Session, registration_number: str, council: str) -> Doctor | None:
    """The doctor who already has this registration, however it was spelled in upper or lower case."""
    return session.scalar(
        select(Doctor).where(
            func.lower(Doctor.registration_number) == registration_number.lower(),
            func.lower(Doctor.council) == council.lower(),
        )
    )
