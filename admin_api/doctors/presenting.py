"""Doctors' rows as they are shown to somebody: numbers masked, duty in the words of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from admin_api.doctors import repository
from admin_api.doctors.doing import Doing, doing_of
from admin_api.doctors.schemas import OWN_FIELDS, DoctorChange
from admin_api.doctors.shown import DoctorShown, PhoneShown
from admin_api.masking import doctor_number
from admin_api.permissions import Scope, scope_of
from admin_api.security import Principal
from admin_api.work import House
from config.schema import Doctor, DoctorPhone
from routing.roll import read_doctors
from routing.strict import Look

_COPIED = tuple((DoctorShown.model_fields.keys() & set(Doctor.__table__.columns.keys())) - {"calls_today"})


class Presenter:
    """Shows doctors to `who`, as of a moment."""

    def __init__(self, session: Session, who: Principal, house: House, at: datetime) -> None:
        self._session, self._who = session, who
        self._look = Look(at, house.rules)

    def shown(self, doctors: Sequence[Doctor]) -> list[DoctorShown]:
        ids = [doctor.id for doctor in doctors]
        phones = repository.phones_of(self._session, ids)
        levels = repository.levels_of(self._session, ids)
        rooms = repository.rooms_of(self._session, phones)
        snapshots, _ = read_doctors(self._session, Doctor.id.in_(ids)) if ids else ([], None)
        doings = {doctor.id: doing_of(doctor, self._look) for doctor in snapshots}
        return [
            self._one(doctor, phones.get(doctor.id, []), levels.get(doctor.id, {}), rooms, doings[doctor.id])
            for doctor in doctors
        ]

    def _one(
        self,
        doctor: Doctor,
        phones: Sequence[DoctorPhone],
        levels: Mapping[str, str],
        rooms: Mapping[str, str],
        doing: Doing,
    ) -> DoctorShown:
        counts = doctor.day == self._look.today
        return DoctorShown.model_validate(
            {name: getattr(doctor, name) for name in _COPIED}
            | {
                "busy": doctor.claimed_by is not None,
                "categories": list(levels),
                "levels": levels,
                "phones": [self._phone(doctor, phone, rooms) for phone in phones],
                "doing": doing.state,
                "until": doing.until,
                "next_window": doing.next_window,
                "calls_today": doctor.calls_today if counts else 0,
                "minutes_today": doctor.seconds_today // 60 if counts else 0,
                "may_change": self._may_change(),
            }
        )

    def _phone(self, doctor: Doctor, phone: DoctorPhone, rooms: Mapping[str, str]) -> PhoneShown:
        own = self._who.doctor_id == doctor.id
        room = rooms.get(phone.number)
        return PhoneShown(
            id=phone.id,
            # A control room's number is nobody's private one.
            number=phone.number if room else doctor_number(phone.number, self._who.role, own=own),
            active=phone.active,
            room=room,
            quarantined_at=phone.quarantined_at,
            quarantine_reason=phone.quarantine_reason,
        )

    def _may_change(self) -> list[str]:
        scope = scope_of(self._who.role, "PATCH", "/api/v1/doctors/{doctor_id}")
        if scope is None:
            return []
        return sorted(OWN_FIELDS if scope is Scope.OWN else set(DoctorChange.model_fields))
