"""Every table, in one place: the data model is shared by all rooms and by both processes.

Three kinds of rows live here. The **journal** is append-only and the truth of what happened. `call`, `leg` and
`offer` are its **projection** and can be rebuilt from it. The rest is **master data** (lines, doctors, patients,
staff) and **work in hand** (flow state, claims, commands, the SMS outbox). One deployment is one department, so
there is no tenant column. Moments are UTC, numbers E.164 (short codes as dialled), ages value and unit.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config.clock import utc_now
from config.database import UtcDateTime

# Where a call may be passed on to besides the ambulance, by the name that flows use: today's numbers of India.
TRANSFER_NUMBERS = {"emergency": "112", "mother_transport": "102", "child_line": "1098", "tele_manas": "14416"}

# A helpline at full load writes a million journal rows a day: 32 bits would last five years. SQLite numbers rows by
# itself only in a column called INTEGER, which has 64 bits there anyway.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")

# Without this SQLite hands the number of a deleted last row out again, and who remembers "seen up to here" skips it.
_NEVER_REUSED = {"sqlite_autoincrement": True}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


# --- master data -----------------------------------------------------------------------------------------------


class ServiceLine(Base):
    """A dialled number and what it does."""

    __tablename__ = "service_line"
    id: Mapped[str] = mapped_column(primary_key=True)
    dialled_number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    flow: Mapped[str]
    language: Mapped[str] = mapped_column(default="hi")
    hours: Mapped[dict[str, Any] | None]  # {"mon": [["09:00", "14:00"]], …} in the deployment's zone; None: 24 x 7
    districts: Mapped[list[Any] | None]  # None: every caller
    closed_dates: Mapped[list[Any] | None]  # ["2026-01-26", …]
    ambulance_number: Mapped[str] = mapped_column(default="108")
    numbers: Mapped[dict[str, Any]] = mapped_column(default=TRANSFER_NUMBERS.copy)  # other services, by transfer target
    sms_header: Mapped[str] = mapped_column(default="")
    missed_call: Mapped[bool] = mapped_column(
        default=False
    )  # rejected unanswered, free for the caller, and called back
    queue_limit: Mapped[int | None]  # waiting callers; None: the deployment's
    active: Mapped[bool] = mapped_column(default=True)


class Caller(Base):
    """A number that has called, and the language to greet it in."""

    __tablename__ = "caller"
    number: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    updated_at: Mapped[datetime]


class Patient(Base):
    """A person. Apart from the phone (several people share one) and from the call (a person calls again)."""

    __tablename__ = "patient"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    gender: Mapped[str | None]  # female | male | other
    age_value: Mapped[int | None]
    age_unit: Mapped[str | None]  # years | months | days
    age_recorded_on: Mapped[date | None]
    address: Mapped[str] = mapped_column(default="")
    district: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    name_recording: Mapped[str] = mapped_column(default="")  # the file in which the short name was spoken
    created_at: Mapped[datetime]


class PatientPhone(Base):
    """A number under which a patient has called or may be written to."""

    __tablename__ = "patient_phone"
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True, index=True)


class Doctor(Base):
    """A registered medical practitioner who takes calls. `claimed_by` is the offer that holds the doctor, or None.

    `schedule` is in the doctor's own zone: {"weekly": {"mon": [["09:00", "14:00"]], …}, "dates": {"2026-11-22":
    [["10:00", "12:00"]]}, "leave": [["2026-11-24", "2026-11-28"]]}; None: whenever on duty. `claimed_seat` names the
    number that is being rung and which of its lines ("+91755…/1"): two doctors who share a telephone are never rung at
    the same time. `changed_at` is of this row, its phones and categories: rosters read what is newer than they are.
    """

    __tablename__ = "doctor"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    qualification: Mapped[str] = mapped_column(default="")
    registration_number: Mapped[str]
    council: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    district: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    duty: Mapped[str] = mapped_column(default="off")  # on | off | paused
    duty_changed_at: Mapped[datetime | None]
    duty_from: Mapped[datetime | None]  # on duty no sooner than this; None: since it was changed
    duty_until: Mapped[datetime | None]  # on duty no longer than this; None: until it is changed
    duty_reason: Mapped[str] = mapped_column(default="")  # of a pause: unanswered | asked | …
    gender: Mapped[str | None]  # female | male | other
    languages: Mapped[list[Any]] = mapped_column(default=lambda: ["hi", "en"])
    serves: Mapped[list[Any] | None]  # ids of districts and states; None: everybody
    time_zone: Mapped[str] = mapped_column(default="")  # of the schedule and of the night; empty: the deployment's
    schedule: Mapped[dict[str, Any] | None]
    night: Mapped[bool] = mapped_column(default=True)  # may be rung at night
    calls_per_day: Mapped[int | None]
    minutes_per_day: Mapped[int | None]
    wrap_up_seconds: Mapped[int | None]  # None: the deployment's
    day: Mapped[date | None]  # which `calls_today` and `seconds_today` are of, in the deployment's zone
    calls_today: Mapped[int] = mapped_column(default=0)
    seconds_today: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int] = mapped_column(default=0)  # offers in a row
    cool_down_until: Mapped[datetime | None]  # not offered anything before, after an offer that was not answered
    claimed_by: Mapped[str | None] = mapped_column(unique=True)
    claimed_at: Mapped[datetime | None]
    claimed_node: Mapped[str | None]  # the controller that claimed
    claimed_seat: Mapped[str | None] = mapped_column(unique=True)
    free_since: Mapped[datetime | None]  # end of the last wrap-up: the longest idle is offered first
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now, index=True)
    created_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("registration_number", "council"),
        CheckConstraint("duty in ('on', 'off', 'paused')", name="duty"),
        Index("ix_doctor_routable", "duty", "active", "claimed_by"),
    )


class DoctorCategory(Base):
    """A symptom category a doctor takes calls for, or a skill such as hub:h01 that some calls ask for.

    A doctor of level super is reached by escalation only, never from the open menu.
    """

    __tablename__ = "doctor_category"
    doctor_id: Mapped[str] = mapped_column(ForeignKey("doctor.id", ondelete="CASCADE"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True, index=True)
    level: Mapped[str] = mapped_column(default="general")
    __table_args__ = (CheckConstraint("level in ('general', 'specialist', 'super')", name="level"),)


class DoctorPhone(Base):
    """One of a doctor's phones, rung in order of `position`; only validated E.164 numbers get in.

    One that could not be reached several times in a row is quarantined: not rung until somebody has looked at it.
    """

    __tablename__ = "doctor_phone"
    id: Mapped[str] = mapped_column(primary_key=True)
    doctor_id: Mapped[str] = mapped_column(ForeignKey("doctor.id", ondelete="CASCADE"), index=True)
    number: Mapped[str] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    quarantined_at: Mapped[datetime | None]
    quarantine_reason: Mapped[str] = mapped_column(default="")
    __table_args__ = (UniqueConstraint("doctor_id", "number"),)


class ControlRoom(Base):
    """A district's command and control centre: several doctors behind one number, each announced by name.

    A doctor sits in it who has its number among the phones. `lines` calls at most are rung or talking there at a time.
    """

    __tablename__ = "control_room"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    district: Mapped[str] = mapped_column(default="")
    lines: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)


class Pincode(Base):
    """Where a six-digit postal code is. District and state are ids: bhopal, madhya_pradesh."""

    __tablename__ = "pincode"
    pincode: Mapped[str] = mapped_column(primary_key=True)
    district: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]


class Centre(Base):
    """A health centre that callers are sent to. The prompt `centre.<id>` says its name."""

    __tablename__ = "centre"
    id: Mapped[str] = mapped_column(primary_key=True)
    name_hi: Mapped[str]
    name_en: Mapped[str]
    pincode: Mapped[str] = mapped_column(index=True)
    district: Mapped[str] = mapped_column(index=True)
    phone: Mapped[str | None]


class Opd(Base):
    """An out-patient department by telephone. Its doctors are those with the skill."""

    __tablename__ = "opd"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # as its poster has it
    district: Mapped[str] = mapped_column(index=True)
    specialty: Mapped[str]
    skill: Mapped[str]
    calendar: Mapped[dict[str, Any]]  # as service_line.hours
    closed_dates: Mapped[list[Any]]
    tokens_per_day: Mapped[int]


class OpdToken(Base):
    """A place in an OPD's queue of one day."""

    __tablename__ = "opd_token"
    id: Mapped[str] = mapped_column(primary_key=True)
    opd_id: Mapped[str] = mapped_column(ForeignKey("opd.id", ondelete="CASCADE"))
    day: Mapped[date]  # on which the opening began, in the deployment's zone
    number: Mapped[int]
    caller: Mapped[str | None]  # None: withheld
    call_id: Mapped[str]  # in which it was issued
    last_call_id: Mapped[str]  # in which its holder asked for it last
    issued_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("opd_id", "day", "number"),
        UniqueConstraint("opd_id", "day", "call_id"),
        UniqueConstraint("opd_id", "day", "caller"),
    )


