"""What is made of the callers' recordings and times."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from bench.caller.hearing import Pressed, next_question, rows, word_count
from bench.caller.measure import Outcome
from bench.caller.report import as_json, figures, ratio, show
from bench.caller.robot import Walk
from bench.caller.scripts import AMBULANCE, FIRST, Script, Trial, Way
from phones.ears import RATE, Samples


def _sound(*stretches: tuple[bool, float]) -> Samples:
    """Loud and quiet stretches of so many seconds."""
    parts = [np.full(round(seconds * RATE), 3000 if loud else 0, dtype=np.int16) for loud, seconds in stretches]
    return np.concatenate(parts)


def test_the_first_question_begins_with_the_first_sound() -> None:
    assert next_question(_sound((False, 0.2), (True, 0.1)), 0.0) == pytest.approx(0.2)
    assert next_question(_sound((False, 0.5)), 0.0) is None


def test_a_question_begins_after_the_silence_behind_a_key() -> None:
    # Key until 1.0; the prompt before runs on for 40 ms.
    sound = _sound((True, 1.04), (False, 0.1), (True, 0.2))
    assert next_question(sound, 1.0) == pytest.approx(1.14)
    assert next_question(sound[: round(1.1 * RATE)], 1.0) is None


def test_a_pause_between_two_words_is_no_new_question() -> None:
    assert next_question(_sound((True, 1.1), (False, 0.04), (True, 0.5)), 1.0) is None


def test_words_are_counted_as_people_count_them() -> None:
    assert word_count("मरीज़ की उम्र, वर्षों में — दबाएँ।") == 6


def test_a_prompt_cut_short_counts_in_part_and_times_run_from_key_to_key() -> None:
    sound = _sound((True, 3.0), (False, 0.2), (True, 2.0))
    pressed = [Pressed("one", "1", 2.9, 3.0), Pressed("two", "45#", 4.2, 5.2)]
    heard = [[(0.0, "a")], [(3.2, "b")]]
    first, second = rows(pressed, heard, sound, {"a": "एक दो", "b": "एक दो तीन चार"}, {"a": 2.0, "b": 2.0})
    assert (first.words, first.seconds, first.total) == pytest.approx((2, 3.0, 3.0))
    assert (second.words, second.seconds, second.total) == pytest.approx((2, 2.2, 5.2))
    assert second.sound_after == pytest.approx(0.2)


def _outcome(script: Script, way: Way, *seconds: float, limit: float | None = None, failed: int = 0) -> Outcome:
    trial = Trial(script, way, limit)
    sound = np.zeros(1, dtype=np.int16)
    walks = tuple(Walk(trial, (Pressed("main", "8", 0.9, 1.0),), goal_at, sound) for goal_at in seconds)
    return Outcome(trial, walks, ("it was cut off",) * failed)


def test_a_limit_is_kept_only_if_every_run_kept_it() -> None:
    kept = figures([_outcome(FIRST, "option", 70.0, 74.0, limit=75)])
    late = figures([_outcome(FIRST, "option", 70.0, 76.0, limit=75)])
    cut = figures([_outcome(FIRST, "option", 70.0, limit=75, failed=1)])
    none = figures([_outcome(FIRST, "option", 70.0)])
    assert [found["first", "option"].reached for found in (kept, late, cut, none)] == [True, False, False, None]


def test_the_ambulances_clock_starts_at_the_end_of_its_key() -> None:
    found = figures([_outcome(AMBULANCE, "option", 5.5, limit=5)])
    spread = found["ambulance", "option"].seconds
    assert spread is not None
    assert spread.median == 4.5


def test_the_ratio_is_to_the_caller_who_hears_every_question_out() -> None:
    found = figures([_outcome(FIRST, "everything", 60.0), _outcome(FIRST, "option", 45.0)])
    assert ratio(found, "first", "option") == 0.75
    assert ratio(found, "returning", "option") is None


def test_the_report_names_what_was_missed_and_why_a_call_failed() -> None:
    out = StringIO()
    outcomes = [_outcome(FIRST, "option", 76.0, limit=75), _outcome(AMBULANCE, "option", limit=5, failed=1)]
    show(outcomes, {}, Console(file=out, width=180))
    assert "MISSED   104, first call, fever" in out.getvalue()
    assert "ambulance/option failed: it was cut off" in out.getvalue()


def test_the_json_has_every_run() -> None:
    outcomes = [_outcome(FIRST, "option", 46.0, 47.0, limit=75)]
    [trial] = json.loads(json.dumps(as_json(outcomes, 2)))["trials"]
    assert (trial["each"], trial["reached"], trial["seconds"]["median"]) == ([46.0, 47.0], True, 46.5)
