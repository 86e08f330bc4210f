"""PURE: who calls when and does what, how doctors react, and what breaks: all of it from one seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from phones.phone import Behaviour

SHORT_LINE, FULL_LINE, MISSED_LINE = "104", "1075", "18001037378"
# Seconds at the end in which nobody calls any more and nothing breaks, so that what is under way comes to its end.
QUIET_SECONDS = 20.0

FaultKind = Literal[
    "controller_killed", "controller_stopped", "ami_kicked", "database_locked", "web_killed", "asterisk_killed"
]
ReactionKind = Literal["accept", "decline", "silent", "no_answer", "reject", "hang_up"]


@dataclass(frozen=True)
class Step:
    """After so many seconds: press these keys, or with none hang up ("hang_up") or lose the network ("vanish")."""

    after: float
    keys: str = ""
    do: Literal["press", "hang_up", "vanish"] = "press"


@dataclass(frozen=True)
class CallerPlan:
    """`at` and every time are seconds, `at` from the beginning. `again`: calls once more so long after the end."""

    number: str
    at: float
    line: str
    kind: str
    steps: tuple[Step, ...]
    patience: float
    called_back: Behaviour
    again: float | None = None


@dataclass(frozen=True)
class Reaction:
    """What a doctor does about one ring. `keys` are keyed in the talk, each so long after the one before."""

    kind: ReactionKind
    after: float
    listens: float = 1.0
    talk: float = 0.0
    keys: tuple[Step, ...] = ()
    leaves: Literal["star", "hang_up", "vanish"] = "star"
    outcome: str = "1"
    status: int = 486


@dataclass(frozen=True)
class DutyChange:
    at: float
    duty: Literal["on", "off", "paused"]


@dataclass(frozen=True)
class DoctorPlan:
    """`reactions` are taken in order and from the beginning again."""

    number: str
    categories: tuple[str, ...]
    level: str
    reactions: tuple[Reaction, ...]
    duty: tuple[DutyChange, ...]


@dataclass(frozen=True)
class FaultPlan:
    at: float
    kind: FaultKind
    seconds: float = 0.0


@dataclass(frozen=True)
class Plan:
    seed: int
    seconds: float
    patient_first: bool
    callers: tuple[CallerPlan, ...]
    doctors: tuple[DoctorPlan, ...]
    faults: tuple[FaultPlan, ...]


def make(seed: int, seconds: float) -> Plan:
    """The plan of a seed for so many seconds."""
    # Parts have generators of their own, so that a change of one leaves the others as they were.
    of = {part: Random(f"{seed}/{part}") for part in ("order", "callers", "doctors", "faults")}  # noqa: S311
    return Plan(
        seed=seed,
        seconds=seconds,
        patient_first=of["order"].random() < 0.5,
        callers=tuple(_callers(of["callers"], seconds)),
        doctors=tuple(_doctors(of["doctors"], seconds)),
        faults=tuple(_faults(of["faults"], seconds)),
    )


# --- callers ------------------------------------------------------------------------------------------------------

_KINDS = ("seeks", "wanders", "silent", "early", "asks_callback", "cut_off", "ambulance", "missed")
_KIND_WEIGHTS = (40, 14, 4, 10, 14, 8, 4, 6)
_CALLED_BACK: tuple[Behaviour, ...] = ("auto_accept", "rings", "busy", "voicemail", "unreachable")
_CALL_EVERY = 2.2


def _callers(random: Random, seconds: float) -> Iterator[CallerPlan]:
    at, number = 0.5, 0
    while True:
        at += random.expovariate(1 / _CALL_EVERY)
        if at > seconds - QUIET_SECONDS:
            return
        number += 1
        [kind] = random.choices(_KINDS, _KIND_WEIGHTS)
        line, steps, patience = _way(random, kind)
        yield CallerPlan(
            number=f"+9198300{number:05d}",
            at=round(at, 2),
            line=line,
            kind=kind,
            steps=steps,
            patience=patience,
            called_back=random.choices(_CALLED_BACK, (60, 12, 10, 10, 8))[0],
            again=_seconds(random, 0.5, 8) if random.random() < 0.15 else None,
        )


def _way(random: Random, kind: str) -> tuple[str, tuple[Step, ...], float]:
    """The dialled number, what is done in the call, and how long the caller stays afterwards."""
    seeking = (Step(_seconds(random, 0.6, 5), str(random.randint(1, 7))), Step(_seconds(random, 1, 4), _age(random)))
    patience = _seconds(random, 5, 60)
    match kind:
        case "wanders":
            line = random.choice((SHORT_LINE, FULL_LINE, FULL_LINE))
            count = random.randint(2, 12)
            keys = random.choices(("1", "2", "3", "4", "5", "6", "7", "9", "0", "*", "#", "45#", "462001"), k=count)
            return line, tuple(Step(_seconds(random, 0.3, 4), key) for key in keys), patience
        case "silent":
            return random.choice((SHORT_LINE, FULL_LINE)), (), _seconds(random, 5, 50)
        case "early":
            return random.choice((SHORT_LINE, FULL_LINE)), seeking[: random.randint(0, 2)], _seconds(random, 0, 3)
        case "asks_callback":
            return SHORT_LINE, (*seeking, Step(_seconds(random, 3, 12), "1")), patience
        case "cut_off":
            return SHORT_LINE, (*seeking, Step(_seconds(random, 1, 15), do="vanish")), 30.0
        case "ambulance":
            return SHORT_LINE, (Step(_seconds(random, 0.5, 3), "8"), Step(_seconds(random, 0.5, 2), "8")), patience
        case "missed":
            return MISSED_LINE, (), 8.0
    return SHORT_LINE, seeking, patience


def _age(random: Random) -> str:
    return f"{random.randint(1, 99)}#"


def _seconds(random: Random, least: float, most: float) -> float:
    return round(random.uniform(least, most), 2)


# --- doctors ------------------------------------------------------------------------------------------------------

_CATEGORIES = ("fever", "heart", "neuro", "skin", "maternity", "child", "general")
_LEVELS = ("general", "general", "general", "general", "general", "general", "specialist", "specialist", "super")
_STATUSES = (404, 480, 486, 503, 603)
_STAR_KEYS = ("1", "2", "3", "4", "5", "7", "9")
_REACTIONS = 40


def _doctors(random: Random, seconds: float) -> Iterator[DoctorPlan]:
    for number, level in enumerate(_LEVELS):
        some = random.sample(_CATEGORIES, random.randint(2, 4))
        yield DoctorPlan(
            number=f"+9197300{number:05d}",
            categories=_CATEGORIES if level != "general" else tuple(sorted(some)),
            level=level,
            reactions=tuple(_reaction(random) for _ in range(_REACTIONS)),
            duty=tuple(_duty(random, seconds)),
        )


def _reaction(random: Random) -> Reaction:
    kinds: tuple[ReactionKind, ...] = ("accept", "decline", "silent", "no_answer", "reject", "hang_up")
    [kind] = random.choices(kinds, (66, 9, 4, 6, 8, 7))
    return Reaction(
        kind=kind,
        after=_seconds(random, 0.1, 3),
        listens=_seconds(random, 0.2, 4),
        talk=_seconds(random, 1, 15),
        keys=_talk_keys(random) if random.random() < 0.4 else (),
        leaves=random.choices(("star", "hang_up", "vanish"), (70, 25, 5))[0],
        outcome=random.choices(("1", "2", "3", "4", "5", "", "9"), (40, 15, 15, 10, 8, 6, 6))[0],
        status=random.choice(_STATUSES),
    )


def _talk_keys(random: Random) -> tuple[Step, ...]:
    keys = random.choices(_STAR_KEYS, (45, 20, 8, 4, 4, 4, 15), k=random.randint(1, 3))
    return tuple(Step(_seconds(random, 0.5, 8), f"*{key}") for key in keys)


def _duty(random: Random, seconds: float) -> Iterator[DutyChange]:
    """On from the beginning, mostly; whoever goes off comes back."""
    if random.random() < 0.8:
        yield DutyChange(0.0, "on")
    at = 0.0
    while True:
        at += _seconds(random, 10, 60)
        if at > seconds - QUIET_SECONDS:
            return
        if random.random() < 0.5:
            yield DutyChange(at, random.choice(("off", "paused")))
            at += _seconds(random, 1, 10)
        # Also to end a pause that the helpline itself has made.
        yield DutyChange(round(at, 2), "on")


# --- faults -------------------------------------------------------------------------------------------------------


def _faults(random: Random, seconds: float) -> Iterator[FaultPlan]:
    kinds: tuple[FaultKind, ...] = (
        *("controller_killed", "controller_stopped", "ami_kicked", "database_locked", "web_killed"),
        "asterisk_killed",
    )
    at = 2.0
    while True:
        at += _seconds(random, 8, 22)
        if at > seconds - QUIET_SECONDS:
            return
        [kind] = random.choices(kinds, (30, 18, 20, 20, 5, 5))
        lasting = {"controller_stopped": _seconds(random, 0.5, 9), "database_locked": _seconds(random, 1, 9)}
        yield FaultPlan(round(at, 2), kind, lasting.get(kind, 0.0))
        at += lasting.get(kind, 0.0)
