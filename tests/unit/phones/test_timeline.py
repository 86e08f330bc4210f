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


def test_a_prompt_after_ringing_has_no_hole_though_its_frames_are_not_quite_on_time() -> None:
    """As measured: each change from ringing to a prompt lacks one frame, and a prompt's last frame is half a one."""
    timeline = Timeline()
    arrival, ends = 0.0, []
    for part in range(1, 5):
        ringing, words = np.full(FRAME, 100 + part, dtype=np.int16), np.full(FRAME, part, dtype=np.int16)
        for index, frame in enumerate([ringing] * 100 + [words] * 150 + [words[: FRAME // 2]]):
            arrival += 0.02 + (0.03 if index == 100 else 0.0)  # ten of those thirty milliseconds are caught up
            # Under load, packets in the middle of the words come late, and a little of it stays for a second.
            late = {130: 0.04, 131: 0.02}.get(index, 0.009 if 131 < index < 180 else 0.0)
            timeline.add(arrival - (0.01 if index >= 100 else 0.0) + late, frame)
        arrival -= 0.01
        ends.append(arrival)
    heard = timeline.samples()
    for part, end in enumerate(ends, 1):
        places = np.flatnonzero(heard == part)
        assert len(places) == places[-1] + 1 - places[0] == 150 * FRAME + FRAME // 2, "a hole"
        assert abs((places[-1] + 1) / RATE - end) < 0.03


def test_a_sender_that_is_always_a_little_slow_does_not_lead_away_from_real_time() -> None:
    timeline = Timeline()
    for index, frame in enumerate(numbered(1000)):
        timeline.add(0.025 * (index + 1), frame)
    assert abs(len(timeline.samples()) / RATE - 25.0) < 0.25


@given(st.lists(st.floats(0, 0.03), min_size=1, max_size=300))
def test_jitter_never_loses_or_moves_a_sample(delays: list[float]) -> None:
    timeline = Timeline()
    delays[9::10] = [0.0] * len(delays[9::10])  # what never catches up is no jitter
    delays[-1] = 0.0
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
