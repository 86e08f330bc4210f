"""Who is on duty and who holds whom, in the database: the snapshot the policy sees, and the claim that decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import CallbackRequest, Doctor, DoctorCategory, DoctorPhone, ServiceLine
from routing import callbacks, lines
from routing.errors import RoutingError
from routing.policy import GENERAL, DoctorSnapshot, Phone, Snapshot

DUTIES = ("on", "off", "paused")


@dataclass(frozen=True)
class Staffing:
    """Doctors on duty who can be rung, and how many of them would be free now."""

    on_duty: int
    free: int


class RoutingStore:
    """Snapshots and claims. A method given a `session` takes part in its transaction, else it has its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def snapshot(self, at: datetime, session: Session | None = None) -> Snapshot:
        """Every active doctor on duty, as of now, for the policy; the others cannot be chosen anyway."""
        with self._reading(session) as s:
            categories = defaultdict(set)
            for doctor_id, category in s.execute(_CATEGORIES):
                categories[doctor_id].add(category)
            rows = s.execute(_ON_DUTY).all()
        return Snapshot(at, tuple(_doctors(rows, categories)))

    def staffing(self, category: str, at: datetime, session: Session | None = None) -> Staffing:
        """How many doctors could take a call of the category: counted by the database, for who only asks how it is.

        As `policy.choose` sees it: where nobody of the category is on duty, general doctors stand in.
        """
        with self._reading(session) as s:
            of_category = _count(s, category, at)
            return of_category if of_category.on_duty else _count(s, GENERAL, at)

    def claim(self, doctor_id: str, offer_id: str, at: datetime, session: Session | None = None) -> bool:
        """Reserve the doctor for the offer: one statement decides, and False means that somebody else was quicker.

        A doctor who went off duty (or whose duty ended by the clock), was deactivated, or whose wrap-up lasts beyond
        `at` is not reserved either.
        """
        free = or_(Doctor.free_since.is_(None), Doctor.free_since <= at)
        lasting = or_(Doctor.duty_until.is_(None), Doctor.duty_until > at)
        claim = (
            update(Doctor)
            .where(
                Doctor.id == doctor_id, Doctor.duty == "on", Doctor.active, lasting, Doctor.claimed_by.is_(None), free
            )
            .values(claimed_by=offer_id, claimed_at=at)
        )
        return self._change(claim, session) == 1

    def release(
        self, offer_id: str, at: datetime, free_since: datetime | None = None, session: Session | None = None
    ) -> bool:
        """Let the offer's doctor go; False where the offer holds nobody (any more).

        `free_since` (default `at`) is from when the doctor may be claimed again: later than `at` for a wrap-up.
        """
        release = update(Doctor).where(Doctor.claimed_by == offer_id)
        return self._change(release.values(_freed(free_since or at)), session) == 1

    def release_all_except(self, offer_ids: Collection[str], at: datetime, session: Session | None = None) -> int:
        """Let every doctor go whose offer is not among the living; how many were let go. For a controller's start."""
        release = update(Doctor).where(Doctor.claimed_by.is_not(None), Doctor.claimed_by.not_in(offer_ids))
        return self._change(release.values(_freed(at)), session)

    def claims(self, session: Session | None = None) -> dict[str, str]:
        """Which offer holds which doctor, by offer id."""
        with self._reading(session) as s:
            rows = s.execute(select(Doctor.claimed_by, Doctor.id).where(Doctor.claimed_by.is_not(None)))
            return {offer_id: doctor_id for offer_id, doctor_id in rows if offer_id is not None}

    def set_duty(
        self,
        doctor_id: str,
        duty: str,
        at: datetime,
        session: Session | None = None,
        until: datetime | None = None,
    ) -> None:
        """Switch a doctor on, off or to paused. A doctor in a call keeps it; after that the new duty holds.

        `until` ends a duty taken on for some hours; None is until it is changed.
        """
        if duty not in DUTIES:
            raise RoutingError(f"a doctor's duty is one of {', '.join(DUTIES)}, not {duty!r}")
        switch = update(Doctor).where(Doctor.id == doctor_id).values(duty=duty, duty_changed_at=at, duty_until=until)
        if self._change(switch, session) == 0:
            raise RoutingError(f"there is no doctor {doctor_id!r}")

    def end_duties(self, at: datetime, session: Session | None = None) -> int:
        """Switch off whose duty was to end by now, so that others see it (they get no calls anyway); how many."""
        over = update(Doctor).where(Doctor.duty == "on", Doctor.duty_until <= at)
        return self._change(over.values(duty="off", duty_changed_at=Doctor.duty_until, duty_until=None), session)

    def request_callback(
        self,
        *,
        call_id: str,
        number: str,
        category: str,
        at: datetime,
        details: dict[str, Any] | None = None,
        session: Session | None = None,
    ) -> CallbackRequest:
        """The number's one open request, new or the first one's (routing/callbacks.py)."""
        with self._writing(session) as s:
            return callbacks.request_callback(
                s, call_id=call_id, number=number, category=category, at=at, details=details
            )

    def service_line(self, dialled: str, session: Session | None = None) -> ServiceLine | None:
        """The line in service under the dialled number, or None: then the call is refused."""
        with self._reading(session) as s:
            return lines.service_line(s, dialled)

    def ensure_line(self, number: str, flow: str, session: Session | None = None) -> ServiceLine:
        """The line of a number, made where there is none."""
        with self._writing(session) as s:
            return lines.ensure_line(s, number, flow)

    def _change(self, statement: Any, session: Session | None) -> int:
        statement = statement.execution_options(synchronize_session=False)
        with self._writing(session) as s:
            result = s.execute(statement)
            assert isinstance(result, CursorResult)
            return result.rowcount

    @contextmanager
    def _reading(self, session: Session | None) -> Iterator[Session]:
        if session is not None:
            yield session
            return
        with self._database.reading() as own:
            yield own

    @contextmanager
    def _writing(self, session: Session | None) -> Iterator[Session]:
        if session is not None:
            yield session
            return
        with self._database.writing() as own:
            yield own


