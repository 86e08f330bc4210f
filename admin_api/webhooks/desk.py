"""A doctor's duty changed by SMS: by the same store as the doctors' own line, audited, told to the controller."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api import audit
from config import commands
from config.database import Database
from config.schema import Doctor, DoctorPhone
from config.wakeup import WakeUp
from messaging.inbound import KnownDoctor, Standing
from messaging.keywords import Span
from routing.errors import ScheduleError
from routing.roll import read_doctors
from routing.rules import RoutingRules
from routing.schedule import zone_named
from routing.store import RoutingStore
from routing.strict import Look

_BY = "sms"  # in the audit log, where otherwise the client's address stands
_TROUBLES = {"on_leave": "leave", "off_schedule": "hours", "no_phone": "phone"}


class SmsDutyDesk:
    """messaging.inbound's DutyDesk over routing's tables."""

    def __init__(self, database: Database, rules: RoutingRules, wake_up: WakeUp) -> None:
        self._rules, self._wake_up = rules, wake_up
        self._store = RoutingStore(database, rules.zone)

    def doctors_with(self, session: Session, number: str) -> Sequence[KnownDoctor]:
        """By any number of theirs that is in use; one in quarantine is theirs as well."""
        mine = select(DoctorPhone.doctor_id).where(DoctorPhone.number == number, DoctorPhone.active)
        found = session.scalars(select(Doctor).where(Doctor.id.in_(mine)).order_by(Doctor.id).with_for_update())
        return [KnownDoctor(one.id, one.active, self._zone(one.time_zone), one.languages or ()) for one in found]

    def switch(self, session: Session, doctor_id: str, duty: str, when: Span, at: datetime) -> None:
        self._store.set_duty(doctor_id, duty, at, session, when.ends, begins=when.begins)
        hours = {name: moment.isoformat() for name in ("begins", "ends") if (moment := getattr(when, name)) is not None}
        audit.record_from(session, None, _BY, "doctor.duty_changed", "doctor", doctor_id, duty=duty, **hours)
        data = {"doctor": doctor_id, "duty": duty}
        commands.send(session, "controller", "duty_changed", data, at, self._wake_up)

    def standing(self, session: Session, doctor_id: str, at: datetime) -> Standing:
        (doctor,), _ = read_doctors(session, Doctor.id == doctor_id)
        trouble = Look(at, self._rules).duty_trouble(doctor) or ""
        if trouble == "duty_over":
            return Standing("off")
        begins = doctor.duty_from if doctor.duty_from is not None and doctor.duty_from > at else None
        known = "phone" if not doctor.phones else _TROUBLES.get(trouble, "")
        return Standing(doctor.duty, begins, doctor.duty_until, known)

    def _zone(self, name: str) -> tzinfo:
        try:
            return zone_named(name or self._rules.zone)
        except ScheduleError:  # such a doctor is rung at no time until somebody mends it
            return zone_named(self._rules.zone)