class Hub(Base):
    """A hospital whose specialists advise the health workers of its spokes."""

    __tablename__ = "hub"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    skill: Mapped[str]
    calendar: Mapped[dict[str, Any]]  # as service_line.hours
    closed_dates: Mapped[list[Any]]


class Spoke(Base):
    """A health centre, old-age home or prison whose health worker presents patients to the hub."""

    __tablename__ = "spoke"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # what the health worker keys, digits
    pin_hash: Mapped[str]
    hub_id: Mapped[str] = mapped_column(ForeignKey("hub.id"), index=True)
    institution: Mapped[str]  # health_centre | old_age_home | prison
    district: Mapped[str] = mapped_column(index=True)
    phones: Mapped[list[Any]]  # E.164; where there are any, only they may sign in
    active: Mapped[bool] = mapped_column(default=True)
    wrong_pins: Mapped[int] = mapped_column(default=0)  # in a row
    locked_until: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("institution in ('health_centre', 'old_age_home', 'prison')", name="institution"),
    )


class Staff(Base):
    """Somebody who signs in. A doctor who prescribes has an account with `doctor_id`."""

    __tablename__ = "staff"
    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str]  # admin | supervisor | district | doctor
    doctor_id: Mapped[str | None] = mapped_column(ForeignKey("doctor.id"))
    district: Mapped[str | None]  # scope of a district officer
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token, kept as SHA-256 only. Signing in makes a short-lived one, scripts use long-lived ones."""

    __tablename__ = "api_token"
    id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did or saw what. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    staff_id: Mapped[str | None] = mapped_column(index=True)
    action: Mapped[str]  # such as patient.viewed, doctor.duty_changed
    subject_kind: Mapped[str] = mapped_column(default="")
    subject_id: Mapped[str] = mapped_column(default="", index=True)
    source: Mapped[str] = mapped_column(default="")  # the client's address
    detail: Mapped[dict[str, Any] | None]
    __table_args__ = _NEVER_REUSED


# --- the truth ----------------------------------------------------------------------------------------------------


class JournalRow(Base):
    """One thing that happened. Append-only; cdr/events.py lists the kinds and their data."""

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    call_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    __table_args__ = _NEVER_REUSED


# --- its projection -----------------------------------------------------------------------------------------------


class Call(Base):
    """The record of one patient's call (cdr/projection.py)."""

    __tablename__ = "call"
    id: Mapped[str] = mapped_column(primary_key=True)
    linkedid: Mapped[str] = mapped_column(default="")
    service_line_id: Mapped[str | None]
    dialled: Mapped[str] = mapped_column(default="")
    caller_number: Mapped[str | None] = mapped_column(index=True)  # None: withheld
    flow: Mapped[str] = mapped_column(default="")
    flow_version: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="hi")
    category: Mapped[str | None]
    age_value: Mapped[int | None]
    age_unit: Mapped[str | None]
    patient_id: Mapped[str | None] = mapped_column(index=True)
    doctor_id: Mapped[str | None] = mapped_column(index=True)  # the doctor who was bridged
    district: Mapped[str | None] = mapped_column(index=True)  # as the caller's pincode says
    state: Mapped[str | None]
    arrived_at: Mapped[datetime] = mapped_column(index=True)
    sought_at: Mapped[datetime | None]
    bridged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wait_ms: Mapped[int | None]  # from seeking a doctor to the bridge, or to the end
    talk_ms: Mapped[int | None]
    disposition: Mapped[str | None]
    priority: Mapped[str | None]
    callback_id: Mapped[str | None] = mapped_column(index=True)  # the request or the message that we called for
    talks: Mapped[int] = mapped_column(default=0)  # how many doctors the patient was bridged with
    result: Mapped[str | None]  # consulted | ambulance | callback | abandoned_menu | abandoned_queue | refused | lost
    ended_by: Mapped[str | None]  # patient | doctor | system | network
    hangup_cause: Mapped[int | None]
    hangup_text: Mapped[str | None]