def _count(session: Session, category: str, at: datetime) -> Staffing:
    free = Doctor.claimed_by.is_(None) & or_(Doctor.free_since.is_(None), Doctor.free_since <= at)
    lasting = or_(Doctor.duty_until.is_(None), Doctor.duty_until > at)
    has_phone = select(DoctorPhone.id).where(DoctorPhone.doctor_id == Doctor.id, DoctorPhone.active).exists()
    query = (
        select(func.count(), func.coalesce(func.sum(case((free, 1), else_=0)), 0))
        .select_from(Doctor)
        .join(DoctorCategory, DoctorCategory.doctor_id == Doctor.id)
        .where(DoctorCategory.category == category, *_ROUTABLE, lasting, has_phone)
    )
    on_duty, idle = session.execute(query).one()
    return Staffing(on_duty, idle or 0)


def _freed(free_since: datetime) -> dict[str, Any]:
    return {"claimed_by": None, "claimed_at": None, "free_since": free_since}


def _doctors(rows: Sequence[Any], categories: Mapping[str, set[str]]) -> Iterator[DoctorSnapshot]:
    for doctor, of_doctor in groupby(rows, key=lambda row: row[:4]):
        id, claimed_by, free_since, duty_until = doctor
        yield DoctorSnapshot(
            id=id,
            categories=frozenset(categories.get(id, ())),
            duty="on",
            active=True,
            claimed=claimed_by is not None,
            free_since=free_since,
            phones=tuple(Phone(row[4], row[5]) for row in of_doctor if row[4] is not None),
            duty_until=duty_until,
        )


_ROUTABLE = (Doctor.duty == "on", Doctor.active)
_ON_DUTY = (
    select(Doctor.id, Doctor.claimed_by, Doctor.free_since, Doctor.duty_until, DoctorPhone.id, DoctorPhone.number)
    .join(DoctorPhone, (DoctorPhone.doctor_id == Doctor.id) & DoctorPhone.active, isouter=True)
    .where(*_ROUTABLE)
    .order_by(Doctor.id, DoctorPhone.position, DoctorPhone.id)
)
_CATEGORIES = (
    select(DoctorCategory.doctor_id, DoctorCategory.category)
    .join(Doctor, Doctor.id == DoctorCategory.doctor_id)
    .where(*_ROUTABLE)
)
