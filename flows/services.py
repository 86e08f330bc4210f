"""PURE: what a flow may ask the helpline for. Each service's arguments, outcomes and the variables it fills.

What a service does is in ivr/services/ (by the same name). Who calls, on which line and in which language a service
always knows; only what the caller has answered is given to it. Every service may also fail (database down, slow),
which is why a `service` node has `failed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """Takes arguments and fills variables, both by type ("list" is for choose); ends with one of `outcomes`."""

    does: str
    outcomes: tuple[str, ...]
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)


SERVICES: Mapping[str, Service] = {
    # --- who calls ---
    "caller": Service(
        "What is known of the calling number: its language and the patients who called from it before, newest first.",
        outcomes=("new", "known", "withheld"),
        gives={"language": "choice", "patients": "list", "mobile": "flag"},
    ),
    "languages": Service(
        "The languages that can be spoken, each offered in itself; the line's own first.",
        outcomes=("several", "one"),
        gives={"languages": "list"},
    ),
    "remember_language": Service(
        "Remembers the language for the next call from this number.",
        outcomes=("done",),
        takes={"language": "choice"},
    ),
    "patient": Service(
        "What is known of a patient who was chosen from `patients`; the call is theirs from now on.",
        outcomes=("found", "gone"),
        takes={"patient": "text"},
        gives={"age": "number", "age_unit": "choice", "gender": "choice"},
    ),
    "new_patient": Service(
        "Stores a new patient under the calling number (or none, if it is withheld); the call is theirs.",
        outcomes=("stored",),
        takes={"age": "number", "age_unit": "choice", "gender": "choice"},
        gives={"patient": "text"},
    ),
    "name_patient": Service(
        "Keeps a patient's short name as it was spoken, to be offered by it when this number calls again.",
        outcomes=("kept", "gone"),
        takes={"patient": "text", "name_recording": "text"},
    ),
    "last_prescription": Service(
        "The last advice slip of the patients of this number, with the doctor's name and registration.",
        outcomes=("found", "none"),
        gives={"issued_on": "date", "slip_number": "text", "slip_doctor": "text", "slip_registration": "text"},
    ),
    "known_mobile": Service(
        "Whether messages of this call have somewhere to go without asking: the calling number is a mobile, or the "
        "patient gave one before.",
        outcomes=("known", "unknown"),
        takes={"patient": "text"},
        gives={"sms_to": "text"},
    ),
    # --- where ---
    "place": Service(
        "The district and state of a pincode; they are kept with the call.",
        outcomes=("found", "unknown"),
        takes={"pincode": "digits"},
        gives={"district": "text", "state": "text"},
    ),
    "nearest_centre": Service(
        "The health centre nearest to a pincode: `centre` ends the name of a prompt (centre.<id>).",
        outcomes=("found", "unknown"),
        takes={"pincode": "digits"},
        gives={"centre": "text"},
    ),
    "district_served": Service(
        "Whether this service line is for callers of the district.",
        outcomes=("served", "elsewhere"),
        takes={"district": "text"},
    ),
    # --- the line and its queue ---
    "line": Service(
        "Whether this service line is open now; else when it opens.",
        outcomes=("open", "closed"),
        gives={"opens_on": "date", "opens_at": "time"},
    ),
    "queue": Service(
        "How it stands with doctors for a category: free, a wait of about `wait` minutes (empty where nobody can tell, "
        "or for more than half an hour), nobody on duty, full.",
        outcomes=("free", "busy", "nobody", "full"),
        takes={"category": "text"},
        gives={"waiting": "number", "wait": "number"},
    ),
    "next_opening": Service(
        "When somebody can be reached again: this line is open, and by their schedules a doctor for the category (or "
        "with the skill) works. Without either, only the line's hours count. The day is `opens_day`, else `opens_on`.",
        outcomes=("found", "unknown"),
        takes={"category": "text", "skill": "text"},
        gives={"opens_day": "choice", "opens_on": "date", "opens_at": "time"},
    ),
    # --- OPDs ---
    "opd_districts": Service(
        "The districts that have OPDs; `district.<id>` names each.",
        outcomes=("found", "none"),
        gives={"districts": "list"},
    ),
    "opds": Service(
        "The OPDs of a district, by specialty.",
        outcomes=("found", "none"),
        takes={"district": "text"},
        gives={"opds": "list"},
    ),
    "opd_by_number": Service(
        "The OPD of a number printed on its poster.",
        outcomes=("found", "unknown"),
        takes={"number": "number"},
        gives={"opd": "text", "opd_district": "text", "specialty": "text"},
    ),
    "opd": Service(
        "Whether an OPD is open now and has tokens left; its hours today, or its next opening.",
        outcomes=("open", "closed", "full"),
        takes={"opd": "text"},
        gives={"opens_on": "date", "opens_at": "time", "closes_at": "time", "specialty": "text", "skill": "text"},
    ),
    "issue_token": Service(
        "Issues today's next token of an OPD, or says again the one this number already has.",
        outcomes=("issued", "already", "full"),
        takes={"opd": "text"},
        gives={"token": "text", "ahead": "number"},
    ),
    "book_opening": Service(
        "Books a callback for the next opening of an OPD (or, with none given, of this service line). A withheld "
        "number is called back on the mobile that was keyed.",
        outcomes=("booked", "already", "withheld"),
        takes={"opd": "text", "sms_to": "text"},
        gives={"opens_on": "date", "opens_at": "time"},
    ),
    # --- spokes ---
    "spoke_sign_in": Service(
        "Checks the number and PIN of a spoke's health worker. After five wrong PINs the spoke is locked for a while.",
        outcomes=("welcome", "wrong", "locked"),
        takes={"spoke_number": "digits", "pin": "digits"},
        gives={"spoke": "text", "institution": "choice"},
    ),
    "hub": Service(
        "Whether the hub of a spoke is open now by its own calendar; else when. `skill` names its specialists.",
        outcomes=("open", "closed"),
        takes={"spoke": "text"},
        gives={"opens_on": "date", "opens_at": "time", "skill": "text"},
    ),
    # --- doctors ---
    "doctor": Service(
        "The doctor who calls from a number of theirs, how duty stands, and today's calls.",
        outcomes=("known", "unknown"),
        gives={"duty": "choice", "until": "time", "calls_today": "number", "minutes_today": "number"},
    ),
    "dial_back": Service(
        "Rings the caller of the calling doctor's last talk once more, and this doctor first, if it has just ended.",
        outcomes=("ordered", "none"),
    ),
    "set_duty": Service(
        "Changes the calling doctor's duty; on duty for `hours` hours, or without an end.",
        outcomes=("done", "unknown"),
        takes={"duty": "choice", "hours": "number"},
        gives={"duty": "choice", "until": "time"},
    ),
}

# Where messages of this call go, and a withheld number is called back: the mobile that the caller keyed and confirmed
# (E.164). Without it that is the caller's own number.
SMS_TO = "sms_to"

# What a flow knows from its start, without asking: the language it begins in, whether the number is withheld.
GIVEN: Mapping[str, str] = {"language": "choice", "withheld": "flag", "line": "text"}
