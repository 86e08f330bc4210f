"""Reads the WAVs studios deliver (16 to 32 bits, any number of channels, extensible headers), which `wave` does not."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prompts.audio import Signal
from prompts.errors import RecordingError

_PCM, _EXTENSIBLE = 1, 0xFFFE
_LARGEST = 200 * 1024 * 1024


@dataclass(frozen=True)
class Take:
    """One recording: samples from -1 to 1 as (samples, channels), its rate in Hz, its bits a sample."""

    signal: Signal
    rate: int
    bits: int

    @property
    def channels(self) -> int:
        return int(self.signal.shape[1])

    @property
    def seconds(self) -> float:
        return len(self.signal) / self.rate

    def mono(self) -> Signal:
        """Return the mean of the channels."""
        mean: Signal = self.signal.mean(axis=1)
        return mean


def read_take(path: Path) -> Take:
    """Return what a PCM WAV holds. Raises RecordingError, which says what the file is instead."""
    try:
        if path.stat().st_size > _LARGEST:
            raise RecordingError("is larger than any sentence: send one file for each sentence")
        data = path.read_bytes()
        if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
            raise RecordingError("is not a WAV file: export it as WAV (PCM)")
        return _take(_chunks(data))
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror or error}") from error
    except (struct.error, ValueError, KeyError) as error:
        raise RecordingError("is a damaged WAV file: export it again") from error


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        found.setdefault(name, data[place + 8 : place + 8 + size])
        place += 8 + size + size % 2  # chunks begin at even places
    return found


def _take(chunks: dict[bytes, bytes]) -> Take:
    header = chunks[b"fmt "]
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", header)
    if code == _EXTENSIBLE:
        (code,) = struct.unpack_from("<H", header, 24)
    if code != _PCM or bits not in (16, 24, 32):
        raise RecordingError(f"is stored as {bits}-bit {_ENCODINGS.get(code, 'data')}: export it as 16- or 24-bit PCM")
    if not channels or not rate:
        raise ValueError("no channels")
    width = bits // 8
    raw = chunks[b"data"]
    raw = raw[: len(raw) // (width * channels) * width * channels]
    # Little-endian samples of any width, moved to the top of 32 bits: then one division fits all.
    padded = np.zeros((len(raw) // width, 4), dtype=np.uint8)
    padded[:, 4 - width :] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, width)
    samples = padded.view("<i4").reshape(-1, channels) / 2**31
    return Take(samples, rate, bits)


_ENCODINGS = {_PCM: "PCM", 3: "floating point", 6: "A-law", 7: "mu-law", 2: "ADPCM", 17: "ADPCM", 85: "MP3"}