class Leg(Base):
    """One telephone's part in a call."""

    __tablename__ = "leg"
    id: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]  # patient | doctor | ambulance
    channel: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cause: Mapped[int | None]
    cause_text: Mapped[str | None]


class Offer(Base):
    """A call held out to a doctor, and what the doctor said."""

    __tablename__ = "offer"
    id: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(index=True)
    doctor_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(default="call")  # call | specialist | handed_over | dial_back
    phone_id: Mapped[str | None]
    leg_id: Mapped[str | None]
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]  # accepted | declined | no_answer | busy | unreachable | unconfirmed | withdrawn | lost
    cause: Mapped[int | None]


# --- work in hand -------------------------------------------------------------------------------------------------


class CallState(Base):
    """Where a live call stands, saved at every wait so that the call outlives its controller. Gone when it ends."""

    __tablename__ = "call_state"
    call_id: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(default="", index=True)  # the controller that serves it
    saved_at: Mapped[datetime]
    state: Mapped[dict[str, Any]]


class ControllerNode(Base):
    """A controller that shares the doctors with others, and when it was last alive."""

    __tablename__ = "controller_node"
    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class Lease(Base):
    """Something that one controller at a time may do, until a moment; it renews while the database answers."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


class Replayed(Base):
    """An entry of a controller's local spool that is in the database: written with it, so that it comes in once."""

    __tablename__ = "replayed"
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Strike(Base):
    """A doctor has flagged a caller for abuse (routing/strikes.py says what three of them mean)."""

    __tablename__ = "strike"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(index=True)
    call_id: Mapped[str] = mapped_column(unique=True)
    doctor_id: Mapped[str]
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]  # staff


