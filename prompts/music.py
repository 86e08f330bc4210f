"""Hold music of our own, because a waiting caller who hears silence hangs up, and other people's tunes cost money.

Plucked strings in a pentatonic scale, melody over broken chords, of short decaying notes without one steady tone: the
telephone tests look for pure tones between 600 and 1800 Hz, and music must never be taken for one.
"""

from functools import cache

import numpy as np

from prompts.audio import Signal, to_samples, voiced_rms
from prompts.wav import RATE, Samples

VERSION = 1
MUSIC_DBFS = -30.0  # speech stands at -20
_BEAT_SECONDS = 0.5
_SA_HZ = 220.0
_HIGHEST_HZ = 3000.0
_DETUNING = 0.004
_ATTACK_SECONDS = 0.012
_SCALE = (1.0, 9 / 8, 5 / 4, 3 / 2, 5 / 3)  # Sa Re Ga Pa Dha

# One letter a beat; a dot lets the last note ring. The octave below is written in small letters.
_MELODY = """
S.RGP.G. RSd.S.R. G.PDP.GR S.d.S...
G.P.DPG. P.GRS.R. G.RSd.p. d.S.R.G.
SRGPD.P. GPG.R.S. d.RSd.p. p.d.S...
"""
_DEGREES = {"p": -2, "d": -1, "S": 0, "R": 1, "G": 2, "P": 3, "D": 4}
# One broken chord a bar of eight beats, a string on every beat: what rings below 300 Hz a telephone does not carry.
_CHORDS = ((0, 3, 5, 3), (-2, 1, 3, 1), (0, 3, 5, 3), (-1, 2, 4, 2))


def hold_music() -> Samples:
    """Return 48 s of 8 kHz music whose end joins its beginning: every note's tail is folded into the start."""
    beats = "".join(_MELODY.split())
    loop = np.zeros(round(len(beats) * _BEAT_SECONDS * RATE))
    for beat, letter in enumerate(beats):
        if letter != ".":
            _add(loop, beat, _pluck(_hertz(_DEGREES[letter]), seconds=1.6), 1.0)
        chord = _CHORDS[beat // 8 % len(_CHORDS)]
        _add(loop, beat, _pluck(_hertz(chord[beat % len(chord)]), seconds=2.0), 0.5)
    return to_samples(loop * (10 ** (MUSIC_DBFS / 20) / voiced_rms(loop)))


def _hertz(degree: int) -> float:
    octave, step = divmod(degree, len(_SCALE))
    return float(_SA_HZ * 2.0**octave * _SCALE[step])


@cache
def _pluck(hertz: float, seconds: float) -> Signal:
    """Return a plucked double string: partials that die the sooner the higher they are, beating a little."""
    time = np.arange(round(seconds * RATE)) / RATE
    note = np.zeros(len(time))
    for partial in range(1, int(_HIGHEST_HZ / hertz) + 1):
        fading = np.exp(-time * (1.2 + 1.2 * partial)) / partial**0.8
        for detuned in (1 - _DETUNING, 1 + _DETUNING):
            note += fading * np.sin(2 * np.pi * hertz * partial * detuned * time)
    return note * np.minimum(1.0, time / _ATTACK_SECONDS) * np.linspace(1.0, 0.0, len(time))


def _add(loop: Signal, beat: int, note: Signal, loudness: float) -> None:
    places = (round(beat * _BEAT_SECONDS * RATE) + np.arange(len(note))) % len(loop)
    loop[places] += loudness * note
