"""What staff do with doctors: take one on, look, change, switch duty, let a number out of quarantine."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.accounts import create_staff, find_staff, normal_username
from admin_api.announcing import sits_in_a_room
from admin_api.doctors import checks, papers, repository
from admin_api.doctors.presenting import Presenter
from admin_api.doctors.repository import DoctorFilter
from admin_api.doctors.schemas import CLEARABLE, OWN_FIELDS, DoctorChange, DutyChange, NewDoctor
from admin_api.doctors.shown import DoctorPage, DoctorShown
from admin_api.permissions import Role, Scope
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.work import House
from config import commands
from config.clock import utc_now
from config.ids import new_id
from config.schema import Doctor, DoctorPhone
from routing.answering import release_phone

_PLAIN = (
    "name",
    "qualification",
    "council",
    "address",
    "district",
    "state",
    "gender",
    "languages",
    "night",
    "calls_per_day",
    "minutes_per_day",
    "wrap_up_seconds",
)


def create(session: Session, who: Principal, new: NewDoctor, house: House) -> DoctorShown:
    """Take a doctor on. Problem 409 for a known registration or user name, 422 for what cannot be stored."""
    numbers = checks.numbers(new.phones, house.settings.country)
    levels = checks.levels(new.categories, new.levels, {})
    registration = _free_registration(session, new.registration_number, new.council)
    if new.account and find_staff(session, normal_username(new.account.username)):
        raise Problem(409, "conflict", "This user name is taken.", field="account.username")
    now = utc_now()
    doctor = Doctor(
        id=new_id("doctor"),
        registration_number=registration,
        active=True,
        duty=new.duty,
        duty_changed_at=now,
        created_at=now,
        schedule=checks.hours(new.schedule.stored() if new.schedule else None),
        time_zone=checks.zone(new.time_zone, house.settings.time_zone),
        serves=checks.places(session, new.serves),
        **{name: getattr(new, name) for name in _PLAIN},
    )
    session.add(doctor)
    session.flush()
    papers.set_levels(session, doctor.id, levels)
    papers.add_phones(session, doctor.id, numbers)
    if new.account:
        create_staff(
            session,
            username=new.account.username,
            password=new.account.password,
            role=Role.DOCTOR,
            doctor_id=doctor.id,
        )
    audit.record(session, who, "doctor.created", "doctor", doctor.id)
    _tell(session, doctor, house)
    return _shown(session, who, doctor, house)


def change(session: Session, who: Principal, doctor_id: str, wanted: DoctorChange, house: House) -> DoctorShown:
    """Change what the request names. Problem 403 for what this person may not change, 404, 409, 422 as in `create`."""
    doctor = reach(session, who, doctor_id)
    given = _allowed(who, doctor, wanted)
    if "registration_number" in given or "council" in given:
        council = given.get("council", doctor.council)
        number = given.get("registration_number", doctor.registration_number)
        given["registration_number"] = _free_registration(session, number, council, doctor.id)
    if "languages" in given:
        given["languages"] = list(dict.fromkeys(given["languages"]))
    if "schedule" in given:
        given["schedule"] = checks.hours(given["schedule"].stored() if given["schedule"] else None)
    if "time_zone" in given:
        given["time_zone"] = checks.zone(given["time_zone"], house.settings.time_zone)
    if "serves" in given:
        given["serves"] = checks.places(session, given["serves"])
    changed = _assign(doctor, given)
    changed += _papers(session, doctor, given, house.settings.country)
    if "active" in changed and not doctor.active:
        doctor.duty, doctor.duty_from, doctor.duty_until, doctor.duty_reason = "off", None, None, ""
    if changed:
        doctor.changed_at = utc_now()  # phones and categories have rows of their own, which nobody watches
        audit.record(session, who, "doctor.changed", "doctor", doctor.id, fields=sorted(changed))
        _tell(session, doctor, house)
    return _shown(session, who, doctor, house)


def look(session: Session, who: Principal, doctor_id: str, house: House) -> DoctorShown:
    """One doctor. Problem 404, or 403 for one that is not within reach."""
    return _shown(session, who, reach(session, who, doctor_id, locked=False), house)


def listing(
    session: Session, who: Principal, which: DoctorFilter, house: House, *, cursor: str | None, limit: int
) -> DoctorPage:
    """One page of the doctors whom `who` may see."""
    found = repository.page(session, who, which, after=cursor, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    doctors = Presenter(session, who, house, utc_now()).shown(shown)
    return DoctorPage(doctors=doctors, next_cursor=shown[-1].id if more else None)


def change_duty(session: Session, who: Principal, doctor_id: str, wanted: DutyChange, house: House) -> DoctorShown:
    """Switch a doctor's duty; the controller hears of it by a command in the same transaction.

    A call that is going on is not ended by it. Problem 404 for an unknown doctor, 403 for somebody else's, 409 for one
    who is retired.
    """
    doctor = reach(session, who, doctor_id)
    if not doctor.active and wanted.duty != "off":
        raise Problem(409, "conflict", "This doctor is retired; take the doctor back first.", field="duty")
    reason = wanted.reason if wanted.duty == "paused" else ""
    after = (wanted.duty, None, None, reason)
    if (doctor.duty, doctor.duty_from, doctor.duty_until, doctor.duty_reason) != after:
        if doctor.duty != wanted.duty:
            doctor.duty_changed_at = utc_now()
        doctor.duty, doctor.duty_from, doctor.duty_until, doctor.duty_reason = after
        doctor.unanswered = 0
        _tell(session, doctor, house)
    audit.record(session, who, "doctor.duty_changed", "doctor", doctor_id, duty=wanted.duty)
    return _shown(session, who, doctor, house)


def lift_quarantine(session: Session, who: Principal, doctor_id: str, phone_id: str, house: House) -> DoctorShown:
    """Somebody has looked at the number: it may be rung again. Problem 404 where it is no phone of this doctor."""
    doctor = reach(session, who, doctor_id)
    phone = session.get(DoctorPhone, phone_id)
    if phone is None or phone.doctor_id != doctor_id:
        raise Problem(404, "not_found", "This doctor has no such phone.")
    if release_phone(session, phone_id):
        audit.record(session, who, "phone.released", "doctor", doctor_id, phone=phone_id)
        _tell(session, doctor, house)
    session.expire_all()
    return _shown(session, who, doctor, house)


def reach(session: Session, who: Principal, doctor_id: str, *, locked: bool = True) -> Doctor:
    """The doctor, if there (else 404) and within this person's reach (else 403)."""
    if who.scope is Scope.OWN and doctor_id != who.doctor_id:
        raise Problem(403, "not_allowed", "You may only see and change yourself.")
    doctor = session.get(Doctor, doctor_id, with_for_update=True if locked else None)
    if doctor is None:
        raise Problem(404, "not_found", "There is no such doctor.")
    if who.scope is Scope.DISTRICT and (not who.district or doctor.district != who.district):
        raise Problem(403, "not_allowed", "This doctor is not of your district.")
    return doctor


