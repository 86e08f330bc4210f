"""Whose message is spoken next, and what follows from a try: nobody is rung twice at once, at night, or without end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.reasons import reasons
from routing.agenda import AgendaRules, is_night
from routing.spoken_agenda import (
    MOST_AT_ONCE,
    MOST_BESIDE_WAITING,
    Around,
    Spoken,
    SpokenMessage,
    after,
    plan,
)

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # in India
RULES = AgendaRules(zone=ZoneInfo("Asia/Kolkata"))
HOUR = timedelta(hours=1)


def message(id: str = "m", number: str = "+917552661234", **what: object) -> SpokenMessage:
    return replace(SpokenMessage(id, number, NOON - HOUR), **what)  # type: ignore[arg-type]


def test_the_oldest_is_rung_first_and_a_number_once() -> None:
    younger, older = message("b", promised_at=NOON - HOUR), message("a", promised_at=NOON - 2 * HOUR)
    assert plan([younger, older], NOON, RULES, Around()).ring == ("a",)
    assert plan([replace(younger, number="+917552660000"), older], NOON, RULES, Around()).ring == ("a", "b")


def test_what_somebody_waits_for_at_this_moment_goes_first_and_also_at_night() -> None:
    night = NOON + 14 * HOUR
    password = message("p", promised_at=night, expires_at=night + timedelta(minutes=10))
    slip = message("s", number="+917552660000", promised_at=night - 2 * HOUR)
    decided = plan([slip, password], night, RULES, Around())
    assert decided.ring == ("p",)
    assert plan([slip], night, RULES, Around()).next_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # seven o'clock


def test_a_number_that_is_in_a_call_with_us_is_not_rung() -> None:
    assert plan([message()], NOON, RULES, Around(silent=frozenset({message().number}))).ring == ()


def test_a_message_without_a_sound_waits_for_it() -> None:
    assert plan([message(ready=False)], NOON, RULES, Around()).ring == ()


def test_a_number_that_may_not_be_dialled_is_refused() -> None:
    decided = plan([message()], NOON, RULES, Around(never=frozenset({message().number})))
    assert (decided.ring, decided.refuse, decided.expire) == ((), ("m",), ())


def test_few_are_rung_at_a_time_and_fewer_while_somebody_waits_for_a_doctor() -> None:
    many = [message(str(n), number=f"+9175526{n:05d}") for n in range(50)]
    assert len(plan(many, NOON, RULES, Around()).ring) == MOST_AT_ONCE
    assert len(plan(many, NOON, RULES, Around(under_way=7)).ring) == MOST_AT_ONCE - 7
    assert len(plan(many, NOON, RULES, Around(live_waiting=1)).ring) == MOST_BESIDE_WAITING
    assert plan(many, NOON, RULES, Around(under_way=5, live_waiting=1)).ring == ()


def test_three_tries_and_it_has_failed() -> None:
    first = after(0, "no_answer", NOON, RULES)
    assert (first.state, first.tries, first.next_try_at) == ("queued", 1, NOON + timedelta(minutes=2))
    second = after(1, "busy", NOON, RULES)
    assert second.next_try_at == NOON + timedelta(minutes=10)
    assert after(2, "unconfirmed", NOON, RULES).reason == "not_answered"
    last = after(2, "broken_off", NOON, RULES)
    assert (last.state, last.reason) == ("failed", "not_heard_out")


def test_an_operators_fault_is_no_try() -> None:
    assert after(2, "unreachable", NOON, RULES).state == "queued"
    assert after(2, "lost", NOON, RULES).tries == 2


@pytest.mark.parametrize("outcome", get_args(Spoken))
@pytest.mark.parametrize("tries", range(4))
def test_every_reason_has_words(outcome: Spoken, tries: int) -> None:
    verdict = after(tries, outcome, NOON, RULES)
    assert verdict.reason in {*reasons(), ""}
    assert (verdict.state == "failed") == bool(verdict.reason)
    assert (verdict.state == "queued") == (verdict.next_try_at is not None)


MOMENTS = st.integers(-48, 48).map(lambda hours: NOON + hours * timedelta(minutes=37))
MESSAGES = st.builds(
    SpokenMessage,
    st.uuids().map(str),
    st.sampled_from([f"+91755266000{n}" for n in range(6)]),
    MOMENTS,
    st.integers(0, 3),
    st.none() | MOMENTS,
    st.none() | MOMENTS,
    st.booleans(),
)
AROUND = st.builds(
    Around,
    st.frozensets(st.sampled_from([f"+91755266000{n}" for n in range(3)])),
    st.frozensets(st.just("+917552660005")),
    st.integers(0, 12),
    st.integers(0, 3),
)


@given(st.lists(MESSAGES, max_size=30, unique_by=lambda each: each.id), MOMENTS, AROUND)
def test_whatever_waits_nobody_is_rung_who_must_not_be(
    messages: list[SpokenMessage], at: datetime, around: Around
) -> None:
    decided, by_id = plan(messages, at, RULES, around), {each.id: each for each in messages}
    rung = [by_id[id] for id in decided.ring]
    numbers = [each.number for each in rung]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & (around.silent | around.never)
    assert not {*decided.ring} & {*decided.expire, *decided.refuse}
    assert len(rung) <= max(0, MOST_AT_ONCE - around.under_way)
    for each in rung:
        assert each.ready
        assert each.promised_at <= at
        assert (each.next_try_at or at) <= at < (each.expires_at or at + HOUR)
        assert each.urgent or not is_night(at, RULES)
    assert decided.next_at is None or decided.next_at > at


@given(st.lists(st.sampled_from([each for each in get_args(Spoken) if each != "begun"]), min_size=1, max_size=400))
def test_no_message_is_tried_without_end(outcomes: list[Spoken]) -> None:
    """Over any run of outcomes there are three tries at most; what is no try waits, and its time passes."""
    at, waiting, rung = NOON, message(promised_at=NOON), 0
    for outcome in outcomes:
        if waiting.id not in plan([waiting], at, RULES, Around()).ring:
            at = max(plan([waiting], at, RULES, Around()).next_at or at, at)
            if waiting.id in plan([waiting], at, RULES, Around()).expire:
                return
        verdict = after(waiting.tries, outcome, at, RULES)
        rung += verdict.tries - waiting.tries
        assert rung <= 3
        if verdict.state != "queued":
            return
        assert verdict.next_try_at is not None
        assert verdict.next_try_at > at
        waiting = replace(waiting, tries=verdict.tries, next_try_at=verdict.next_try_at)
