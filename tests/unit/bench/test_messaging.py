"""What `bench messaging` makes of what phones received and operators took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.messaging.menus import next_sentence
from bench.messaging.plan import Menu, Outcome, Plan, Sent
from bench.messaging.report import menu_delay, verdicts
from phones.ears import Samples

LOUD = np.full(160, 3000, dtype=np.int16)
SILENT = np.zeros(160, dtype=np.int16)


def frames(begin: float, end: float, sound: Samples) -> list[tuple[float, Samples]]:
    return [(begin + step * 0.02, sound) for step in range(round((end - begin) / 0.02))]


def test_the_next_sentence_begins_behind_the_pause_that_the_key_makes() -> None:
    heard = frames(0.0, 1.02, LOUD) + frames(1.02, 1.2, SILENT) + frames(1.2, 1.4, LOUD)
    assert next_sentence(heard, ended=1.1) == pytest.approx(1.2)


def test_a_pause_in_which_nothing_is_sent_is_one_too_and_no_sentence_is_not_there_yet() -> None:
    heard = frames(0.0, 1.0, LOUD)
    assert next_sentence(heard, ended=1.1) is None
    assert next_sentence([*heard, (1.14, LOUD)], ended=1.1) == pytest.approx(1.14)


def outcome(quiet: float, busy: float, taken: int = 12_000, twice: int = 0) -> Outcome:
    before, meanwhile = (Menu({"1": (delay,) * 5, "*": (delay + 0.3,) * 5}, ()) for delay in (quiet, busy))
    sent = Sent(12_000, taken, twice, taken, (0.04,), 60.2)
    return Outcome("sqlite", before, meanwhile, sent, backlog=400, straight=600, cpu={"web": 60.0})


def test_a_menu_is_later_by_what_its_worst_key_is_later() -> None:
    one = outcome(0.1, 0.112)
    one = replace(one, busy=Menu({"1": (0.100,), "*": (0.431,)}, ()))
    assert menu_delay(one) == pytest.approx(31.0)


@pytest.mark.parametrize(
    ("found", "reached"),
    [
        (outcome(0.1, 0.112), [True, True]),
        (outcome(0.1, 0.125), [True, False]),
        (outcome(0.1, 0.1, taken=11_999), [False, True]),
        (outcome(0.1, 0.1, twice=1), [False, True]),
    ],
)
def test_a_target_is_reached_only_when_all_of_it_is(found: Outcome, reached: list[bool]) -> None:
    assert [verdict.reached for verdict in verdicts([found], Plan())] == reached
