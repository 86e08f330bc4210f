"""PURE: which walk is called by whom, under which number, and what the doctors do who are rung for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.definition import Flow, edges
from flows.events import Bridged
from flows.possible import served
from tests.walks.planner import Walk
from tests.walks.robots import ACCEPTS, Task

# Flows that are walked on doctors' telephones.
OFFER, DISPOSITION = "offer", "disposition"
CARRIER = "smallest"
# The flow that doctors dial, from the telephones on which they are rung.
DOCTORS_DIAL = "doctor_line"
DOCTORS = tuple(f"+91971{number:07d}" for number in range(40))


def tasks_of(plans: Mapping[str, Iterable[Walk]]) -> list[Task]:
    """A task for each walk, with a service line of its own, so that each call is known by what it dialled."""
    tasks: list[Task] = []
    for walk in [walk for name, walks in plans.items() if name not in (OFFER, DISPOSITION) for walk in walks]:
        tasks.append(_task(len(tasks), walk))
    carrier = next(cut for walk in plans[CARRIER] if (cut := walk.until(Bridged)) is not None)
    # Whoever declines, or says nothing, is followed by a doctor who accepts.
    offers = [walk for walk in plans[OFFER] if walk.moments[0].event != ACCEPTS.moments[0].event]
    outcomes = list(plans[DISPOSITION])
    for number in range(max(len(offers), len(outcomes))):
        offer = offers[number : number + 1]
        outcome = outcomes[number % len(outcomes)]
        tasks.append(_task(len(tasks), carrier, tuple(offer), outcome))
    return tasks


def _task(number: int, walk: Walk, offers: tuple[Walk, ...] = (), outcome: Walk | None = None) -> Task:
    caller = DOCTORS[number % len(DOCTORS)] if walk.flow == DOCTORS_DIAL else f"+91981{number:07d}"
    return Task(walk, caller, f"1800{number:05d}", f"+91961{number:07d}", offers, outcome)


def skills_of(flows: Iterable[Flow]) -> set[str]:
    """Every skill that a flow may ask for."""
    found: set[str] = set()
    for flow in flows:
        found |= {edge.go.assign["skill"] for edge in edges(flow) if "skill" in edge.go.assign}
        found |= {served(flow, service, "open").values["skill"] for service in ("hub", "opd")}
    return found - {""}
