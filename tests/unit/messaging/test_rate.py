"""A gateway's rate holds over every span of time, and none of it is lost."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from messaging.rate import full, give_back, seconds_to_next, take

rates = st.floats(0.1, 1000)
steps = st.lists(st.tuples(st.floats(-1, 5), st.integers(0, 500)), min_size=1, max_size=40)


@given(rates, steps)
def test_in_no_span_of_time_more_than_the_rate_and_a_burst_are_given(
    per_second: float, steps: list[tuple[float, int]]
) -> None:
    bucket = full(per_second, 0.0)
    moments = [max(0.0, moment) for moment in accumulate((wait for wait, _ in steps), max, initial=0.0)][1:]
    given_at: list[tuple[float, int]] = []
    for moment, (_, wanted) in zip(moments, steps, strict=True):
        granted, bucket = take(bucket, wanted, moment)
        assert 0 <= granted <= wanted
        given_at.append((moment, granted))
    for first, (since, _) in enumerate(given_at):
        for last, (until, _) in enumerate(given_at[first:], first):
            total = sum(granted for _, granted in given_at[first : last + 1])
            assert total <= bucket.burst + per_second * (until - since) + 1e-6


@given(rates)
def test_who_waits_as_told_gets_one(per_second: float) -> None:
    _, empty = take(full(per_second, 0.0), 10_000, 0.0)
    wait = seconds_to_next(empty, 0.0)
    assert wait > 0 or empty.tokens >= 1
    assert take(empty, 1, wait + 1e-6)[0] == 1


def test_over_a_minute_the_whole_rate_is_used() -> None:
    bucket, total = full(200, 0.0), 0
    for tick in range(1, 6001):
        granted, bucket = take(bucket, 10, tick / 100)
        total += granted
    assert 12_000 <= total <= 12_000 + bucket.burst


def test_a_clock_that_stands_or_goes_back_gives_nothing() -> None:
    _, empty = take(full(10, 100.0), 100, 100.0)
    assert take(empty, 1, 50.0)[0] == 0


def test_what_was_not_needed_is_given_back_and_no_more_than_that() -> None:
    granted, bucket = take(full(40, 0.0), 8, 0.0)
    assert give_back(bucket, granted).tokens == bucket.burst
    assert give_back(full(40, 0.0), 5).tokens == bucket.burst
