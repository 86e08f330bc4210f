"""Services of the doctors' own line: how duty stands, changing it, and today's work."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from cdr import events
from config.schema import Doctor
from directory import doctors
from directory.errors import DirectoryError
from ivr.services.answer import Answer, Arguments, Office, Who
from routing.policy import GENERAL

LONGEST_DUTY_HOURS = 24
# How long after a talk its caller may be rung again by one key.
LONGEST_SINCE_TALK = timedelta(minutes=5)
_PHONE_IS_DOWN_AFTER = timedelta(seconds=5)


def doctor(office: Office, arguments: Arguments, who: Who) -> Answer:
    midnight = datetime.combine(office.today(who), time(), office.zone)
    with office.database.reading() as session:
        found = doctors.doctor_of(session, who.caller) if who.caller else None
        if found is None:
            return Answer("unknown")
        work = doctors.work_since(session, found.id, midnight)
    values = _duty(office, found, who)
    return Answer("known", values | {"calls_today": str(work.calls), "minutes_today": str(work.minutes)})


def set_duty(office: Office, arguments: Arguments, who: Who) -> Answer:
    """`hours` empty or 0 is without an end; DirectoryError (so: failed) for more than a day."""
    duty, hours = arguments["duty"], int(arguments.get("hours") or 0)
    if not 0 <= hours <= LONGEST_DUTY_HOURS:
        raise DirectoryError(f"nobody is on duty for {hours} hours")
    until = who.at + timedelta(hours=hours) if duty == "on" and hours else None
    with office.database.writing() as session:
        found = doctors.doctor_of(session, who.caller) if who.caller else None
        if found is None:
            return Answer("unknown")
        office.routing.set_duty(found.id, duty, who.at, session, until)
    note = {"doctor": found.id, "duty": duty, "until": until.isoformat() if until else None}
    values = {"duty": duty, "until": office.clock(until) if until else ""}
    return Answer("done", values, notes=((events.DUTY_CHANGED, note),), duty_changed=True)


def dial_back(office: Office, arguments: Arguments, who: Who) -> Answer:
    """The caller of the talk that ended within the last minutes is to be rung again, after this doctor's own phone.

    Nobody sees a number: it is a call back of the helpline's, which the doctor is offered first.
    """
    with office.database.writing() as session:
        found = doctors.doctor_of(session, who.caller) if who.caller else None
        last = doctors.last_talk(session, found.id, who.at - LONGEST_SINCE_TALK) if found is not None else None
        if found is None or last is None or last.caller_number is None:
            return Answer("none")
        request = office.routing.request_callback(
            call_id=who.call_id,
            number=last.caller_number,
            category=last.category or GENERAL,
            at=who.at,
            # The doctor has to put the phone down before it can ring.
            details={"doctor": found.id, "opens": (who.at + _PHONE_IS_DOWN_AFTER).isoformat()},
            kind="dial_back",
            line_id=last.service_line_id,
            language=last.language,
            lasts=LONGEST_SINCE_TALK,
            session=session,
        )
        note = {"request": request.id, "number": request.number, "kind": request.kind}
    return Answer("ordered", notes=((events.CALLBACK_REQUESTED, note),))


def _duty(office: Office, doctor: Doctor, who: Who) -> dict[str, str]:
    """Duty as it is now: one that was taken on for some hours and is over is off."""
    if doctor.duty != "on" or doctor.duty_until is None:
        return {"duty": doctor.duty, "until": ""}
    if doctor.duty_until <= who.at:
        return {"duty": "off", "until": ""}
    return {"duty": "on", "until": office.clock(doctor.duty_until)}
