"""PURE: what is wrong with a recording, in words for the person who made it, each with what to do."""

from dataclasses import dataclass

import numpy as np
import pyloudnorm

from prompts.audio import Signal
from prompts.studio.takes import Take

RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
# Loudness as broadcasters measure it (EBU R128, ITU-R BS.1770). What lies between is brought to one level at import;
# further up speech is distorted already, further down its noise would be raised with it.
QUIETEST_LUFS = -35.0
LOUDEST_LUFS = -9.0
LONGEST_LEAD = 0.5
LONGEST_TAIL = 1.0
_BLOCK_SECONDS = 0.4  # pyloudnorm refuses anything shorter than one block of R128
_FULL_SCALE = 0.999
_CLIPPED_RUN = 4
_FRAME_SECONDS = 0.01
_SILENCE = 10 ** (-40 / 20)
_INAUDIBLE = 10 ** (-60 / 20)


@dataclass(frozen=True)
class Expected:
    """What a recording should say: its text, and how fast the language is spoken."""

    text: str
    words_per_minute: int

    @property
    def seconds(self) -> float:
        return len(self.text.split()) * 60 / self.words_per_minute


def faults(take: Take, expected: Expected) -> list[str]:
    """Return every reason against a recording, none when it is good. Each reads after the file's name: "has …"."""
    if take.channels > 2:
        return [f"has {take.channels} channels: export it in mono or stereo"]
    if take.rate not in RATES:
        return [f"has {take.rate} samples a second: export it with 48000 or 44100"]
    mono = take.mono()
    spoken = _spoken_part(mono, take.rate)
    if spoken is None:
        return ["is silent: record it again, and listen to the file before sending it"]
    start, end = spoken
    found = [
        _clipping(take),
        _loudness(mono[start:end], take.rate),
        _lead(start / take.rate),
        _tail((len(mono) - end) / take.rate),
        _length((end - start) / take.rate, expected),
    ]
    return [fault for fault in found if fault]


def loudness_of(spoken: Signal, rate: int) -> float:
    """Return the integrated loudness in LUFS; a word shorter than a block of R128 is heard several times over."""
    least = int(_BLOCK_SECONDS * rate) + 1
    repeated = np.tile(spoken, -(-least // len(spoken)))
    return float(pyloudnorm.Meter(rate).integrated_loudness(repeated))


def _spoken_part(mono: Signal, rate: int) -> tuple[int, int] | None:
    """Return where the voice begins and ends (samples): the 10 ms frames within 40 dB of the loudest."""
    size = max(1, int(rate * _FRAME_SECONDS))
    frames = np.pad(mono, (0, -len(mono) % size)).reshape(-1, size)
    levels = np.sqrt((frames**2).mean(axis=1))
    loudest = levels.max(initial=0.0)
    if loudest < _INAUDIBLE:
        return None
    voiced = np.flatnonzero(levels > loudest * _SILENCE)
    return int(voiced[0]) * size, min(len(mono), (int(voiced[-1]) + 1) * size)


def _clipping(take: Take) -> str | None:
    for channel in range(take.channels):
        full = np.abs(take.signal[:, channel]) >= _FULL_SCALE
        runs = np.convolve(full, np.ones(_CLIPPED_RUN, dtype=int), "valid") == _CLIPPED_RUN
        if runs.any():
            at = int(np.argmax(runs)) / take.rate
            return f"is clipped at {at:.1f} s: turn the microphone down and record it again"
    return None


def _loudness(spoken: Signal, rate: int) -> str | None:
    loudness = loudness_of(spoken, rate)
    if loudness < QUIETEST_LUFS:
        return f"is too quiet ({loudness:.0f} LUFS): speak nearer to the microphone and record it again, at about -20"
    if loudness > LOUDEST_LUFS:
        return f"is too loud ({loudness:.0f} LUFS): turn the level down to about -20"
    return None


def _lead(seconds: float) -> str | None:
    return f"begins with {seconds:.1f} s of silence: cut it to a tenth of a second" if seconds > LONGEST_LEAD else None


def _tail(seconds: float) -> str | None:
    return f"ends with {seconds:.1f} s of silence: cut it to a tenth of a second" if seconds > LONGEST_TAIL else None


def _length(seconds: float, expected: Expected) -> str | None:
    count = len(expected.text.split())
    words = "one word" if count == 1 else f"{count} words"
    if seconds < 0.4 * expected.seconds:
        return (
            f"lasts {seconds:.1f} s, too short for its {words}: is it another sentence, or cut off? "
            f"It must say: {expected.text}"
        )
    # A careful speaker takes his time over a single word; over a sentence the difference averages out.
    if seconds > 2.0 * expected.seconds + 1.5:
        return (
            f"lasts {seconds:.1f} s, too long for its {words}: is it another sentence, or said twice? "
            f"It must say: {expected.text}"
        )
    return None
