"""What a gateway's answer means: above all, what may have been sent is never sent again by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways import Accepted, InDoubt, Rejected
from messaging.retry import BACK_OFF, AskAPerson, Done, GiveUp, TryAgain, decide

AT = datetime(2020, 5, 15, 10, 30, tzinfo=UTC)


def test_an_accepted_message_is_done() -> None:
    assert decide(Accepted("SM1"), 1, AT) == Done("SM1")


@given(st.integers(1, 50))
def test_a_message_in_doubt_is_never_tried_again(attempts: int) -> None:
    assert decide(InDoubt("time-out"), attempts, AT) == AskAPerson("time-out")


@given(st.integers(1, 50))
def test_a_final_rejection_is_never_tried_again(attempts: int) -> None:
    assert decide(Rejected("no such number", final=True), attempts, AT) == GiveUp("no such number")


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 30), (5, 1800), (len(BACK_OFF), 3600)])
def test_a_passing_rejection_waits_longer_each_time(attempts: int, seconds: int) -> None:
    decision = decide(Rejected("busy", final=False), attempts, AT)
    assert decision == TryAgain(AT + timedelta(seconds=seconds), "busy")


def test_a_passing_rejection_is_given_up_in_the_end() -> None:
    assert decide(Rejected("busy", final=False), len(BACK_OFF) + 1, AT) == GiveUp("busy")


def test_the_pauses_never_shrink() -> None:
    assert list(BACK_OFF) == sorted(BACK_OFF)
