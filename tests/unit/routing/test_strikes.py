"""Three strikes within the time in which they count block a number, and no fewer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from routing.answering import meaning
from routing.strikes import blocked_until

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LASTING = timedelta(days=90)


def ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in days]


@pytest.mark.parametrize("strikes", [ago(), ago(1), ago(1, 2), ago(1, 2, 90), ago(100, 110, 120, 1)])
def test_fewer_than_three_that_count_block_nobody(strikes: list[datetime]) -> None:
    assert blocked_until(strikes, NOW, LASTING) is None


def test_the_third_strike_blocks_until_too_few_count() -> None:
    assert blocked_until(ago(80, 10, 1), NOW, LASTING) == NOW + timedelta(days=10)
    assert blocked_until(ago(80, 10, 1, 0.5), NOW, LASTING) == NOW + timedelta(days=80)


def test_a_clock_that_runs_ahead_elsewhere_blocks_nobody() -> None:
    assert blocked_until(ago(-1, -2, -3), NOW, LASTING) is None


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ("accepted", "answered"),
        ("declined", "answered"),
        ("no_answer", "unanswered"),
        ("unconfirmed", "unanswered"),
        ("unreachable", "unreachable"),
        ("busy", ""),
        ("withdrawn", ""),
        ("lost", ""),
    ],
)
def test_what_an_offers_end_says_of_the_doctor(result: str, says: str) -> None:
    assert meaning(result) == says
