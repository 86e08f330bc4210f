"""Hypothesis looks for an order of two controllers' steps in which a doctor is rung who must not be."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from config.database import Database
from tests.integration.database.race import TwoControllers


def test_two_controllers_share_the_doctors_and_no_doctor_is_held_twice_whatever_the_order(database: Database) -> None:
    examples = 60 if database.is_sqlite else 15
    run_state_machine_as_test(
        _machine_on(database),
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_nor_in_a_thousand_random_steps(database: Database) -> None:
    for seed in range(12 if database.is_sqlite else 5):
        machine = _machine_on(database)()
        try:
            machine.walk(Random(seed), 100)
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
        finally:
            machine.teardown()


def _machine_on(on: Database) -> type[TwoControllers]:
    class Machine(TwoControllers):
        database = on

    return Machine
