"""A flood leaves a handful of lines and a count, and spends no more than its budget."""

from __future__ import annotations

import logging

import pytest

from messaging.sparing import Budget, SparingLog


def test_a_flood_leaves_so_many_lines_a_minute_and_then_their_number(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    sparing = SparingLog(logging.getLogger("flood"), most=3, clock=lambda: now)
    for _ in range(1000):
        sparing.warning("a receipt of %s", "nobody")
    assert [record.getMessage() for record in caplog.records] == ["a receipt of nobody"] * 3
    now = 60.0
    sparing.warning("again")
    assert [record.getMessage() for record in caplog.records[3:]] == [
        "997 further lines like the next one were left out",
        "again",
    ]


def test_a_budget_is_spent_at_once_and_comes_back_slowly() -> None:
    now = 0.0
    budget = Budget(10, 2.0, clock=lambda: now)
    assert [budget.spend() for _ in range(12)] == [True] * 10 + [False] * 2
    now = 1.0
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    now = 1000.0
    assert sum(budget.spend() for _ in range(20)) == 10
