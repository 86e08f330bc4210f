"""A doctor's categories and phones as rows: what was asked for is compared with what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api.doctors import checks
from admin_api.doctors.schemas import PhoneWanted
from config.ids import new_id
from config.numbers import NumberError
from config.schema import DoctorCategory, DoctorPhone


def levels_of(session: Session, doctor_id: str) -> dict[str, str]:
    """The doctor's categories, each with its level."""
    rows = session.scalars(select(DoctorCategory).where(DoctorCategory.doctor_id == doctor_id))
    return {row.category: row.level for row in rows}


def set_levels(session: Session, doctor_id: str, levels: Mapping[str, str]) -> bool:
    """Let the doctor take exactly these categories; whether anything changed."""
    rows = session.scalars(select(DoctorCategory).where(DoctorCategory.doctor_id == doctor_id)).all()
    before = {row.category: row.level for row in rows}
    for row in rows:
        if row.category not in levels:
            session.delete(row)
        elif row.level != levels[row.category]:
            row.level = levels[row.category]
    new = (name for name in levels if name not in before)
    session.add_all(DoctorCategory(doctor_id=doctor_id, category=name, level=levels[name]) for name in new)
    return before != dict(levels)


def add_phones(session: Session, doctor_id: str, numbers: Sequence[str]) -> None:
    """The phones of a new doctor, in ringing order."""
    session.add_all(
        DoctorPhone(id=new_id("phone"), doctor_id=doctor_id, number=number, position=position, active=True)
        for position, number in enumerate(numbers)
    )


def set_phones(session: Session, doctor_id: str, wanted: Sequence[PhoneWanted], country: str) -> bool:
    """Let the doctor have exactly these phones in this order; whether anything changed.

    A number that comes again in another row stays the phone it was, with its quarantine. Problem 422 by place.
    """
    rows = session.scalars(select(DoctorPhone).where(DoctorPhone.doctor_id == doctor_id)).all()
    before = {(row.id, row.position, row.active) for row in rows}
    chosen = _chosen(doctor_id, rows, wanted, country)
    for row in rows:
        if row not in chosen:
            session.delete(row)
    session.flush()
    for position, (phone, active) in enumerate(chosen.items()):
        phone.position, phone.active = position, active
        session.add(phone)
    return before != {(phone.id, phone.position, phone.active) for phone in chosen}


def _chosen(
    doctor_id: str, rows: Sequence[DoctorPhone], wanted: Sequence[PhoneWanted], country: str
) -> dict[DoctorPhone, bool]:
    by_id = {row.id: row for row in rows}
    by_number = {row.number: row for row in rows}
    chosen: dict[DoctorPhone, bool] = {}
    errors = []
    for place, one in enumerate(wanted):
        try:
            phone = _known(one, by_id)
            if phone is None:
                number = checks.number(one.number or "", country)
                phone = by_number.get(number)
            if phone is None:
                phone = DoctorPhone(id=new_id("phone"), doctor_id=doctor_id, number=number)
                by_number[number] = phone
        except NumberError as error:
            errors.append({"field": f"phones.{place}", "kind": "invalid_number", "detail": str(error)})
        else:
            chosen.setdefault(phone, one.active)
    if errors:
        raise checks.refused(errors)
    return chosen


def _known(one: PhoneWanted, by_id: Mapping[str, DoctorPhone]) -> DoctorPhone | None:
    if (one.id is None) == (one.number is None):
        raise NumberError("give the id of a phone that is there, or a new number")
    if one.id is None:
        return None
    if one.id not in by_id:
        raise NumberError("this doctor has no phone of this id")
    return by_id[one.id]
