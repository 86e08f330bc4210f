"""The journal's language: every kind of thing that can happen in a call, and the data that goes with it. Pure.

Ids are ours, numbers E.164 or short codes, moments aware. An entry may carry more data than its kind requires; the
projection ignores what it does not know, so that a newer controller can write for an older reader.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdr.errors import CdrError

# --- the call arrives and the menus are walked ---
CALL_ARRIVED = "call.arrived"  # caller is None where the number is withheld; line is a service_line's id
CALL_ADOPTED = "call.adopted"  # a new controller has taken the call up
CLOCK_SET = "clock.set"  # while the call lived, forward by so many seconds
KEY_PRESSED = "key.pressed"
INPUT_SILENT = "input.silent"  # the caller was asked and pressed nothing
MENU_CHOICE = "menu.choice"
ANSWER_GIVEN = "answer.given"  # such as name=age value=45 unit=years
ANSWER_FORGOTTEN = "answer.forgotten"  # it was about somebody else, or does not hold any more
FLOW_WENT = "flow.went"  # by: the edge taken, as flows/definition.py names them
TRIAGE_ANSWERED = "triage.answered"  # to a red-flag question; answer: yes | no
CONSENT_ANSWERED = "consent.answered"  # to: what; answer: granted | refused
MESSAGE_RECORDED = "message.recorded"
# --- a doctor is sought ---
SEEK_STARTED = "seek.started"
SEEK_NOBODY_FREE = "seek.nobody_free"
WAIT_TOLD = "wait.told"  # the first time; wait: minutes, "long", or empty where it could not be told
ROUTE_DECIDED = "route.decided"  # excluded: how many by which rule; points: of whom was chosen, by part
DOCTOR_OFFERED = "doctor.offered"  # the doctor has been claimed and the phone is being dialled
DOCTOR_RINGING = "doctor.ringing"
DOCTOR_ANSWERED = "doctor.answered"  # somebody or something lifted; only a key makes it a doctor
DOCTOR_ACCEPTED = "doctor.accepted"
DOCTOR_PAUSED = "doctor.paused"  # the duty, by us; reason: unanswered
PHONE_QUARANTINED = "phone.quarantined"  # rung no more until somebody has looked at it
OFFER_ENDED = "offer.ended"  # cause: the network's, where there is one
# --- they talk ---
CALL_BRIDGED = "call.bridged"
CALL_UNBRIDGED = "call.unbridged"  # by: as in call.ended
TALK_KEY = "talk.key"  # a doctor has pressed the star and this key
TALK_SPECIALIST_SOUGHT = "talk.specialist_sought"  # level: specialist | super
TALK_SPECIALIST_NONE = "talk.specialist_none"  # or not any more: why the doctor is back with the patient
TALK_PRIVATE = "talk.private"  # the doctor talks with this specialist, the patient hears music
TALK_JOINED = "talk.joined"  # the doctors of these offers talk with the patient together
TALK_HANDED_OVER = "talk.handed_over"  # the doctor of this offer leaves the patient to another; to: whose, if known
TALK_FLAGGED = "talk.flagged"  # as abuse
TALK_CUT_OFF = "talk.cut_off"  # whose line broke: doctor | patient
TALK_LEFT_FOR_AMBULANCE = "talk.left_for_ambulance"  # by the patient, whom the doctor of this offer kept waiting
TALK_DIALLED_BACK = "talk.dialled_back"  # the patient is rung again for the doctor of this offer
DISPOSITION = "disposition"  # keyed by the doctor, often after call.ended
# --- other ways on ---
CALLBACK_REQUESTED = "callback.requested"
CALLBACK_RANG = "callback.rang"  # in the outgoing call: the patient's phone rings
CALLBACK_TRIED = "callback.tried"  # in the call of the request; call: the attempt; result: as routing/agenda.py has it
CALLBACK_CLOSED = "callback.closed"  # in the call of the request; result: done | expired | withdrawn
AMBULANCE_DIALLED = "ambulance.dialled"
AMBULANCE_ANSWERED = "ambulance.answered"
AMBULANCE_ENDED = "ambulance.ended"  # status: as Asterisk's DIALSTATUS; seconds: of talk
TRANSFER_DIALLED = "transfer.dialled"  # to another service than the ambulance; target: tele_manas, …
TRANSFER_ANSWERED = "transfer.answered"
TRANSFER_ENDED = "transfer.ended"
# --- telephones ---
LEG_STARTED = "leg.started"
LEG_ANSWERED = "leg.answered"
LEG_ENDED = "leg.ended"  # cause: ISDN's number (Q.850)
# --- what flows asked the helpline for ---
LANGUAGE_CHOSEN = "language.chosen"
PLACE_GIVEN = "place.given"  # of the caller, by pincode; district and state are ids
TOKEN_ISSUED = "token.issued"  # of an OPD; again: the same token was said again  # noqa: S105
SPOKE_SIGNED_IN = "spoke.signed_in"
SPOKE_REFUSED = "spoke.refused"  # spoke is None where the number is none of ours
DUTY_CHANGED = "duty.changed"  # by the doctor, on the phone; until: ISO 8601, or None
# --- paper work ---
PATIENT_IDENTIFIED = "patient.identified"
SLIP_ISSUED = "slip.issued"
SMS_SENT = "sms.sent"
SMS_SETTLED = "sms.settled"  # what became of it; reason: a key of messaging/reasons.yaml, or empty
# --- the end ---
CALL_ENDED = "call.ended"

REQUIRED: Mapping[str, tuple[str, ...]] = {
    CALL_ARRIVED: ("dialled", "caller", "linkedid", "line", "flow", "flow_version", "language"),
    CALL_ADOPTED: (),
    CLOCK_SET: ("seconds",),
    KEY_PRESSED: ("node", "keys"),
    INPUT_SILENT: ("node",),
    MENU_CHOICE: ("node", "choice"),
    ANSWER_GIVEN: ("name", "value"),
    ANSWER_FORGOTTEN: ("name",),
    FLOW_WENT: ("flow", "node", "by", "to"),
    TRIAGE_ANSWERED: ("question", "answer"),
    CONSENT_ANSWERED: ("to", "answer"),
    MESSAGE_RECORDED: ("file", "seconds"),
    SEEK_STARTED: ("category",),
    SEEK_NOBODY_FREE: (),
    WAIT_TOLD: ("position", "wait"),
    ROUTE_DECIDED: ("offer", "excluded", "points"),
    DOCTOR_OFFERED: ("offer", "doctor", "phone", "leg"),
    DOCTOR_RINGING: ("offer",),
    DOCTOR_ANSWERED: ("offer",),
    DOCTOR_ACCEPTED: ("offer",),
    OFFER_ENDED: ("offer", "result"),
    DOCTOR_PAUSED: ("doctor", "reason"),
    PHONE_QUARANTINED: ("doctor", "phone", "reason"),
    CALL_BRIDGED: ("offer", "doctor"),
    CALL_UNBRIDGED: ("offer", "by"),
    TALK_KEY: ("offer", "key"),
    TALK_SPECIALIST_SOUGHT: ("offer", "level", "category"),
    TALK_SPECIALIST_NONE: ("offer", "reason"),
    TALK_PRIVATE: ("offer", "doctor"),
    TALK_JOINED: ("offers",),
    TALK_HANDED_OVER: ("offer",),
    TALK_FLAGGED: ("offer", "doctor"),
    TALK_CUT_OFF: ("offer", "who"),
    TALK_LEFT_FOR_AMBULANCE: ("offer",),
    TALK_DIALLED_BACK: ("offer",),
    DISPOSITION: ("offer", "outcome"),
    CALLBACK_REQUESTED: ("request", "number"),
    CALLBACK_RANG: ("request",),
    CALLBACK_TRIED: ("request", "call", "result"),
    CALLBACK_CLOSED: ("request", "result"),
    AMBULANCE_DIALLED: ("number",),
    AMBULANCE_ANSWERED: (),
    AMBULANCE_ENDED: ("status", "seconds"),
    TRANSFER_DIALLED: ("target", "number"),
    TRANSFER_ANSWERED: ("target",),
    TRANSFER_ENDED: ("target", "status", "seconds"),
    LEG_STARTED: ("leg", "role", "channel"),
    LEG_ANSWERED: ("leg",),
    LEG_ENDED: ("leg", "cause", "cause_text"),
    LANGUAGE_CHOSEN: ("language",),
    PLACE_GIVEN: ("pincode", "district", "state"),
    TOKEN_ISSUED: ("opd", "day", "token"),
    SPOKE_SIGNED_IN: ("spoke",),
    SPOKE_REFUSED: ("spoke", "reason"),
    DUTY_CHANGED: ("doctor", "duty"),
    PATIENT_IDENTIFIED: ("patient",),
    SLIP_ISSUED: ("slip",),
    SMS_SENT: ("message", "parts"),
    SMS_SETTLED: ("message", "result", "reason"),
    CALL_ENDED: ("by", "cause", "cause_text", "result"),
}

PARTIES = frozenset({"patient", "doctor", "system", "network"})
OFFER_RESULTS = frozenset(
    {"accepted", "declined", "no_answer", "busy", "unreachable", "unconfirmed", "withdrawn", "lost"}
)
OUTCOMES = frozenset({"advice", "prescription", "refer", "emergency", "none"})
SMS_RESULTS = frozenset({"delivered", "failed", "unknown", "expired", "refused"})
ROLES = frozenset({"patient", "doctor", "ambulance"})
CALL_RESULTS = frozenset(
    {"consulted", "ambulance", "transferred", "callback", "informed"}
    | {"abandoned_menu", "abandoned_queue", "refused", "lost"}
    | {"missed_call", "no_answer", "unconfirmed", "withdrawn"}  # of calls that we make, and of those we do not answer
)

ALLOWED: Mapping[tuple[str, str], frozenset[str]] = {
    (OFFER_ENDED, "result"): OFFER_RESULTS,
    (CALL_UNBRIDGED, "by"): PARTIES,
    (DISPOSITION, "outcome"): OUTCOMES,
    (LEG_STARTED, "role"): ROLES,
    (SPOKE_REFUSED, "reason"): frozenset({"wrong", "locked"}),
    (SMS_SETTLED, "result"): SMS_RESULTS,
    (CALL_ENDED, "by"): PARTIES,
    (CALL_ENDED, "result"): CALL_RESULTS,
}


_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True)
class JournalEntry:
    """One thing that happened: in which call, when (aware), what, and the data of its kind (JSON)."""

    call_id: str
    at: datetime
    kind: str
    data: Mapping[str, Any]


def check(entry: JournalEntry) -> str:
    """The data as JSON text. CdrError, naming what is wrong, where the entry may not go into the journal.

    It cannot be mended there.
    """
    required = REQUIRED.get(entry.kind)
    if required is None:
        raise CdrError(f"{entry.kind!r} is not a kind of the journal")
    if not entry.call_id:
        raise CdrError(f"{entry.kind} belongs to no call")
    if entry.at.tzinfo is None:
        raise CdrError(f"{entry.kind} has a moment without a time zone")
    missing = [key for key in required if key not in entry.data]
    if missing:
        raise CdrError(f"{entry.kind} lacks {', '.join(missing)}")
    for key in required:
        _check_value(entry, key)
    try:
        return _ENCODER.encode(entry.data if type(entry.data) is dict else dict(entry.data))
    except (TypeError, ValueError) as error:
        raise CdrError(f"{entry.kind} has data that is not JSON: {error}") from None


def _check_value(entry: JournalEntry, key: str) -> None:
    allowed = ALLOWED.get((entry.kind, key))
    if allowed is not None and entry.data[key] not in allowed:
        raise CdrError(f"{entry.kind} has {key} {entry.data[key]!r}, not one of {', '.join(sorted(allowed))}")
