"""The supervisor's decisions, without a process: when to start again, when to call a service hung."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.supervisor.policy import Act, Condition, Phase, Rules, answered, died, due, restart_delay, started, wants_check

RULES = Rules(ready_seconds=10)


def running_since(at: float) -> Condition:
    return answered(started(Condition(), at), at, True, RULES)[0]


@pytest.mark.parametrize(("deaths", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (5000, 30)])
def test_each_death_in_a_row_is_waited_for_longer_up_to_thirty_seconds(deaths: int, seconds: float) -> None:
    assert restart_delay(deaths) == seconds


def test_a_service_that_dies_at_once_again_and_again_backs_off() -> None:
    condition, at, delays = Condition(), 100.0, []
    for _ in range(7):
        condition = died(started(condition, at), at, restart=True)
        assert condition.start_at is not None
        delays.append(condition.start_at - at)
        at = condition.start_at
    assert delays == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_forgives_earlier_deaths() -> None:
    sick = Condition(deaths=5)
    well = answered(started(sick, 0), 0.5, True, RULES)[0]
    assert died(well, 60.4, restart=True).deaths == 6
    assert died(well, 60.5, restart=True).deaths == 1


def test_time_without_ever_being_ready_is_not_health() -> None:
    assert died(started(Condition(deaths=5), 0), 500, restart=True).deaths == 6


def test_a_service_comes_back_only_when_its_delay_is_over() -> None:
    condition = died(running_since(0), 5, restart=True)
    assert not due(condition, 5.99)
    assert due(condition, 6)


def test_a_service_whose_restart_is_disabled_stays_down() -> None:
    assert not due(died(running_since(0), 5, restart=False), 1e9)


def test_becoming_ready_is_told_once() -> None:
    condition = started(Condition(), 0)
    condition, first = answered(condition, 1, True, RULES)
    _, second = answered(condition, 3, True, RULES)
    assert (first, second) == (Act.TELL_READY, Act.NOTHING)


def test_a_service_that_is_not_ready_in_its_time_is_reported_as_hung() -> None:
    condition, act = answered(started(Condition(), 0), 9.9, False, RULES)
    assert (condition.phase, act) == (Phase.STARTING, Act.NOTHING)
    condition, act = answered(condition, 10, False, RULES)
    assert (condition.phase, act) == (Phase.HUNG, Act.TELL_HUNG)


def test_two_missed_checks_are_forgiven_and_the_third_is_reported_once() -> None:
    condition, acts = running_since(0), []
    for at in (2, 4, 6, 8):
        condition, act = answered(condition, at, False, RULES)
        acts.append(act)
    assert acts == [Act.NOTHING, Act.NOTHING, Act.TELL_HUNG, Act.NOTHING]


def test_one_good_answer_clears_the_misses() -> None:
    condition = running_since(0)
    for ready in (False, False, True, False, False):
        condition, act = answered(condition, 2, ready, RULES)
        assert act is Act.NOTHING
    assert condition.phase is Phase.READY


def test_a_hung_service_that_answers_again_is_told() -> None:
    condition = running_since(0)
    for at in (2, 4, 6):
        condition, _ = answered(condition, at, False, RULES)
    condition, act = answered(condition, 8, True, RULES)
    assert (condition.phase, act) == (Phase.READY, Act.TELL_RECOVERED)


@pytest.mark.parametrize(("limit", "expected"), [(None, Act.NOTHING), (20.0, Act.KILL)])
def test_only_a_service_with_a_limit_is_killed_for_hanging(limit: float | None, expected: Act) -> None:
    rules = Rules(10, hung_restart_seconds=limit)
    condition = running_since(0)
    for at in (2, 4, 6):
        condition, _ = answered(condition, at, False, rules)
    assert answered(condition, 25.9, False, rules)[1] is Act.NOTHING
    assert answered(condition, 26, False, rules)[1] is expected


def test_a_service_that_is_down_is_never_asked() -> None:
    assert not wants_check(died(running_since(0), 5, restart=True), 1e9)


@given(st.lists(st.tuples(st.sampled_from(["yes", "no", "die", "wait"]), st.floats(0.01, 100)), max_size=60))
def test_whatever_happens_a_dead_service_is_always_due_again_within_thirty_seconds(
    history: list[tuple[str, float]],
) -> None:
    condition, at = started(Condition(), 0), 0.0
    for what, seconds in history:
        at += seconds
        if condition.phase is Phase.DOWN:
            assert condition.start_at is not None
            if due(condition, at):
                condition = started(condition, at)
        elif what == "die":
            condition = died(condition, at, restart=True)
            assert condition.start_at is not None
            assert at < condition.start_at <= at + 30
        elif what != "wait":
            condition, _ = answered(condition, at, what == "yes", RULES)
            assert condition.phase is not Phase.DOWN
