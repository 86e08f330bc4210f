"""What staff do with doctors: take one on, look, switch duty."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.accounts import create_staff, find_staff, normal_username
from admin_api.doctors import repository
from admin_api.doctors.repository import DoctorFilter
from admin_api.doctors.schemas import DoctorPage, DoctorShown, NewDoctor, PhoneShown
from admin_api.masking import doctor_number
from admin_api.permissions import Role, Scope
from admin_api.problems import Problem
from admin_api.security import Principal
from config import commands
from config.clock import utc_now
from config.ids import new_id
from config.numbers import NumberError, NumberKind, parse_number
from config.schema import Doctor, DoctorCategory, DoctorPhone
from config.wakeup import WakeUp


def create(session: Session, who: Principal, new: NewDoctor, country: str, wake_up: WakeUp) -> DoctorShown:
    """Take a doctor on. Problem 409 for a known registration or user name, 422 for a number that cannot be rung."""
    numbers = _numbers(new.phones, country)
    registration = " ".join(new.registration_number.split())
    if repository.registered(session, registration, new.council):
        raise Problem(409, "conflict", "A doctor with this registration is already there.", field="registration_number")
    if new.account and find_staff(session, normal_username(new.account.username)):
        raise Problem(409, "conflict", "This user name is taken.", field="account.username")
    now = utc_now()
    doctor = Doctor(
        id=new_id("doctor"),
        name=new.name,
        qualification=new.qualification,
        registration_number=registration,
        council=new.council,
        address=new.address,
        district=new.district,
        state=new.state,
        active=True,
        duty=new.duty,
        duty_changed_at=now,
        created_at=now,
    )
    session.add(doctor)
    session.flush()
    session.add_all(
        DoctorCategory(doctor_id=doctor.id, category=category) for category in dict.fromkeys(new.categories)
    )
    session.add_all(
        DoctorPhone(id=new_id("phone"), doctor_id=doctor.id, number=number, position=position, active=True)
        for position, number in enumerate(numbers)
    )
    if new.account:
        create_staff(
            session,
            username=new.account.username,
            password=new.account.password,
            role=Role.DOCTOR,
            doctor_id=doctor.id,
        )
    audit.record(session, who, "doctor.created", "doctor", doctor.id)
    _tell_controller(session, doctor, wake_up)
    session.flush()
    return _shown(session, who, [doctor])[0]


def listing(session: Session, who: Principal, which: DoctorFilter, *, cursor: str | None, limit: int) -> DoctorPage:
    """One page of the doctors whom `who` may see."""
    found = repository.page(session, who, which, after=cursor, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return DoctorPage(doctors=_shown(session, who, shown), next_cursor=shown[-1].id if more else None)


def change_duty(session: Session, who: Principal, doctor_id: str, duty: str, wake_up: WakeUp) -> DoctorShown:
    """Switch a doctor's duty; the controller hears of it by a command in the same transaction.

    A call that is going on is not ended by it. Problem 404 for an unknown doctor, 403 for somebody else's.
    """
    doctor = session.get(Doctor, doctor_id, with_for_update=True)
    if who.scope is Scope.OWN and doctor_id != who.doctor_id:
        raise Problem(403, "not_allowed", "You may only switch your own duty.")
    if doctor is None:
        raise Problem(404, "not_found", "There is no such doctor.")
    if doctor.duty != duty or doctor.duty_until is not None:
        doctor.duty, doctor.duty_changed_at, doctor.duty_until = duty, utc_now(), None
        _tell_controller(session, doctor, wake_up)
    audit.record(session, who, "doctor.duty_changed", "doctor", doctor_id, duty=duty)
    session.flush()
    return _shown(session, who, [doctor])[0]


def _tell_controller(session: Session, doctor: Doctor, wake_up: WakeUp) -> None:
    data = {"doctor": doctor.id, "duty": doctor.duty}
    commands.send(session, "controller", "duty_changed", data, utc_now(), wake_up)


def _numbers(phones: list[str], country: str) -> list[str]:
    """The numbers as E.164, each once. Problem 422 names the one that cannot be rung, and why."""
    errors, numbers = [], []
    for position, text in enumerate(phones):
        try:
            number = parse_number(text, country)
            if number.kind is NumberKind.SHORT_CODE:
                raise NumberError("a short code is not a doctor's phone")
        except NumberError as error:
            errors.append({"field": f"phones.{position}", "kind": "invalid_number", "detail": str(error)})
        else:
            numbers.append(number.e164)
    if errors:
        raise Problem(422, "invalid", errors[0]["detail"], field=errors[0]["field"], errors=errors)
    return list(dict.fromkeys(numbers))


def _shown(session: Session, who: Principal, doctors: Sequence[Doctor]) -> list[DoctorShown]:
    ids = [doctor.id for doctor in doctors]
    phones, categories = repository.phones_of(session, ids), repository.categories_of(session, ids)
    return [
        DoctorShown(
            **{name: getattr(doctor, name) for name in _COPIED},
            busy=doctor.claimed_by is not None,
            categories=categories.get(doctor.id, []),
            phones=[
                PhoneShown(
                    id=phone.id,
                    number=doctor_number(phone.number, who.role, own=who.doctor_id == doctor.id),
                    active=phone.active,
                )
                for phone in phones.get(doctor.id, [])
            ],
        )
        for doctor in doctors
    ]


_COPIED = tuple(DoctorShown.model_fields.keys() - {"busy", "categories", "phones"})
