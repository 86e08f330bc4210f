"""PURE: puts the frames a phone received in their place in time, so that offsets in its recording are real seconds.

Nothing is sent while a line is silent, so a gap between frames is either silence or a late packet. It is silence when
the frames after it do not catch up: the delay of a frame is the smallest of the next half second's. Silence is put in
where the gap is and nowhere else: a prompt that follows ringing comes one frame later than it should, and if that frame
were owed until more is missing, the hole would open in the middle of the prompt's words.
"""

from __future__ import annotations

import numpy as np

from phones.ears import RATE, Samples

_LOOK_AHEAD = 25  # frames of 20 ms
_ON_ITS_WAY = RATE * 4 // 100  # a frame that is not later than that may still come
_GAP = RATE * 35 // 1000  # between two frames: at least one is missing, or late
_LEAST_SILENCE = RATE * 15 // 1000
_MOST_OWED = RATE // 5  # of a sender that is too slow all along


class Timeline:
    """Samples by arrival. `add` is called with each frame, in order; times are seconds since the timeline began."""

    def __init__(self) -> None:
        self._done = np.zeros(RATE * 30, dtype=np.int16)
        self._settled = 0  # samples of `_done` that are final
        self._received = 0  # samples in all frames that are final
        self._late = 0  # samples of silence put in so far
        self._last_arrival = 0  # of the frames that are final
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
        if until is not None and round(until * RATE) - end > _ON_ITS_WAY:
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
        self._last_arrival = self._waiting[count - 1][0]
        del self._waiting[:count]

    def _places(self, count: int) -> list[tuple[int, Samples]]:
        """The position of each of the first `count` waiting frames."""
        total, late = self._received, self._late
        delays = []
        for arrival, frame in self._waiting:
            total += len(frame)
            delays.append(arrival - total)
        places = []
        total, before = self._received, self._last_arrival
        for index, (arrival, frame) in enumerate(self._waiting[:count]):
            owed = min(delays[index : index + _LOOK_AHEAD]) - late
            if owed > (_LEAST_SILENCE if arrival - before > _GAP else _MOST_OWED):
                late += owed
            places.append((total + late, frame))
            total += len(frame)
            before = arrival
        return places
