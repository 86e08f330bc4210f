"""Offsets in a recording must be real seconds, however the packets came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phones.ears import RATE
from phones.timeline import Timeline

FRAME = 160


def numbered(count: int, first: int = 1) -> list[np.ndarray]:
    return [np.full(FRAME, first + index, dtype=np.int16) for index in range(count)]


def test_frames_on_time_lie_side_by_side() -> None:
    timeline = Timeline()
    for index, frame in enumerate(numbered(200)):
        timeline.add(0.02 * (index + 1), frame)
    assert np.array_equal(timeline.samples(), np.concatenate(numbered(200)))


def test_a_pause_between_frames_is_silence() -> None:
    timeline = Timeline()
    for index, frame in enumerate(numbered(50)):
        timeline.add(0.02 * (index + 1), frame)
    for index, frame in enumerate(numbered(50, 51)):
        timeline.add(3.0 + 0.02 * (index + 1), frame)
    heard = timeline.samples()
    assert len(heard) == 4 * RATE
    assert not heard[RATE : 3 * RATE].any()
    assert heard[3 * RATE] == 51


def test_packets_that_come_late_and_then_catch_up_leave_no_hole() -> None:
    timeline = Timeline()
    for index, frame in enumerate(numbered(100)):
        on_time = 0.02 * (index + 1)
        timeline.add(1.2 if 1.0 < on_time < 1.2 else on_time, frame)
    assert np.array_equal(timeline.samples(), np.concatenate(numbered(100)))


def test_what_was_not_heard_yet_is_silence_up_to_now() -> None:
    timeline = Timeline()
    assert not timeline.samples(until=2.0).any()
    assert len(timeline.samples(until=2.0)) == 2 * RATE
    timeline.add(0.02, np.ones(FRAME, dtype=np.int16))
    assert len(timeline.samples(until=1.0)) == RATE


def test_a_frame_on_its_way_is_no_silence() -> None:
    timeline = Timeline()
    timeline.add(0.02, np.ones(FRAME, dtype=np.int16))
    assert len(timeline.samples(until=0.055)) == FRAME


@given(st.lists(st.floats(0, 0.03), min_size=1, max_size=300))
def test_jitter_never_loses_or_moves_a_sample(delays: list[float]) -> None:
    timeline = Timeline()
    frames = numbered(len(delays))
    arrivals = np.maximum.accumulate([0.02 * (index + 1) + delay for index, delay in enumerate(delays)])
    for arrival, frame in zip(arrivals, frames, strict=True):
        timeline.add(float(arrival), frame)
    assert np.array_equal(timeline.samples(), np.concatenate(frames))


@pytest.mark.parametrize("count", [74, 75, 76, 2000])
def test_a_long_call_keeps_every_frame(count: int) -> None:
    timeline = Timeline()
    for index, frame in enumerate(numbered(count)):
        timeline.add(0.02 * (index + 1), frame)
    assert np.array_equal(timeline.samples(), np.concatenate(numbered(count)))
