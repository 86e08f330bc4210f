"""A soak's plan follows from its seed and leaves time for everybody to finish."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cli.soak.plan import QUIET_SECONDS, make
from cli.soak.report import show_plan


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_the_same_seed_repeats_the_same_plan(seed: int) -> None:
    assert make(seed, 120) == make(seed, 120)


def test_another_seed_is_another_plan() -> None:
    plans = [make(seed, 120) for seed in range(5)]
    assert len({plan.callers for plan in plans}) == len({plan.faults for plan in plans}) == 5


def test_the_plan_of_a_seed_is_the_same_on_every_machine() -> None:
    plan = make(104, 120)
    faults = [(fault.at, fault.kind) for fault in plan.faults[:2]]
    assert faults == [(18.14, "controller_killed"), (35.83, "controller_killed")]
    assert (len(plan.callers), plan.callers[0].at) == (50, 1.4)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(25, 600))
def test_nothing_begins_in_the_quiet_time_at_the_end_and_every_number_is_of_one_person(
    seed: int, seconds: float
) -> None:
    plan = make(seed, seconds)
    last = seconds - QUIET_SECONDS
    assert all(caller.at <= last for caller in plan.callers)
    assert all(fault.at <= last for fault in plan.faults)
    numbers = [caller.number for caller in plan.callers] + [doctor.number for doctor in plan.doctors]
    assert len(numbers) == len(set(numbers))


def test_everything_that_may_happen_happens_in_some_plan() -> None:
    plans = [make(seed, 300) for seed in range(20)]
    assert len({fault.kind for plan in plans for fault in plan.faults}) == 6
    assert len({caller.kind for plan in plans for caller in plan.callers}) == 8
    assert len({reaction.kind for plan in plans for d in plan.doctors for reaction in d.reactions}) == 6
    assert {plan.patient_first for plan in plans} == {True, False}


def test_a_plan_is_shown_in_the_order_of_time() -> None:
    output = io.StringIO()
    plan = make(3, 120)
    show_plan(plan, Console(file=output, width=200))
    lines = output.getvalue().splitlines()
    assert len(lines) == 1 + len(plan.doctors) + len(plan.callers) + len(plan.faults) + sum(
        len(d.duty) for d in plan.doctors
    )
    moments = [float(line.split()[0]) for line in lines[1 + len(plan.doctors) :]]
    assert moments == sorted(moments)
