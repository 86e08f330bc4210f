"""A short soak: some callers at once, two faults, and the three views agree. Long ones are run by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.soak.invariants import violations
from cli.soak.plan import FaultPlan, make
from cli.soak.running import carry_out

pytestmark = pytest.mark.timeout(120)

_SECONDS = 15.0


def test_random_callers_doctors_and_faults_break_no_rule(tmp_path: Path, spoken_prompts: Path) -> None:
    plan = make(104, 60)
    plan = replace(
        plan,
        seconds=_SECONDS,
        callers=tuple(
            replace(one, at=round(one.at / 2, 2), patience=min(one.patience, 9.0)) for one in plan.callers[:11]
        ),
        faults=(FaultPlan(7.0, "controller_killed"), FaultPlan(10.0, "ami_kicked")),
    )
    said: list[str] = []
    run = carry_out(plan, tmp_path, spoken_prompts, said.append)
    assert violations(run) == []
    assert [fault.kind for fault in run.faults] == ["controller_killed", "ami_kicked"]
    assert len(run.records.calls) >= 8
    assert any(stay.left is not None for stay in run.seen.stays)  # somebody has talked
    assert said[0].endswith("s left")
