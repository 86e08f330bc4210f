"""A short soak: some callers at once, two faults, and the three views agree. Long ones are run by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.soak.invariants import violations
from cli.soak.plan import DutyChange, FaultPlan, Plan, Step, make
from cli.soak.running import carry_out

pytestmark = pytest.mark.timeout(120)

_SECONDS = 16.0
_CALLERS = 10


def short(plan: Plan) -> Plan:
    """The beginning of a plan, in a hurry, with doctors who are all there."""
    wanted = [one for one in plan.callers if one.kind in ("seeks", "early", "wanders", "missed")][:_CALLERS]
    callers = (
        replace(one, at=number / 2, patience=min(one.patience, 8.0), steps=tuple(map(quick, one.steps)), again=None)
        for number, one in enumerate(wanted)
    )
    doctors = (
        replace(
            one,
            duty=(DutyChange(0.0, "on"),),
            reactions=tuple(replace(each, talk=min(each.talk, 3.0)) for each in one.reactions),
        )
        for one in plan.doctors
    )
    faults = (FaultPlan(7.0, "controller_killed"), FaultPlan(10.0, "ami_kicked"))
    return replace(plan, seconds=_SECONDS, callers=tuple(callers), doctors=tuple(doctors), faults=faults)


def quick(step: Step) -> Step:
    return replace(step, after=min(step.after, 1.0))


def test_random_callers_doctors_and_faults_break_no_rule(tmp_path: Path, spoken_prompts: Path) -> None:
    said: list[str] = []
    run = carry_out(short(make(104, 120)), tmp_path, spoken_prompts, said.append)
    assert violations(run) == []
    assert [fault.kind for fault in run.faults] == ["controller_killed", "ami_kicked"]
    assert len(run.records.calls) >= _CALLERS - 2
    assert any(call.entries("call.bridged") for call in run.records.calls)
    assert any(stay.left is not None for stay in run.seen.stays)
    assert said[0].endswith("s left")
