"""PURE: who calls which line, what each waits to hear and presses, and within how many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# option: listens until the own option has been said and presses a second later. everything: until all of the question
# has been said, as a menu must be heard that takes no key earlier. first_sound: presses as soon as a question begins.
Way = Literal["option", "everything", "first_sound"]
Line = Literal["104", "1800104104", "1800104105", "1800104106", "1800104107"]

FLOWS: dict[Line, str] = {
    "104": "line_104",
    "1800104104": "specialist_line",
    "1800104105": "opd_line",
    "1800104106": "spoke_line",
    "1800104107": "doctor_line",
}
AGE, PINCODE = 45, "462001"
# A spoke of a hub that is open day and night, from directory/samples.
SPOKE, PIN = "1009", "4101"


@dataclass(frozen=True)
class Step:
    """At `node` the caller waits for the prompt `hears` and presses `keys`; `last` is the last one of the question.

    `{opd}` in the keys stands for the number of an OPD that is open or closed, as the script wants it.
    """

    node: str
    hears: str
    keys: str
    last: str = ""

    def awaited(self, way: Way) -> str:
        """The prompt after which this caller presses."""
        return self.last or self.hears if way == "everything" else self.hears


@dataclass(frozen=True)
class Script:
    """A caller's way to a `goal`: "doctor" and "ambulance" are their phone's ringing, else the prompt that is wanted.

    `known` callers have called before, as a patient of theirs; `as_doctor` ones call from a doctor's phone.
    `clock_from` is the step at the end of whose key the clock starts; None: the answer. `unanswered` are the nodes,
    after the last step, at which this caller presses nothing.
    """

    name: str
    title: str
    line: Line
    steps: tuple[Step, ...]
    goal: str = "doctor"
    known: bool = False
    as_doctor: bool = False
    opd: Literal["", "open", "closed"] = ""
    clock_from: int | None = None
    unanswered: tuple[str, ...] = ()

    @property
    def flow(self) -> str:
        return FLOWS[self.line]


@dataclass(frozen=True)
class Trial:
    """A script walked in one way; at most `limit` seconds where issue 3 sets one."""

    script: Script
    way: Way
    limit: float | None = None

    @property
    def name(self) -> str:
        return f"{self.script.name}/{self.way}"


def _language(node: str) -> Step:
    return Step(node, "language.offer.hi.1", "1", last="language.offer.en.2")


def _new_patient(node: str) -> tuple[Step, ...]:
    """A woman of 45: the one who is asked most."""
    return (
        Step(f"{node}/age", "age.ask", f"{AGE}#"),
        Step(f"{node}/gender", "gender.female_key", "2", last="gender.other_key"),
        Step(f"{node}/pregnant", "pregnant.ask", "2"),
    )


_FEVER = (
    Step("red_flags/fever", "red_flags.fever", "2"),
    Step("red_flags/spo2", "spo2.ask", "#"),
    Step("red_flags/days", "days.ask", "2"),
)
_CATEGORY = Step("main", "menu.main", "1", last="menu.more")

FIRST = Script(
    "first",
    "104, first call, fever",
    "104",
    (_language("language"), _CATEGORY, *_new_patient("who/person"), *_FEVER),
)
RETURNING = Script(
    "returning",
    "104, known number, fever",
    "104",
    (_CATEGORY, Step("who/who", "choose.1", "1", last="choose.2"), *_FEVER),
    known=True,
)
AMBULANCE = Script(
    "ambulance",
    "104, ambulance, from key 8",
    "104",
    (Step("language", "ambulance.hint", "8"), Step("ambulance/confirm", "ambulance.confirm", "1", "ambulance.decline")),
    goal="ambulance",
    clock_from=0,
)
SILENT = Script(
    "silent",
    "104, ambulance, 8 and then silence",
    "104",
    (Step("language", "ambulance.hint", "8"),),
    goal="ambulance",
    clock_from=0,
    unanswered=("ambulance/confirm",),
)
SPECIALIST = Script(
    "specialist",
    "Specialist line, first call, heart",
    "1800104104",
    (
        _language("arrival/language"),
        Step("pincode", "specialist.pincode", PINCODE),
        Step("specialty", "specialist.heart", "2", last="specialist.rest"),
        *_new_patient("who/person"),
        Step("red_flags/heart", "red_flags.heart", "2"),
    ),
)
_OPD = (
    _language("arrival/language"),
    Step("main", "opd.which", "1"),
    Step("number", "opd.number", "{opd}#"),
)
OPD_OPEN = Script(
    "opd_open",
    "OPD line, first call, open",
    "1800104105",
    (*_OPD, *_new_patient("who/person"), Step("red_flags/general", "red_flags.general", "2")),
    opd="open",
)
OPD_CLOSED = Script(
    "opd_closed",
    "OPD line, first call, closed: a call booked",
    "1800104105",
    (*_OPD, Step("closed", "opd.book", "1")),
    goal="lines.booked",
    opd="closed",
)
SPOKE_LINE = Script(
    "spoke",
    "Spoke line, a new patient",
    "1800104106",
    (
        Step("number", "spoke.number", f"{SPOKE}#"),
        Step("pin", "spoke.pin", f"{PIN}#"),
        Step("danger", "spoke.danger", "2"),
        Step("specialty", "spoke.general", "1", last="spoke.rest"),
        *_new_patient("person"),
    ),
)
DOCTOR = Script(
    "doctor",
    "Doctor's line, on duty for two hours",
    "1800104107",
    (Step("main", "doctor_line.menu", "1", last="doctor_line.menu_last"), Step("until", "doctor_line.until", "1")),
    goal="doctor_line.done",
    as_doctor=True,
)
SCRIPTS = (FIRST, RETURNING, AMBULANCE, SILENT, SPECIALIST, OPD_OPEN, OPD_CLOSED, SPOKE_LINE, DOCTOR)
# Issue 3, "Caller's time", in seconds.
_LIMITS: dict[tuple[str, Way], float] = {
    ("first", "option"): 75.0,
    ("returning", "option"): 25.0,
    ("first", "first_sound"): 8.0,
    ("ambulance", "option"): 5.0,
    ("ambulance", "first_sound"): 5.0,
}


def trials() -> list[Trial]:
    """Every script in every way, the longest first, so that none is waited for alone at the end."""
    ways: tuple[Way, ...] = ("everything", "option", "first_sound")
    found = [
        Trial(script, way, _LIMITS.get((script.name, way)))
        for way in ways
        for script in SCRIPTS
        if script is not SILENT or way == "option"
    ]
    return sorted(found, key=lambda trial: (ways.index(trial.way), -len(trial.script.steps)))