class CallbackRequest(Base):
    """Somebody to be called back. One open request per number.

    `waiting_since` is the place in the queue that it keeps; `attempt` the call that is being made for it now, written
    by the one statement that takes it, so that nobody is called by two controllers.
    """

    __tablename__ = "callback_request"
    id: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(index=True)
    category: Mapped[str]
    requested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="open")  # open | done | expired | withdrawn
    kind: Mapped[str] = mapped_column(default="asked")  # asked | cut_off | missed_call | lost | closed
    line_id: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="hi")
    priority: Mapped[str] = mapped_column(default="")
    waiting_since: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)  # None: at once
    expires_at: Mapped[datetime | None]
    attempt: Mapped[str | None] = mapped_column(unique=True)
    attempt_node: Mapped[str | None]
    attempted_at: Mapped[datetime | None]
    last_result: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any] | None]
    __table_args__ = (
        Index(
            "uq_callback_request_open_number",
            "number",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class CommandRow(Base):
    """What one process wants of the other. Taken in the order of `id`, once."""

    __tablename__ = "command"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    recipient: Mapped[str] = mapped_column(index=True)  # controller | messenger
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    taken_at: Mapped[datetime | None] = mapped_column(index=True)
    __table_args__ = _NEVER_REUSED


# --- the voice menus ----------------------------------------------------------------------------------------------


class FlowVersion(Base):
    """A version of a voice menu, or of a part that menus use: its text, and its parts' texts as they were. Kept."""

    __tablename__ = "flow_version"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    name: Mapped[str]
    version: Mapped[str]  # twelve hexadecimal digits of all the texts' hash
    is_part: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict[str, Any]]  # the text of every part it uses, by name
    origin: Mapped[str]  # file | upload | part (made anew because a part was changed)
    staff_id: Mapped[str | None]  # None: it came with the helpline's files
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]  # when a controller last found it in its files
    __table_args__ = (UniqueConstraint("name", "version"), _NEVER_REUSED)


class FlowActivation(Base):
    """From when on new calls hear a version. Append-only: the newest row of a name counts."""

    __tablename__ = "flow_activation"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    name: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_version.id"))
    at: Mapped[datetime]
    staff_id: Mapped[str | None]
    cause: Mapped[str]  # file | chosen | rolled_back | part
    own: Mapped[bool]  # chosen by the department: a shipped file that changes does not replace it
    before_id: Mapped[int | None] = mapped_column(ForeignKey("flow_activation.id"))  # what a roll-back returns to
    taken_up_at: Mapped[datetime | None]  # when the controller began to use it
    trouble: Mapped[str] = mapped_column(Text, default="")  # why the controller could not
    __table_args__ = (Index("ix_flow_activation_name_id", "name", "id"), _NEVER_REUSED)


