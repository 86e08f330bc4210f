"""The queries about doctors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from admin_api.permissions import Scope
from admin_api.security import Principal
from config.schema import Doctor, DoctorCategory, DoctorPhone


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


def registered(session: Session, registration_number: str, council: str) -> Doctor | None:
    """The doctor who already has this registration, however it was spelled in upper or lower case."""
    return session.scalar(
        select(Doctor).where(
            func.lower(Doctor.registration_number) == registration_number.lower(),
            func.lower(Doctor.council) == council.lower(),
        )
    )
