"""The breaker opens for a gateway that is away, tries one message at a time, and never stays open for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from messaging.breaker import CLOSED, FAILURES, PAUSES, Breaker, answered, handed_over, not_sent, permitted
from messaging.gateways import Accepted, InDoubt, Outcome, Rejected

UNWELL = Rejected("away", final=False, unwell=True)
MANY = 100


def opened() -> Breaker:
    breaker = CLOSED
    for _ in range(FAILURES):
        breaker = answered(breaker, UNWELL, 0.0)
    return breaker


def test_it_opens_after_some_failures_in_a_row() -> None:
    breaker = CLOSED
    for _ in range(FAILURES - 1):
        breaker = answered(breaker, UNWELL, 0.0)
        assert permitted(breaker, 0.0, MANY) == MANY
    assert permitted(answered(breaker, InDoubt("time-out"), 0.0), 0.0, MANY) == 0


@pytest.mark.parametrize("good", [Accepted("1"), Rejected("no such number", final=True), Rejected("x", final=False)])
def test_an_answer_about_the_message_speaks_for_the_gateway(good: Outcome) -> None:
    breaker = CLOSED
    for _ in range(FAILURES * 3):
        breaker = answered(answered(breaker, UNWELL, 0.0), good, 0.0)
    assert breaker == CLOSED


def test_after_a_pause_one_message_tries() -> None:
    breaker = opened()
    assert permitted(breaker, PAUSES[0] - 0.1, MANY) == 0
    assert permitted(breaker, PAUSES[0], MANY) == 1
    trying = handed_over(breaker)
    assert permitted(trying, PAUSES[0] + 100, MANY) == 0
    assert answered(trying, Accepted("1"), PAUSES[0]) == CLOSED


def test_what_was_on_its_way_before_neither_closes_nor_opens_it() -> None:
    breaker = opened()
    assert answered(breaker, Accepted("1"), 1.0) == breaker
    assert answered(breaker, UNWELL, 1.0) == breaker


def test_the_pauses_grow_to_the_longest_and_stay_there() -> None:
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(len(PAUSES) + 3):
        pauses.append(breaker.until - now)
        now = breaker.until
        breaker = answered(handed_over(breaker), UNWELL, now)
    assert pauses == [*PAUSES, *[PAUSES[-1]] * 3]


def test_who_was_to_try_and_did_not_leaves_it_to_another() -> None:
    assert permitted(not_sent(handed_over(opened())), PAUSES[0], MANY) == 1


class Gateway(RuleBasedStateMachine):
    """Any answers at any times, as many messages on their way as the breaker permits."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now, self.on_their_way = CLOSED, 0.0, 0

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(wanted=st.integers(1, 5))
    def hand_over(self, wanted: int) -> None:
        for _ in range(permitted(self.breaker, self.now, wanted)):
            self.breaker = handed_over(self.breaker)
            self.on_their_way += 1

    @rule(outcome=st.sampled_from([Accepted("1"), UNWELL, InDoubt("?"), Rejected("no", final=True)]))
    def answer(self, outcome: Outcome) -> None:
        if self.on_their_way:
            self.on_their_way -= 1
            self.breaker = answered(self.breaker, outcome, self.now)

    @invariant()
    def it_is_not_open_for_ever(self) -> None:
        if not self.on_their_way:
            later = self.now + PAUSES[-1]
            trying = not_sent(self.breaker)
            assert permitted(trying, later, 1) == 1
            assert self.breaker.is_closed or self.breaker.until <= later

    @invariant()
    def only_one_tries(self) -> None:
        assert self.breaker.is_closed or permitted(self.breaker, self.now, MANY) <= 1


TestGateway = Gateway.TestCase


@given(st.integers(0, 5))
def test_nothing_wanted_is_nothing_permitted(more: int) -> None:
    assert permitted(CLOSED, more, 0) == 0
