"""When a tone first arrives at a phone, to the millisecond in which the frame that brings it is received."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from phones.ears import QUIET, RATE, Samples
from phones.timeline import Timeline

# Two tones 50 Hz apart cannot be told in 20 ms, and need not be: nothing else in a call is this pure.
_SHARE = 0.8


class FrameLog(Timeline):
    """A phone's ear that also keeps each frame with its arrival, in seconds since the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[float, Samples]] = []

    def add(self, arrival: float, frame: Samples) -> None:
        self.frames.append((arrival, frame))
        super().add(arrival, frame)


def first_tone_frame(frames: Iterable[tuple[float, Samples]], hz: float, after: float = 0.0) -> float | None:
    """PURE. The arrival of the first frame from `after` on that is mostly a tone of `hz`, as the next one is too."""
    heard = [(arrival, frame) for arrival, frame in frames if arrival >= after]
    for (arrival, frame), (_, following) in pairwise(heard):
        if _is_tone(frame, hz) and _is_tone(following, hz):
            return arrival
    return None


def _is_tone(frame: Samples, hz: float) -> bool:
    wave = frame.astype(np.float64)
    energy = float(wave @ wave)
    if not len(wave) or energy <= QUIET * QUIET * len(wave):
        return False
    turn = 2 * np.pi * hz * np.arange(len(wave)) / RATE
    inside = float(np.square(wave @ np.cos(turn)) + np.square(wave @ np.sin(turn))) * 2 / len(wave)
    return inside > _SHARE * energy
