"""Who is on duty and who holds whom, in the database: the snapshot the policy sees, and the claim that decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Call, CallbackRequest, ControllerNode, Doctor, DoctorCategory, DoctorPhone, ServiceLine
from routing import callbacks, lines
from routing.errors import RoutingError
from routing.model import GENERAL, DoctorSnapshot, Snapshot
from routing.roll import read_doctors
from routing.rules import DEFAULT_RULES
from routing.schedule import day_of

DUTIES = ("on", "off", "paused")
NODE_IS_DEAD_AFTER = timedelta(seconds=60)
_OVERLAP = timedelta(seconds=5)


@dataclass(frozen=True)
class Staffing:
    """Doctors on duty who can be rung, and how many of them would be free now."""

    on_duty: int
    free: int


@dataclass(frozen=True)
class Changes:
    """Doctors who have changed, as they are now; `mark` is to ask with the next time, `total` how many there are."""

    doctors: tuple[DoctorSnapshot, ...]
    mark: datetime | None
    total: int


class RoutingStore:
    """Snapshots and claims. A method given a `session` takes part in its transaction, else it has its own.

    `zone` is the deployment's, by which the calls of a day are counted.
    """

    def __init__(self, database: Database, zone: str = DEFAULT_RULES.zone) -> None:
        self._database = database
        self._zone = zone

    def snapshot(self, at: datetime, session: Session | None = None, everybody: bool = False) -> Snapshot:
        """Every active doctor on duty or in a call, for the policy; the others cannot be chosen anyway.

        `everybody`: those who are off duty, paused or deactivated too, for who counts them.
        """
        which = () if everybody else (Doctor.active, or_(Doctor.duty == "on", Doctor.claimed_by.is_not(None)))
        with self._reading(session) as s:
            return Snapshot(at, tuple(read_doctors(s, *which)[0]))

    def changes(
        self, mark: datetime | None = None, session: Session | None = None, also: Collection[str] = ()
    ) -> Changes:
        """Every doctor who has changed since a little before the `mark` of the last answer; None: every doctor.

        And those of the ids in `also`.

        Rows become visible when their transaction commits, which is later than the moment they bear: so those of the
        last seconds are read again.
        """
        which = () if mark is None else (or_(Doctor.changed_at > mark - _OVERLAP, Doctor.id.in_(also)),)
        with self._reading(session) as s:
            doctors, newest = read_doctors(s, *which)
            total = len(doctors) if mark is None else s.scalar(select(func.count()).select_from(Doctor)) or 0
        return Changes(tuple(doctors), max(filter(None, (mark, newest)), default=None), total)

    def last_doctor(self, number: str, category: str, since: datetime, session: Session | None = None) -> str:
        """The doctor who talked last, since then, with a caller of this number about this category; "" for nobody.

        Follow-up is the same doctor for the same complaint (Telemedicine Practice Guidelines).
        """
        query = (
            select(Call.doctor_id)
            .where(Call.caller_number == number, Call.category == category, Call.doctor_id.is_not(None))
            .where(Call.arrived_at >= since, Call.bridged_at.is_not(None))
            .order_by(Call.arrived_at.desc())
            .limit(1)
        )
        with self._reading(session) as s:
            return s.scalar(query) or ""

    def staffing(self, category: str, at: datetime, session: Session | None = None) -> Staffing:
        """How many doctors could take a call of the category: counted by the database, for who only asks how it is.

        Where nobody of the category is on duty, general doctors stand in. Rougher than the policy: schedules, nights
        and limits are not looked at, so it may count somebody who would not be rung now.
        """
        with self._reading(session) as s:
            of_category = _count(s, category, at)
            return of_category if of_category.on_duty else _count(s, GENERAL, at)

    def claim(
        self,
        doctor_id: str,
        offer_id: str,
        at: datetime,
        session: Session | None = None,
        *,
        node: str = "",
        seat: str = "",
    ) -> bool:
        """Reserve doctor and seat for the offer: one statement decides, and False means that somebody was quicker.

        A doctor who went off duty (or whose duty ended by the clock), was deactivated, or whose wrap-up or cool-down
        lasts beyond `at` is not reserved either. `seat` names a telephone's line, which one claim at a time may have;
        `node` the controller that claims.
        """
        wanted = {
            "b_doctor": doctor_id,
            "b_offer": offer_id,
            "b_at": at,
            "b_node": node or None,
            "b_seat": seat or None,
        }
        try:
            with self._writing(session) as s, s.begin_nested() if session is not None else nullcontext():
                return _rows(s, _CLAIM, wanted) == 1
        except IntegrityError:
            return False  # the seat is taken: two doctors share this telephone

    def release(
        self,
        offer_id: str,
        at: datetime,
        free_since: datetime | None = None,
        session: Session | None = None,
        *,
        keep_place: bool = False,
        talked_seconds: int | None = None,
        cool_down_until: datetime | None = None,
    ) -> bool:
        """Let the offer's doctor go; False where the offer holds nobody (any more).

        `free_since` (default `at`) is from when the doctor may be claimed again: later than `at` for a wrap-up. Who was
        never rung, or from whom the call was taken back, keeps the place among the idle (`keep_place`). A talk counts
        for the day. `cool_down_until`: not rung for anybody before.
        """
        statement = _release(keep_place, talked_seconds is not None, cool_down_until is not None)
        values: dict[str, Any] = {"b_offer": offer_id}
        if not keep_place:
            values["b_free_since"] = free_since or at
        if talked_seconds is not None:
            values |= {"b_day": day_of(at, self._zone), "b_seconds": talked_seconds}
        if cool_down_until is not None:
            values["b_cool"] = cool_down_until
        return self._change(statement, session, values) == 1

    def release_all_except(
        self, offer_ids: Collection[str], at: datetime, session: Session | None = None, *, node: str = ""
    ) -> int:
        """Let every doctor go whose offer is not among the living; how many were let go. For a controller's start.

        Only those whom this `node` has claimed, or one that has not been seen for a minute: others' calls live on.
        """
        alive = select(ControllerNode.name).where(ControllerNode.seen_at > at - NODE_IS_DEAD_AFTER)
        ours = or_(Doctor.claimed_node.is_(None), Doctor.claimed_node == node, Doctor.claimed_node.not_in(alive))
        release = update(Doctor).where(Doctor.claimed_by.is_not(None), Doctor.claimed_by.not_in(offer_ids), ours)
        return self._change(release.values(_LET_GO | {"free_since": at}), session)

    def seen(self, node: str, at: datetime, session: Session | None = None) -> None:
        """The controller is alive; one that is not seen for a minute loses its claims."""
        with self._writing(session) as s:
            s.merge(ControllerNode(name=node, seen_at=at))

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
        reason: str = "",
        begins: datetime | None = None,
    ) -> None:
        """Switch a doctor on, off or to paused. A doctor in a call keeps it; after that the new duty holds.

        `until` ends a duty taken on for some hours; None is until it is changed. `begins` is from when it is meant, at
        once where None. `reason` is of a pause. Who changes duty is there: unanswered offers are counted anew.
        """
        if duty not in DUTIES:
            raise RoutingError(f"a doctor's duty is one of {', '.join(DUTIES)}, not {duty!r}")
        values = {"duty": duty, "duty_changed_at": at, "duty_from": begins, "duty_until": until}
        values |= {"duty_reason": reason, "unanswered": 0}
        switch = update(Doctor).where(Doctor.id == doctor_id).values(values)
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
        session: Session | None = None,
        **further: Any,
    ) -> CallbackRequest:
        """The number's one open request, new or the first one's; `further` as in routing/callbacks.py."""
        with self._writing(session) as s:
            return callbacks.request_callback(s, call_id=call_id, number=number, category=category, at=at, **further)

    def service_line(self, dialled: str, session: Session | None = None) -> ServiceLine | None:
        """The line in service under the dialled number, or None: then the call is refused."""
        with self._reading(session) as s:
            return lines.service_line(s, dialled)

    def ensure_line(self, number: str, flow: str, session: Session | None = None) -> ServiceLine:
        """The line of a number, made where there is none."""
        with self._writing(session) as s:
            return lines.ensure_line(s, number, flow)

    def _change(self, statement: Any, session: Session | None, values: dict[str, Any] | None = None) -> int:
        with self._writing(session) as s:
            return _rows(s, statement, values)

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
    begun = or_(Doctor.duty_from.is_(None), Doctor.duty_from <= at)
    reachable = (DoctorPhone.doctor_id == Doctor.id, DoctorPhone.active, DoctorPhone.quarantined_at.is_(None))
    has_phone = select(DoctorPhone.id).where(*reachable).exists()
    query = (
        select(func.count(), func.coalesce(func.sum(case((free, 1), else_=0)), 0))
        .select_from(Doctor)
        .join(DoctorCategory, DoctorCategory.doctor_id == Doctor.id)
        .where(DoctorCategory.category == category, DoctorCategory.level != "super", has_phone)
        .where(*_ROUTABLE, begun, lasting)
    )
    on_duty, idle = session.execute(query).one()
    return Staffing(on_duty, idle or 0)


def _rows(session: Session, statement: Any, values: dict[str, Any] | None = None) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False), values)
    assert isinstance(result, CursorResult)
    return result.rowcount


@cache
def _release(keeps_place: bool, talked: bool, cools_down: bool) -> Any:
    values: dict[str, Any] = dict(_LET_GO)
    if not keeps_place:
        values["free_since"] = bindparam("b_free_since")
    if talked:
        today = _DOCTOR.day == bindparam("b_day")
        values |= {
            "day": bindparam("b_day"),
            "calls_today": case((today, _DOCTOR.calls_today), else_=0) + 1,
            "seconds_today": case((today, _DOCTOR.seconds_today), else_=0) + bindparam("b_seconds"),
        }
    if cools_down:
        values["cool_down_until"] = bindparam("b_cool")
    return update(_TABLE).where(_DOCTOR.claimed_by == bindparam("b_offer")).values(values)


_ROUTABLE = (Doctor.duty == "on", Doctor.active)
_LET_GO: dict[str, Any] = {"claimed_by": None, "claimed_at": None, "claimed_node": None, "claimed_seat": None}

# On the table and made once: to make such a statement of the mapped class costs more than to execute it.
_TABLE = cast(Table, Doctor.__table__)
_DOCTOR = _TABLE.c
_CLAIM = (
    update(_TABLE)
    .where(_DOCTOR.id == bindparam("b_doctor"), _DOCTOR.duty == "on", _DOCTOR.active, _DOCTOR.claimed_by.is_(None))
    .where(or_(_DOCTOR.duty_from.is_(None), _DOCTOR.duty_from <= bindparam("b_at")))
    .where(or_(_DOCTOR.duty_until.is_(None), _DOCTOR.duty_until > bindparam("b_at")))
    .where(or_(_DOCTOR.free_since.is_(None), _DOCTOR.free_since <= bindparam("b_at")))
    .where(or_(_DOCTOR.cool_down_until.is_(None), _DOCTOR.cool_down_until <= bindparam("b_at")))
    .values(claimed_by=bindparam("b_offer"), claimed_at=bindparam("b_at"))
    .values(claimed_node=bindparam("b_node"), claimed_seat=bindparam("b_seat"))
)
