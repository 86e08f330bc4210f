"""Telephone WAV files, written and checked in one place: 8 kHz, mono, 16 bits, with an A-law twin beside each."""

import os
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prompts.errors import RecordingError
from prompts.g711 import encode_alaw

RATE = 8000
Samples = npt.NDArray[np.int16]


def read_wav(path: Path) -> tuple[Samples, int]:
    """Return the samples of a mono 16-bit WAV and its rate in Hz. Raises RecordingError for any other file."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth() * 8, file.getframerate())
            frames = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise RecordingError(f"{path} is not a readable WAV file: {error}") from error
    if shape[:2] != (1, 16):
        raise RecordingError(f"{path} has {shape[0]} channels of {shape[1]} bits; it must be mono 16-bit")
    return np.frombuffer(frames, dtype="<i2").astype(np.int16), shape[2]


def read_telephone_wav(path: Path) -> Samples:
    """Return the samples of an 8 kHz mono 16-bit WAV with sound in it. Raises RecordingError otherwise."""
    samples, rate = read_wav(path)
    if rate != RATE:
        raise RecordingError(f"{path} has {rate} samples a second; it must have {RATE}")
    if not samples.any():
        raise RecordingError(f"{path} is silent")
    return samples


def write_telephone_pair(path: Path, samples: Samples) -> None:
    """Write 8 kHz samples to `path` (.wav) and its raw A-law twin (.alaw), each replaced as a whole.

    Asterisk may open the old file at any moment, so it must never meet a half-written one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(encode_alaw(samples))
    unfinished.replace(path.with_suffix(".alaw"))
    write_wav(path, samples)


def write_wav(path: Path, samples: Samples) -> None:
    """Write 8 kHz mono 16-bit samples to `path`, replaced as a whole."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    unfinished.replace(path)