# --- documents and messages ---------------------------------------------------------------------------------------


class Slip(Base):
    """An advice slip as it was issued: never changed, everything on it copied in."""

    __tablename__ = "slip"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # what the patient reads out, e.g. P-7K3M-22
    call_id: Mapped[str] = mapped_column(index=True)
    doctor_id: Mapped[str]
    patient_id: Mapped[str] = mapped_column(index=True)
    issued_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]


class Message(Base):
    """A message on its way: written in the transaction of its cause, unique by (purpose, recipient, key).

    States: queued (waits for its time), sending (a worker has claimed it), doubt (perhaps sent: to be looked up at the
    provider), sent (taken over by the provider, or being spoken), and in the end delivered, failed, unknown (a person
    decides), refused (it was never sendable: `error` says why) or expired (its time had passed before it could go).
    """

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    recipient: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    call_id: Mapped[str | None] = mapped_column(index=True)
    template: Mapped[str]
    language: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    encoding: Mapped[str] = mapped_column(String(8))  # gsm7 | ucs2
    parts: Mapped[int]
    state: Mapped[str] = mapped_column(default="queued", index=True)
    gateway: Mapped[str | None]  # the last one it went to
    provider_id: Mapped[str | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(default="sms")  # sms | voice
    category: Mapped[str] = mapped_column(default="service_implicit")  # DLT's: … | service_explicit | promotional | …
    template_version: Mapped[int] = mapped_column(default=1)
    header: Mapped[str] = mapped_column(default="")  # DLT's sender id, six letters
    entity_id: Mapped[str] = mapped_column(default="")  # DLT's principal entity
    dlt_template_id: Mapped[str] = mapped_column(default="")
    spoken: Mapped[dict[str, Any] | None]  # for channel voice: what is said, {"text": …} and what of it is ready
    doctor_id: Mapped[str | None]  # where a doctor is written to
    asked_by: Mapped[str] = mapped_column(default="")  # the staff id of who asked for a test or sent it again
    claimed_by: Mapped[str] = mapped_column(default="")  # the worker that has it, while it is being sent
    claimed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # an OTP that comes later is of no use
    millirupees: Mapped[int | None]  # the price of all parts, as configured when it was sent; None: not known
    receipt: Mapped[str] = mapped_column(default="")  # delivered | failed | on_its_way, as the provider told
    receipt_reason: Mapped[str] = mapped_column(default="")  # a key of messaging/reasons.yaml
    receipt_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("purpose", "recipient", "key"),
        Index("ix_message_state_next_try_at", "state", "next_try_at"),
    )


class MessageEvent(Base):
    """What happened to a message after it was promised, in order; `message_id` is None for a receipt of no message."""

    __tablename__ = "message_event"
    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    message_id: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[datetime]
    kind: Mapped[str]  # accepted | rejected | doubt | looked_up | receipt | resent | ...: messaging/history.py
    gateway: Mapped[str] = mapped_column(default="")
    provider_id: Mapped[str] = mapped_column(default="", index=True)
    detail: Mapped[str] = mapped_column(default="")
    dedup: Mapped[str | None] = mapped_column(unique=True)  # the same receipt told again is no event
    __table_args__ = (_NEVER_REUSED,)


class InboundMessage(Base):
    """An SMS somebody has sent to us. The provider may tell it more than once."""

    __tablename__ = "inbound_message"
    id: Mapped[str] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    provider_id: Mapped[str]
    sender: Mapped[str] = mapped_column(index=True)
    recipient: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    doctor_id: Mapped[str | None]
    result: Mapped[str]  # what was done: messaging/keywords.py
    __table_args__ = (UniqueConstraint("gateway", "provider_id"),)


class DltRegistration(Base):
    """A version of a wording as the department has registered it with the operators."""

    __tablename__ = "dlt_registration"
    template: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    dlt_template_id: Mapped[str]
    header: Mapped[str] = mapped_column(default="")  # empty: the deployment's
    registered_text: Mapped[str] = mapped_column(Text)  # to the character, {#var#} for each variable
    registered_at: Mapped[datetime]
    registered_by: Mapped[str] = mapped_column(default="")  # staff id