def _allowed(who: Principal, doctor: Doctor, wanted: DoctorChange) -> dict[str, Any]:
    given = wanted.given()
    foreign = sorted(given.keys() - OWN_FIELDS) if who.scope is Scope.OWN else []
    if foreign:
        raise Problem(403, "not_allowed", f"Only staff may change {foreign[0]}.", field=foreign[0])
    if who.scope is Scope.DISTRICT and given.get("district", doctor.district) != doctor.district:
        raise Problem(403, "not_allowed", "Only a supervisor moves a doctor to another district.", field="district")
    errors = [
        {"field": name, "kind": "invalid", "detail": f"{name} may not be null; leave it out to keep it"}
        for name in sorted(given)
        if given[name] is None and name not in CLEARABLE
    ]
    if errors:
        raise checks.refused(errors)
    return given


def _assign(doctor: Doctor, given: dict[str, Any]) -> list[str]:
    """Set the doctor's own columns; the names of those that are different now."""
    names = [*_PLAIN, "registration_number", "schedule", "time_zone", "serves", "active"]
    changed = [name for name in names if name in given and getattr(doctor, name) != given[name]]
    for name in changed:
        setattr(doctor, name, given[name])
    return changed


def _papers(session: Session, doctor: Doctor, given: dict[str, Any], country: str) -> list[str]:
    changed = []
    if "categories" in given or "levels" in given:
        before = papers.levels_of(session, doctor.id)
        levels = checks.levels(given.get("categories", list(before)), given.get("levels", {}), before)
        if papers.set_levels(session, doctor.id, levels):
            changed.append("categories")
    if "phones" in given and papers.set_phones(session, doctor.id, given["phones"], country):
        changed.append("phones")
    return changed


def _free_registration(session: Session, number: str, council: str, own: str = "") -> str:
    registration = " ".join(number.split())
    known = repository.registered(session, registration, council)
    if known is not None and known.id != own:
        raise Problem(409, "conflict", "A doctor with this registration is already there.", field="registration_number")
    return registration


def _tell(session: Session, doctor: Doctor, house: House) -> None:
    data = {"doctor": doctor.id, "duty": doctor.duty}
    commands.send(session, "controller", "duty_changed", data, utc_now(), house.wake_up)
    if sits_in_a_room(session, doctor.id):
        house.announcer.after_commit(session)


def _shown(session: Session, who: Principal, doctor: Doctor, house: House) -> DoctorShown:
    session.flush()
    return Presenter(session, who, house, utc_now()).shown([doctor])[0]
