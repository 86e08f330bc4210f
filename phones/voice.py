"""What phones say: tones, noise and WAV files as 20 ms frames, queued and handed out one by one."""

from __future__ import annotations

import wave
from collections import deque
from pathlib import Path

import numpy as np

from phones.ears import RATE, Samples
from phones.errors import PhoneError
from prompts.errors import RecordingError
from prompts.wav import read_telephone_wav

FRAME = RATE // 50
SILENCE = bytes(2 * FRAME)


def tone(hz: float, seconds: float, level: float = 0.25) -> Samples:
    """A sine of `hz`; `level` is the share of full scale."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hz * time) * level * 32767).astype(np.int16)


_LOW_HZ, _HIGH_HZ = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_KEYPAD = ("123A", "456B", "789C", "*0#D")


def key_tone(key: str, seconds: float) -> Samples:
    """The two tones of a key (ITU-T Q.23), as loud as a telephone sends them."""
    row = next(number for number, keys in enumerate(_KEYPAD) if key in keys)
    column = _KEYPAD[row].index(key)
    return tone(_LOW_HZ[row], seconds, 0.2) + tone(_HIGH_HZ[column], seconds, 0.2)


def murmur(seconds: float, seed: int = 104) -> Samples:
    """Noise in the rhythm of syllables: what a machine takes for somebody talking."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    rhythm = np.clip(np.sin(2 * np.pi * 3.1 * np.arange(count) / RATE) + 0.4, 0, 1)
    return (random.standard_normal(count) * rhythm * 1500).astype(np.int16)


def read_speech(path: Path) -> Samples:
    """An 8 kHz mono 16-bit WAV. PhoneError for anything else."""
    try:
        return read_telephone_wav(path)
    except RecordingError as error:
        raise PhoneError(f"a phone cannot play this: {error}") from error


def write_wav(path: Path, samples: Samples) -> None:
    """Write 8 kHz mono 16-bit samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


class Mouth:
    """The frames still to be said; silence when there is nothing, because a phone never stops sending."""

    def __init__(self) -> None:
        self._queue: deque[bytes] = deque()

    def say(self, samples: Samples) -> None:
        padded = np.pad(samples, (0, -len(samples) % FRAME)).astype("<i2").tobytes()
        self._queue.extend(padded[start : start + 2 * FRAME] for start in range(0, len(padded), 2 * FRAME))

    def hush(self) -> None:
        self._queue.clear()

    def next_frame(self) -> bytes:
        return self._queue.popleft() if self._queue else SILENCE
