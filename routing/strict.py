"""PURE: the strict rules: whom one of them excludes is never rung, however long the caller waits."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from routing.model import GENERAL, DoctorSnapshot, Exclusion, Level, Phone, WaitingCall
from routing.rules import RoutingRules
from routing.schedule import day_of, is_night, night_began, schedule_trouble
from routing.score import preferred_of, standing

# A call waits a little for its preferred doctor who is busy so.
WORTH_WAITING_FOR = ("busy", "wrap_up")


def may_stand_in(call: WaitingCall) -> bool:
    """Whether general doctors take the call where nobody of its category is on duty."""
    return call.level == "general" and not call.skills


def misfit(categories: Mapping[str, Level], call: WaitingCall, stands_in: bool) -> Exclusion | None:
    """Why a doctor of these categories does not take such calls at all; None: takes them."""
    wanted = call.skills or (call.category,)
    if not all(name in categories for name in wanted):
        if stands_in and categories.get(GENERAL) in _TAKEN_BY["general"]:
            return None
        return "lacks_skill" if call.skills else "wrong_category"
    if any(categories[name] not in _TAKEN_BY[call.level] for name in wanted):
        return "wrong_level"
    return None


# A super-specialist is never reached from the open menu; a specialist is spared where others can do it (by points).
_TAKEN_BY: Mapping[Level, tuple[Level, ...]] = {
    "general": ("general", "specialist"),
    "specialist": ("specialist",),
    "super": ("super",),
}


@dataclass(frozen=True)
class Look:
    """One moment's look at doctors."""

    at: datetime
    rules: RoutingRules

    @property
    def today(self) -> date:
        return day_of(self.at, self.rules.zone)

    def duty_trouble(self, doctor: DoctorSnapshot) -> Exclusion | None:
        """Why the doctor does not work now; None: counts as staff, free or not."""
        if not doctor.active or doctor.duty == "off":
            return "off_duty"
        if doctor.duty != "on":
            return "paused"
        if doctor.duty_from is not None and doctor.duty_from > self.at:
            return "off_schedule"  # has said from when
        if doctor.duty_until is not None and doctor.duty_until <= self.at:
            return "duty_over"
        return self._hours_trouble(doctor) or self._limit_trouble(doctor) or (None if doctor.phones else "no_phone")

    def _hours_trouble(self, doctor: DoctorSnapshot) -> Exclusion | None:
        # Who takes duty on for some hours has agreed to those hours, whatever schedule and night say.
        if doctor.duty_until is not None:
            return None
        zone = doctor.zone or self.rules.zone
        if doctor.schedule is not None and (trouble := schedule_trouble(doctor.schedule, zone, self.at)):
            return trouble
        if (doctor.schedule is None or not doctor.schedule.has_windows) and is_abroad(doctor, self.rules):
            return "off_schedule"  # abroad, and no hours agreed
        if doctor.night or not is_night(zone, self.at, self.rules.night):
            return None
        came = doctor.duty_changed_at
        return None if came is not None and came >= night_began(zone, self.at, self.rules.night) else "night"

    def _limit_trouble(self, doctor: DoctorSnapshot) -> Exclusion | None:
        if doctor.day != self.today:
            return None
        if doctor.calls_per_day is not None and doctor.calls_today >= doctor.calls_per_day:
            return "over_calls"
        if doctor.minutes_per_day is not None and doctor.seconds_today >= doctor.minutes_per_day * 60:
            return "over_minutes"
        return None

    def trouble_now(self, doctor: DoctorSnapshot) -> Exclusion | None:
        """Why a doctor who works can be rung for nobody at this moment."""
        if doctor.claimed:
            return "busy"
        if doctor.free_since is not None and doctor.free_since > self.at:
            return "wrap_up"
        if doctor.cool_down_until is not None and doctor.cool_down_until > self.at:
            return "cool_down"
        return None

    def trouble_with(self, doctor: DoctorSnapshot, call: WaitingCall) -> Exclusion | None:
        """Why a doctor who is free is not rung for this very call."""
        if doctor.id in call.declined_by:
            return "declined"
        if doctor.id in call.offered:
            return "busy"
        return "rests" if self._rests(doctor, call) else None

    def _rests(self, doctor: DoctorSnapshot, call: WaitingCall) -> bool:
        last = call.tried.get(doctor.id)
        if last is None or self.at - last >= timedelta(seconds=self.rules.rest_after_no_answer):
            return False
        # Whose first phone failed has another one that may be tried at once.
        failed = [phone.id in call.tried_phones for phone in doctor.phones]
        return all(failed) or not any(failed)

    def holds_for(self, doctor_id: str, call: WaitingCall) -> bool:
        """Whether the call waits for this doctor, who is busy, and nobody else is rung yet."""
        return (
            doctor_id == preferred_of(call, self.at)
            and call.priority != "red_flag"
            and doctor_id not in call.declined_by
            and doctor_id not in call.offered
            and doctor_id not in call.tried
            and self.at < self.held_until(call)
        )

    def held_until(self, call: WaitingCall) -> datetime:
        return call.waiting_since + timedelta(seconds=self.rules.wait_for_preferred)

    def standing(self, doctor: DoctorSnapshot) -> float:
        return standing(doctor, self.today, self.rules)


def is_abroad(doctor: DoctorSnapshot, rules: RoutingRules) -> bool:
    return bool(doctor.zone) and doctor.zone != rules.zone


def phone_for(doctor: DoctorSnapshot, call: WaitingCall, seats: Container[str]) -> tuple[Phone, str] | None:
    """The phone to ring, and its seat: the first with a line free that did not fail in this call, else one that did."""
    fallback: tuple[Phone, str] | None = None
    for phone in doctor.phones:
        seat = next((name for n in range(1, phone.lines + 1) if (name := f"{phone.number}/{n}") not in seats), None)
        if seat is None:
            continue
        if phone.id not in call.tried_phones:
            return phone, seat
        fallback = fallback or (phone, seat)
    return fallback
