"""From a synthesiser's voice to a telephone's: band, level and silence, so that no prompt is louder than another.

Samples are float arrays in the range -1 to 1.
"""

import numpy as np
import numpy.typing as npt

from prompts.wav import RATE, Samples

Signal = npt.NDArray[np.float64]

LOWEST_HZ = 300.0
HIGHEST_HZ = 3400.0
_EDGE_HZ = 60.0

SPEECH_DBFS = -20.0
CEILING_DBFS = -2.0
_LIMITER_SAMPLES = 2 * (RATE // 200) + 1  # 10 ms, odd so that it has a centre

_FRAME = RATE // 100  # 10 ms
_SILENCE = 10 ** (-40.0 / 20)  # of the loudest frame
_FADE = RATE // 200  # 5 ms
_LONGEST_PAUSE = 35  # frames: 350 ms between sentences; more only costs the caller's time
_KEPT_SILENCE = RATE // 50  # 20 ms before and after, else the first consonant is clipped


def telephone_speech(voice: Samples, rate: int) -> Samples:
    """Turn 16-bit speech of any `rate` (Hz) into 8 kHz speech: 300-3400 Hz, trimmed, levelled, peaks under -2 dBFS.

    No pause within it is longer than 350 ms.
    """
    return to_samples(level(shorten_pauses(trim(to_telephone_band(voice / 32768.0, rate))), SPEECH_DBFS))


def to_samples(signal: Signal) -> Samples:
    """Return the signal as 16-bit samples."""
    return np.clip(np.round(signal * 32767.0), -32768, 32767).astype(np.int16)


def to_telephone_band(signal: Signal, rate: int) -> Signal:
    """Return the signal at 8 kHz with only 300-3400 Hz left in it, by one Fourier transform."""
    step = rate // int(np.gcd(rate, RATE))
    # A whole number of steps makes both lengths exact; the extra one keeps the filter's ends from wrapping round.
    length = (len(signal) // step + 1) * step + step * 8
    spectrum = np.fft.rfft(signal, length)
    frequencies = np.fft.rfftfreq(length, 1.0 / rate)
    shape = np.clip((frequencies - LOWEST_HZ) / _EDGE_HZ + 1.0, 0.0, 1.0)
    shape *= np.clip((HIGHEST_HZ - frequencies) / _EDGE_HZ + 1.0, 0.0, 1.0)
    new_length = length * RATE // rate
    bins = np.zeros(new_length // 2 + 1, dtype=complex)
    shared = min(len(bins), len(spectrum))
    bins[:shared] = (spectrum * shape)[:shared]
    narrow: Signal = np.fft.irfft(bins, new_length) * (new_length / length)
    return narrow[: round(len(signal) * RATE / rate)]


def trim(signal: Signal) -> Signal:
    """Cut silence (40 dB under the loudest 10 ms) from both ends, but for 20 ms; a silent signal becomes empty."""
    loud = _frame_levels(signal)
    voiced = np.flatnonzero(loud > loud.max(initial=0.0) * _SILENCE)
    if not len(voiced):
        return signal[:0]
    start = max(0, int(voiced[0]) * _FRAME - _KEPT_SILENCE)
    kept = signal[start : (int(voiced[-1]) + 1) * _FRAME + _KEPT_SILENCE].copy()
    # A voice that is cut in mid-swing clicks.
    fade = np.linspace(0.0, 1.0, min(_FADE, len(kept)))
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept


def shorten_pauses(signal: Signal) -> Signal:
    """Cut the middle out of every pause (40 dB under the loudest 10 ms) of more than 350 ms."""
    levels = _frame_levels(signal)
    quiet = np.concatenate(([False], levels <= levels.max(initial=0.0) * _SILENCE, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(quiet))
    kept = np.ones(len(signal), dtype=bool)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        surplus = int(end - start) - _LONGEST_PAUSE
        if surplus > 0:
            middle = (int(start) + _LONGEST_PAUSE // 2) * _FRAME
            kept[middle : middle + surplus * _FRAME] = False
    return signal[kept]


def level(signal: Signal, target_dbfs: float) -> Signal:
    """Bring the RMS of the voiced parts to `target_dbfs` (pauses do not count) and limit the peaks to -2 dBFS."""
    if not signal.any():
        return signal
    return _limit(signal * (10 ** (target_dbfs / 20) / voiced_rms(signal)))


def voiced_rms(signal: Signal) -> float:
    """Return the RMS of the 10 ms frames that are within 40 dB of the loudest one."""
    levels = _frame_levels(signal)
    voiced = levels[levels > levels.max(initial=0.0) * _SILENCE]
    return float(np.sqrt(np.mean(voiced**2))) if len(voiced) else 0.0


def _frame_levels(signal: Signal) -> Signal:
    padded = np.pad(signal, (0, -len(signal) % _FRAME))
    levels: Signal = np.sqrt(np.mean(padded.reshape(-1, _FRAME) ** 2, axis=1))
    return levels


def _limit(signal: Signal) -> Signal:
    """Turn the volume down around each peak: the least gain within 5 ms, smoothed, never exceeds what a peak allows."""
    ceiling = 10 ** (CEILING_DBFS / 20)
    gain = np.minimum(1.0, ceiling / np.maximum(np.abs(signal), 1e-9))
    half = _LIMITER_SAMPLES // 2
    wide = np.lib.stride_tricks.sliding_window_view(np.pad(gain, half, constant_values=1.0), _LIMITER_SAMPLES)
    window = np.hanning(_LIMITER_SAMPLES + 2)[1:-1]
    least = np.pad(wide.min(axis=1), half, mode="edge")
    smooth: Signal = np.convolve(least, window / window.sum(), mode="valid")
    return signal * smooth
