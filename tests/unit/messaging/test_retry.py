"""What a gateway's answer means: above all, what may have been sent is never sent again by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.gateways import Accepted, CannotTell, InDoubt, LookedUp, NotThere, Rejected
from messaging.reasons import reasons
from messaging.retry import (
    BACK_OFF,
    BETWEEN_LOOKS,
    FIRST_LOOK,
    MOST_LOOKS,
    AskAPerson,
    Done,
    GiveUp,
    Looks,
    LookUp,
    TryAgain,
    after_look,
    decide,
    orphaned,
)
from messaging.sending import FRESH_SECONDS, LONGEST_SEND_SECONDS

AT = datetime(2020, 5, 15, 10, 30, tzinfo=UTC)

attempts = st.integers(1, 50)
outcomes = st.one_of(
    st.builds(Accepted, st.just("SM1")),
    st.builds(Rejected, st.just("no"), st.booleans(), st.booleans()),
    st.builds(InDoubt, st.just("time-out")),
)
answers: st.SearchStrategy[LookedUp] = st.one_of(
    st.builds(Accepted, st.just("SM1")), st.builds(NotThere), st.builds(CannotTell, st.just("away"))
)
seconds = st.integers(0, 400)


def test_an_accepted_message_is_done() -> None:
    assert decide(Accepted("SM1"), 1, AT) == Done("SM1")


@given(attempts, st.booleans())
def test_a_message_in_doubt_is_never_tried_again_but_asked_for(attempts: int, elsewhere: bool) -> None:
    assert decide(InDoubt("time-out"), attempts, AT, elsewhere=elsewhere) == LookUp(AT + FIRST_LOOK, "time-out")


@given(attempts)
def test_a_final_rejection_is_never_tried_again(attempts: int) -> None:
    rejected = Rejected("no such number", final=True, key="number_invalid")
    assert decide(rejected, attempts, AT) == GiveUp("no such number", "number_invalid")


def test_a_gateway_that_is_unwell_turns_no_message_down_for_good() -> None:
    closed = Rejected("account closed", final=True, unwell=True)
    assert isinstance(decide(closed, 1, AT), TryAgain)
    assert isinstance(decide(closed, len(BACK_OFF) + 1, AT), GiveUp)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 30), (5, 1800), (len(BACK_OFF), 3600)])
def test_a_passing_rejection_waits_longer_each_time(attempts: int, seconds: int) -> None:
    decision = decide(Rejected("busy", final=False), attempts, AT)
    assert decision == TryAgain(AT + timedelta(seconds=seconds), "busy")


def test_where_another_gateway_would_take_it_there_is_no_wait() -> None:
    assert decide(Rejected("away", final=False, unwell=True), 1, AT, elsewhere=True) == TryAgain(AT, "away")


def test_a_passing_rejection_is_given_up_in_the_end() -> None:
    assert decide(Rejected("busy", final=False), len(BACK_OFF) + 1, AT) == GiveUp("busy", "gateway_busy")


def test_the_pauses_never_shrink() -> None:
    assert list(BACK_OFF) == sorted(BACK_OFF)


def test_what_a_dead_worker_had_is_asked_for() -> None:
    assert orphaned(AT).at == AT + FIRST_LOOK


def test_a_worker_taken_for_dead_is_surely_over_when_its_message_is_sent_again() -> None:
    assert timedelta(seconds=FRESH_SECONDS + LONGEST_SEND_SECONDS) < BETWEEN_LOOKS


@given(st.lists(st.tuples(answers, seconds), max_size=20), attempts)
def test_however_a_provider_answers_it_is_sent_again_only_after_two_denials_and_comes_to_an_end(
    said: list[tuple[LookedUp, int]], attempts: int
) -> None:
    """The worker's own bookkeeping in small: what is handed to after_look grows with each answer."""
    said = [*said, *[(CannotTell("away"), 400)] * (MOST_LOOKS + 1)]
    asked = unsettled = 0
    now = 0
    denied_at: list[int] = []
    for answer, wait in said:
        now += wait
        if isinstance(answer, NotThere):
            denied_at.append(now)
        denied_for = timedelta(seconds=now - denied_at[0]) if isinstance(answer, NotThere) else None
        decision = after_look(answer, Looks(asked, unsettled, denied_for), attempts, AT)
        asked, unsettled = asked + 1, unsettled + isinstance(answer, CannotTell)
        if isinstance(decision, TryAgain):
            assert denied_at[-1] - denied_at[0] >= BETWEEN_LOOKS.total_seconds()
        if isinstance(decision, Done):
            assert isinstance(answer, Accepted)
        if not isinstance(decision, LookUp):
            return
        assert decision.at > AT
    raise AssertionError("asked for ever")


@given(outcomes, answers, attempts, st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_every_reason_has_words(
    outcome: Accepted | Rejected | InDoubt, looked: LookedUp, attempts: int, asked: int, unsettled: int, elsewhere: bool
) -> None:
    for decision in (
        decide(outcome, attempts, AT, elsewhere=elsewhere),
        after_look(looked, Looks(asked, unsettled, BETWEEN_LOOKS), attempts, AT),
    ):
        if isinstance(decision, GiveUp | AskAPerson):
            assert decision.key in reasons()
