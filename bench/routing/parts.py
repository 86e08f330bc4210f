"""The parts of `bench routing`, one after the other, so that none disturbs another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.routing import decision, freed, waiting
from bench.routing.app_queue import STRATEGIES
from bench.routing.day import Day
from bench.routing.decision import DecisionPlan
from bench.routing.freed_plan import FreedPlan
from bench.routing.report import Results
from bench.routing.simulate import DATABASES, Outcome, simulate, simulate_app_queue
from bench.routing.waiting_plan import WaitingPlan

PARTS = ("decision", "freed", "waiting", "day")
SEED = 104

Tell = Callable[[str], None]


def measure(parts: Sequence[str], quick: bool, tell: Tell, folder: Path | None = None) -> Results:
    """The parts' results. BenchError when one cannot be measured."""
    results = Results()
    if "decision" in parts:
        plan = DecisionPlan.quick() if quick else DecisionPlan()
        results = replace(results, decision=decision.measure(plan, tell))
    if "freed" in parts:
        frees = FreedPlan.quick() if quick else FreedPlan()
        results = replace(results, freed=freed.measure(frees, tell, folder))
    if "waiting" in parts:
        waits = WaitingPlan.quick() if quick else WaitingPlan()
        results = replace(results, waiting=waiting.measure(waits, tell, folder))
    if "day" in parts:
        results = replace(results, day=_days(Day.quick() if quick else Day(), tell))
    return results


def load() -> str:
    """How busy the machine is besides, in words."""
    return "load average " + ", ".join(f"{value:.1f}" for value in os.getloadavg())


def _days(day: Day, tell: Tell) -> list[Outcome]:
    found = []
    for database in DATABASES:
        tell(f"a day of {day.calls:,} calls and {day.doctors:,} doctors on {database}")
        found.append(simulate(day, SEED, database))
    for strategy in STRATEGIES:
        tell(f"the same day as app_queue's {strategy} lives it (a model)")
        found.append(simulate_app_queue(day, SEED, strategy))
    return found
