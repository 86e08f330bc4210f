"""How long a decision takes, in both directions, with 5,000 doctors on duty; beside a plain scan of the same snapshot.

The pool is the controller's own (routing/pool.py); the scan is the policy's plain reading (`routing.policy.choose`),
which looks at everybody. Both must answer the same, or the benchmark fails.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bench.errors import BenchError
from bench.routing.crowd import Crowd, Patient, Volunteer, draw
from bench.routing.day import Day, moment
from config.frozen import replace
from routing.model import GENERAL, DoctorSnapshot, NobodyFree, Phone, Snapshot, WaitingCall
from routing.policy import choose, in_turn
from routing.pool import Decision, Pool

NOON = 43_200.0
T = TypeVar("T")


@dataclass(frozen=True)
class DecisionPlan:
    """`decisions` of each kind; every `scan_every`th is made by the plain scan as well."""

    doctors: int = 5_000
    waiting: int = 500
    decisions: int = 5_000
    scan_every: int = 25
    seed: int = 104

    @classmethod
    def quick(cls) -> DecisionPlan:
        return cls(decisions=1_000)


@dataclass(frozen=True)
class Timed:
    """One kind of decision: seconds that each took in the pool, by the clock and of the processor, and in the scan."""

    kind: str
    pool: tuple[float, ...]
    cpu: tuple[float, ...]
    scan: tuple[float, ...]


def measure(plan: DecisionPlan, tell: Callable[[str], None]) -> list[Timed]:
    """Every kind of decision. BenchError where pool and scan disagree."""
    crowd = draw(Day(calls=plan.waiting + plan.decisions, doctors=plan.doctors), plan.seed)
    with _as_in_the_controller():
        tell(f"{plan.decisions} calls come while half of {plan.doctors} doctors are free")
        found = [_calls_come(plan, crowd)]
        tell(f"{plan.decisions} doctors become free while {plan.waiting} calls wait, and as many calls come")
        return [*found, *_doctors_become_free(plan, crowd)]


def _calls_come(plan: DecisionPlan, crowd: Crowd) -> Timed:
    """A call comes and gets the best of many; then somebody else is let go, so that as many stay free."""
    dice, at = random.Random(plan.seed), moment(NOON)
    pool = Pool()
    busy: list[str] = []
    for doctor in _doctors(crowd, dice):
        if dice.random() < 0.5:
            busy.append(doctor.id)
            doctor = replace(doctor, claimed=True, seat=f"{doctor.phones[0].number}/1")
        pool.put(doctor, at)
    took, scanned = [], []
    for number, patient in enumerate(crowd.patients[: plan.decisions]):
        at += timedelta(seconds=0.05)
        call = _call(patient, at)
        expected = None
        if number % plan.scan_every == 0:
            snapshot = Snapshot(at, tuple(pool.doctors.values()))
            seconds, answer = _time(partial(choose, snapshot, call))
            scanned.append(seconds)
            expected = None if isinstance(answer, NobodyFree) else answer.doctor_id
        seconds, decisions = _time(partial(_comes, pool, call, at))
        took.append(seconds)
        [decision] = decisions
        if isinstance(decision.answer, NobodyFree):
            raise BenchError("nobody was free among thousands")
        if expected is not None and decision.answer.doctor_id != expected:
            raise BenchError(f"the pool chose {decision.answer.doctor_id}, the policy {expected}")
        pool.remove(call.call_id)
        index = dice.randrange(len(busy))
        _let_go(pool, busy[index], at)
        busy[index] = decision.answer.doctor_id
    return _timed("a call comes, half of the doctors are free", took, scanned)


def _doctors_become_free(plan: DecisionPlan, crowd: Crowd) -> list[Timed]:
    """Everybody is busy. A doctor becomes free and gets the best call; another call comes and waits."""
    dice, at = random.Random(plan.seed), moment(NOON)
    pool = Pool()
    doctors = list(_doctors(crowd, dice))
    for doctor in doctors:
        pool.put(replace(doctor, claimed=True, seat=f"{doctor.phones[0].number}/1"), at)
    coming = iter(crowd.patients)
    for _ in range(plan.waiting):
        pool.add(_call(next(coming), at - timedelta(seconds=dice.uniform(0, 300))), at)
    pool.decide(at)
    freed, scanned, came = [], [], []
    for number in range(plan.decisions):
        at += timedelta(seconds=0.05)
        doctor = dice.choice(doctors)
        expected = None
        if number % plan.scan_every == 0:
            seconds, expected = _time(partial(_first_call, pool.calls, doctor, at))
            scanned.append(seconds)
        seconds, decisions = _time(partial(_goes, pool, doctor.id, at))
        freed.append(seconds)
        served = [one.call.call_id for one in decisions if not isinstance(one.answer, NobodyFree)]
        if expected is not None and served != [expected]:
            raise BenchError(f"the pool served {served}, the policy {expected}")
        for call_id in served:
            pool.remove(call_id)
        if (patient := next(coming, None)) is not None:
            call = _call(patient, at)
            seconds, decisions = _time(partial(_comes, pool, call, at))
            if isinstance(decisions[0].answer, NobodyFree):
                came.append(seconds)
            else:
                pool.remove(call.call_id)  # a doctor was free whom nobody had wanted
    return [
        _timed(f"a doctor becomes free, {plan.waiting} calls wait", freed, scanned),
        _timed(f"a call comes, nobody is free, {plan.waiting} wait", came),
    ]


def _comes(pool: Pool, call: WaitingCall, at: datetime) -> list[Decision]:
    pool.add(call, at)
    return pool.decide(at)


def _goes(pool: Pool, doctor_id: str, at: datetime) -> list[Decision]:
    _let_go(pool, doctor_id, at)
    return pool.decide(at)


def _first_call(calls: list[WaitingCall], doctor: DoctorSnapshot, at: datetime) -> str | None:
    """The plain scan: the first of the waiting, in turn, who would get this doctor of all."""
    free = replace(doctor, claimed=False, seat="", free_since=at)
    # General doctors stand in only where nobody of the category is on duty: on this day there is always somebody.
    for call in sorted(calls, key=in_turn):
        fits = call.category in doctor.categories or call.category == GENERAL in doctor.categories
        if fits and not isinstance(choose(Snapshot(at, (free,)), call), NobodyFree):
            return call.call_id
    return None


def _let_go(pool: Pool, doctor_id: str, at: datetime) -> None:
    doctor = pool.doctor(doctor_id)
    assert doctor is not None
    pool.put(replace(doctor, claimed=False, seat="", free_since=at), at)


def _doctors(crowd: Crowd, dice: random.Random) -> Iterator[DoctorSnapshot]:
    for one in crowd.volunteers:
        yield _doctor(one, dice)


def _doctor(one: Volunteer, dice: random.Random) -> DoctorSnapshot:
    return DoctorSnapshot(
        id=one.id,
        categories=dict.fromkeys(one.practice, "general"),
        duty="on",
        active=True,
        claimed=False,
        free_since=moment(NOON - dice.uniform(0, 7_200)) if dice.random() < 0.8 else None,
        phones=(Phone(f"{one.id}-phone", f"+9198{one.index:08d}"),),
        languages=frozenset(one.languages),
        serves=frozenset(one.districts) or None,
        gender=one.gender,
        calls_today=dice.randrange(8),
        day=moment(NOON).date(),
    )


def _call(patient: Patient, since: datetime) -> WaitingCall:
    return WaitingCall(
        patient.id,
        patient.category,
        since,
        priority=patient.priority,
        language=patient.language,
        district=patient.district,
        gender=patient.gender,
    )


def _time(work: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Seconds by the clock and of the processor: on a busy machine others' turns are in the first only."""
    cpu, begun = time.thread_time(), time.perf_counter()
    result = work()
    lasted = time.perf_counter() - begun
    return (lasted, time.thread_time() - cpu), result


def _timed(kind: str, took: Sequence[tuple[float, float]], scanned: Sequence[tuple[float, float]] = ()) -> Timed:
    seconds, cpu = (tuple(each[which] for each in took) for which in (0, 1))
    return Timed(kind, seconds, cpu, tuple(each[0] for each in scanned))


@contextmanager
def _as_in_the_controller() -> Iterator[None]:
    """What is there already is not looked at by the garbage collector, which goes on as usual otherwise."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
