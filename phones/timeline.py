"""PURE: puts the frames a phone received in their place in time, so that offsets in its recording are real seconds.

Nothing is sent while a line is silent, so a gap between frames is either silence or a late packet. It is silence when
the frames after it do not catch up: the delay of a frame is the smallest of the next half second's.
"""

from __future__ import annotations

import numpy as np

from phones.ears import RATE, Samples

_LOOK_AHEAD = 25  # frames of 20 ms
_TOLERANCE = RATE * 4 // 100


class Timeline:
    """Samples by arrival. `add` is called with each frame, in order; times are seconds since the timeline began."""

    def __init__(self) -> None:
        self._done = np.zeros(RATE * 30, dtype=np.int16)
        self._settled = 0  # samples of `_done` that are final
        self._received = 0  # samples in all frames that are final
        self._late = 0  # samples of silence put in so far
        self._waiting: list[tuple[int, Samples]] = []  # arrival (in samples), frame

    def add(self, arrival: float, frame: Samples) -> None:
        self._waiting.append((round(arrival * RATE), frame))
        if len(self._waiting) >= 3 * _LOOK_AHEAD:
            self._settle(len(self._waiting) - _LOOK_AHEAD)

    def samples(self, until: float | None = None) -> Samples:
        """All that was heard, a copy; with `until` (seconds) filled with silence up to there."""
        pieces = [self._done[: self._settled]]
        end = self._settled
        for start, frame in self._places(len(self._waiting)):
            pieces += [np.zeros(start - end, dtype=np.int16), frame]
            end = start + len(frame)
        # A frame may be on its way: only what is surely silence is filled.
        if until is not None and round(until * RATE) - end > _TOLERANCE:
            pieces.append(np.zeros(round(until * RATE) - end, dtype=np.int16))
        return np.concatenate(pieces)

    def _settle(self, count: int) -> None:
        for start, frame in self._places(count):
            end = start + len(frame)
            while end > len(self._done):
                self._done = np.concatenate((self._done, np.zeros_like(self._done)))
            self._done[start:end] = frame
            self._settled = end
            self._received += len(frame)
            self._late = end - self._received
        del self._waiting[:count]

    def _places(self, count: int) -> list[tuple[int, Samples]]:
        """The position of each of the first `count` waiting frames."""
        total, late = self._received, self._late
        delays = []
        for arrival, frame in self._waiting:
            total += len(frame)
            delays.append(arrival - total)
        places = []
        total = self._received
        for index, (_, frame) in enumerate(self._waiting[:count]):
            delay = min(delays[index : index + _LOOK_AHEAD])
            if delay - late > _TOLERANCE:
                late = delay
            places.append((total + late, frame))
            total += len(frame)
        return places
