"""PURE: recognises what a phone heard (prompts, tones, music, silence), so that tests assert what people hear.

Everything takes 8 kHz mono int16 samples and answers in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 8000
Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

# Above A-law's idle noise, below any speech: about -56 dB of full scale.
QUIET = 50.0
_BLOCK = 20 * RATE
_LARGEST_SLIP = RATE // 10


@dataclass(frozen=True)
class Match:
    """Where a prompt begins in what was heard (seconds), and how alike they are (1 = the same)."""

    offset_s: float
    score: float


def find_prompt(heard: Samples, prompt: Samples, threshold: float = 0.6) -> Match | None:
    """The first place where `heard` sounds like `prompt`, whatever its level; None when nothing scores `threshold`.

    The whole of `prompt` must have been heard: give its beginning to find one that was interrupted.
    Measured with espeak-ng's voice: different sentences score at most 0.47, alike words ("33", "38") at most 0.71, the
    same one through A-law above 0.95; so ask 0.75 of a single word.
    """
    pattern = _sharpened(prompt)
    size = len(pattern)
    energy = float(np.dot(pattern, pattern))
    if size < RATE // 20 or energy < size:
        return None
    sound = _sharpened(heard)
    for start in range(0, len(sound) - size + 1, _BLOCK):
        scores = _scores(sound[start : start + _BLOCK + size - 1], pattern, energy)
        above = np.flatnonzero(scores >= threshold)
        if above.size:
            near = scores[above[0] : above[0] + RATE // 10]
            best = int(above[0] + np.argmax(near))
            return Match((start + best) / RATE, float(scores[best]))
    return None


def find_slipped(heard: Samples, prompt: Samples, threshold: float = 0.75) -> Match | None:
    """As `find_prompt`, for a sound in which some milliseconds are missing, or are too many: its halves, one after
    the other.

    A packet that comes late shifts what follows: nobody hears it, but a whole pattern does not fit any more.
    """
    half = len(prompt) // 2
    if half < RATE // 2:
        return None  # the halves of a word are like those of other words
    first = find_prompt(heard, prompt[:half], threshold)
    if first is None:
        return None
    expected = round(first.offset_s * RATE) + half
    begins = max(0, expected - _LARGEST_SLIP)
    second = find_prompt(heard[begins : expected + half + _LARGEST_SLIP], prompt[half : 2 * half], threshold)
    return None if second is None else Match(first.offset_s, min(first.score, second.score))


def _sharpened(samples: Samples) -> Floats:
    """Pre-emphasis: without it every two vowels are alike in their bass."""
    wave = samples.astype(np.float64)
    if not len(wave):
        return wave
    return np.concatenate((wave[:1], wave[1:] - 0.9 * wave[:-1]))


def _scores(sound: Floats, pattern: Floats, energy: float) -> Floats:
    """Normalised cross-correlation at every position where the pattern fits whole."""
    size = len(pattern)
    length = 1 << (len(sound) + size - 2).bit_length()
    spectrum = np.fft.rfft(sound, length) * np.conj(np.fft.rfft(pattern, length))
    products = np.fft.irfft(spectrum, length)[: len(sound) - size + 1]
    sums = np.concatenate(([0.0], np.cumsum(sound * sound)))
    window = sums[size:] - sums[:-size]
    # Where there is hardly any sound nothing can be recognised, and dividing by its energy would invent it.
    window[window < 4.0 * size] = np.inf
    scores: Floats = products / np.sqrt(window * energy)
    return scores


def tone_present(heard: Samples, hz: float) -> float:
    """How many seconds of a pure tone of `hz` (within 20 Hz) were heard; speech and music count as none."""
    return float(np.count_nonzero(_tone_frames(heard, hz))) * _HOP / RATE


def tone_start(heard: Samples, hz: float) -> float | None:
    """When a pure tone of `hz` was first heard for at least 0.1 s; accurate to about 0.02 s."""
    present = _tone_frames(heard, hz).astype(np.int64)
    runs = np.flatnonzero(np.convolve(present, np.ones(3, dtype=np.int64), "valid") == 3)
    return float(runs[0]) * _HOP / RATE if runs.size else None


_FRAME, _HOP = 400, 200


def _tone_frames(heard: Samples, hz: float) -> npt.NDArray[np.bool_]:
    if len(heard) < _FRAME:
        return np.zeros(0, dtype=np.bool_)
    frames = np.lib.stride_tricks.sliding_window_view(heard, _FRAME)[::_HOP].astype(np.float64)
    loud = np.sqrt(np.mean(frames * frames, axis=1)) > QUIET
    power = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2
    bins = np.fft.rfftfreq(_FRAME, 1 / RATE)
    inside = power[:, np.abs(bins - hz) <= 50].sum(axis=1)
    pure: npt.NDArray[np.bool_] = loud & (inside > 0.9 * power.sum(axis=1))
    return pure


def loudness(heard: Samples) -> float:
    """Root mean square in decibels of full scale; -inf for digital silence."""
    if not len(heard):
        return float("-inf")
    level = float(np.sqrt(np.mean(heard.astype(np.float64) ** 2)))
    return 20 * float(np.log10(level / 32768)) if level else float("-inf")


def silences(heard: Samples, threshold: float = QUIET) -> Iterator[tuple[float, float]]:
    """Each stretch below `threshold` (RMS of 20 ms) as (start, seconds)."""
    quiet = ~_loud_frames(heard, threshold)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield float(start) * 0.02, float(end - start) * 0.02


def longest_silence(heard: Samples, threshold: float = QUIET) -> float:
    """The longest stretch below `threshold` (RMS of 20 ms frames), in seconds."""
    return max((seconds for _, seconds in silences(heard, threshold)), default=0.0)


def first_sound(heard: Samples, threshold: float = QUIET) -> float | None:
    """When anything louder than `threshold` was first heard."""
    loud = np.flatnonzero(_loud_frames(heard, threshold))
    return float(loud[0]) * 0.02 if loud.size else None


def _loud_frames(heard: Samples, threshold: float) -> npt.NDArray[np.bool_]:
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160).astype(np.float64)
    loud: npt.NDArray[np.bool_] = np.sqrt(np.mean(frames * frames, axis=1)) > threshold
    return loud


def is_music(heard: Samples) -> bool:
    """Whether at least a second of sound is music: goes on without pauses, holds its notes, and is not one tone.

    Speech pauses and glides, noise holds nothing, a tone never changes.
    """
    frame = RATE // 10
    count = len(heard) // frame
    if count < 10:
        return False
    frames = heard[: count * frame].reshape(count, frame).astype(np.float64)
    if np.mean(np.sqrt(np.mean(frames * frames, axis=1)) > QUIET) < 0.9:
        return False
    power = np.abs(np.fft.rfft(frames * np.hanning(frame), axis=1)) ** 2
    strongest = np.argmax(power, axis=1)
    held = np.mean(np.abs(np.diff(strongest)) <= 1)
    peaked = np.median(power.max(axis=1) / np.maximum(power.sum(axis=1), 1e-9))
    lone_tone = np.ptp(strongest) <= 2
    return bool(held >= 0.4 and peaked >= 0.08 and not lone_tone)
