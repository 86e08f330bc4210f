"""Percentiles, spreads, tones and SIPp's statistics."""

from __future__ import annotations

import numpy as np
import pytest

from bench.figures import percentile, spread
from bench.meters import difference
from bench.onset import FrameLog, first_tone_frame
from bench.sipp import Tally, parse_statistics
from phones.ears import RATE, Samples
from phones.voice import murmur, tone


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == value


def test_the_99th_percentile_of_few_values_is_the_worst_of_them() -> None:
    assert percentile([3, 9, 4], 99) == 9
    assert percentile([], 99) is None


def test_a_spread_shows_the_median_and_both_ends() -> None:
    assert str(spread([20.0, 10.04, 30.55])) == "20 (10.0–30.6)"
    assert str(spread([1.5])) == "1.50"
    assert spread([]) is None


def test_used_is_what_lies_between_two_readings() -> None:
    assert difference({"a": 1.0, "b": 2.0}, {"a": 1.5, "b": 4.0}) == {"a": 0.5, "b": 2.0}


def test_the_first_frame_of_a_tone_is_found_among_speech() -> None:
    frames = _frames(np.concatenate((murmur(1.0), tone(1300, 0.5))))
    assert first_tone_frame(frames, 1300) == pytest.approx(1.0)


def test_a_frame_that_only_begins_with_the_tone_half_way_is_not_its_first() -> None:
    late = np.zeros(RATE // 50 * 3 + 80, dtype=np.int16)
    assert first_tone_frame(_frames(np.concatenate((late, tone(1300, 0.2)))), 1300) == pytest.approx(0.08)


def test_another_tone_silence_and_speech_are_not_the_tone() -> None:
    for sound in (tone(700, 1.0), np.zeros(RATE, dtype=np.int16), murmur(2.0)):
        assert first_tone_frame(_frames(sound), 1300) is None


def test_a_tone_before_the_key_does_not_count() -> None:
    frames = _frames(np.concatenate((tone(1300, 0.1), murmur(0.5), tone(1300, 0.2))))
    assert first_tone_frame(frames, 1300, after=0.3) == pytest.approx(0.6)


def test_a_frame_log_hears_as_a_timeline_does_and_keeps_the_arrivals() -> None:
    log = FrameLog()
    for arrival, frame in _frames(tone(1300, 0.1)):
        log.add(arrival, frame)
    assert [arrival for arrival, _ in log.frames] == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08])
    assert len(log.samples()) == RATE // 10


def test_the_last_whole_line_of_sipps_statistics_counts() -> None:
    head = "StartTime;CurrentCall;TotalCallCreated;SuccessfulCall(C);FailedCall(C);\n"
    text = head + "1;5;10;4;1;\n2;0;20;18;2;\n3;0;2"
    assert parse_statistics(text) == Tally(created=20, successful=18, failed=2, current=0)
    assert parse_statistics(head) == Tally()


def _frames(sound: Samples) -> list[tuple[float, Samples]]:
    """Frames of 20 ms, each with its place in time."""
    size = RATE // 50
    return [(start / RATE, sound[start : start + size]) for start in range(0, len(sound) - size + 1, size)]
