"""The sound of a menu that waits for a key: a caller who hears nothing for two seconds thinks the line is dead.

Two low strings a fifth apart, once a second, soft enough to think beside. Two notes, because the telephone tests look
for single pure tones and must never take this for one.
"""

import numpy as np

from prompts.audio import to_samples
from prompts.wav import RATE, Samples

VERSION = 1
PAUSE_SECONDS = 0.3
SECONDS = 1.0
LISTEN_DBFS = -32.0  # over the sounding part; speech stands at -20
_NOTES_HZ = (330.0, 495.0)
_START_SECONDS = 0.04
_SOUND_SECONDS = 0.16


def listen() -> Samples:
    """Return exactly 1.0 s of 8 kHz sound: a soft tone of 0.16 s near the start, then quiet."""
    time = np.arange(round(_SOUND_SECONDS * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * time) for hertz in _NOTES_HZ) * np.hanning(len(time))
    tone *= 10 ** (LISTEN_DBFS / 20) / np.sqrt(np.mean(tone**2))
    second = np.zeros(round(SECONDS * RATE))
    start = round(_START_SECONDS * RATE)
    second[start : start + len(tone)] = tone
    return to_samples(second)


def pause() -> Samples:
    """Return the breath between two groups of a telephone number's digits, 0.3 s of quiet."""
    return np.zeros(round(PAUSE_SECONDS * RATE), dtype=np.int16)
