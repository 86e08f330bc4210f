"""The estimated wait: never made up, never shorter than what is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ewt import LONG, STEPS, Recent, Service, estimate, in_steps

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def talks(*seconds: float, minutes_ago: int = 5) -> list[Service]:
    return [Service(AT - timedelta(minutes=minutes_ago), each) for each in seconds]


def test_the_wait_is_the_place_times_a_talk_shared_by_the_doctors() -> None:
    assert estimate(Recent(talks(300, 330, 360)), position=3, staff=4, at=AT) == 3 * 330 / 4


@pytest.mark.parametrize(
    ("recent", "position", "staff"),
    [
        (Recent(), 1, 5),
        (Recent(talks(300, 300)), 1, 5),
        (Recent(talks(300, 300, 300, minutes_ago=61)), 1, 5),
        (Recent(talks(300, 300, 300)), 1, 0),
        (Recent(talks(300, 300, 300)), 0, 5),
    ],
    ids=["no talks", "two talks", "old talks", "no doctors", "no place"],
)
def test_what_nobody_can_tell_is_not_told(recent: Recent, position: int, staff: int) -> None:
    assert estimate(recent, position, staff, AT) is None


def test_the_last_quarter_of_an_hour_counts_where_it_has_enough_talks() -> None:
    old, new = talks(*[900] * 20, minutes_ago=50), talks(*[100] * 10)
    assert estimate(Recent(old + new), 1, 1, AT) == 100
    assert estimate(Recent(old + new[:5]), 1, 1, AT) == (900 * 20 + 100 * 5) / 25


def test_a_queue_that_moves_slower_than_talks_tell_is_told_as_it_moves() -> None:
    """Doctors who do not answer, or take other queues' calls."""
    since = AT - timedelta(minutes=10)
    moved = [since + timedelta(minutes=n) for n in (1, 4)]
    assert estimate(Recent(talks(60, 60, 60), moved, since), 2, 3, AT) == 2 * 300
    assert estimate(Recent((), moved, since), 2, 3, AT) == 2 * 300


def test_a_queue_that_does_not_move_tells_nothing() -> None:
    assert estimate(Recent(talks(60, 60, 60), (), AT - timedelta(minutes=4)), 1, 3, AT) is None
    assert estimate(Recent(talks(60, 60, 60), (), AT - timedelta(minutes=2)), 1, 3, AT) == 20


@given(st.floats(0, 100_000))
def test_a_wait_is_told_in_steps_and_never_shorter(seconds: float) -> None:
    told = in_steps(seconds)
    if told == LONG:
        assert seconds > STEPS[-1] * 60
    else:
        assert int(told) in STEPS
        assert int(told) * 60 >= seconds


def test_an_unknown_wait_is_told_as_such() -> None:
    assert in_steps(None) == ""
