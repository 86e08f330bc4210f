"""What a telephone needs of a voice: its band, one level, no clipping, no silence to wait through."""

import numpy as np
import pytest

from prompts.audio import (
    Signal,
    level,
    shorten_pauses,
    telephone_speech,
    to_samples,
    to_telephone_band,
    trim,
    voiced_rms,
)

RATE = 22050


def tone(hertz: float, seconds: float, rate: int = RATE) -> Signal:
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate))


def loudness(signal: Signal) -> float:
    return float(np.sqrt(np.mean(signal**2)))


@pytest.mark.parametrize("hertz", [350, 440, 1000, 2000, 3300])
def test_a_tone_within_the_band_keeps_its_pitch_and_loudness(hertz: float) -> None:
    narrow = to_telephone_band(tone(hertz, 1.0), RATE)
    assert len(narrow) == 8000
    middle = narrow[800:-800]
    assert loudness(middle) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 8000 / len(middle) == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize("hertz", [60, 150, 3700, 4300, 7000, 10_000])
def test_a_tone_outside_the_band_is_gone_and_not_folded_back(hertz: float) -> None:
    assert loudness(to_telephone_band(tone(hertz, 1.0), RATE)[800:-800]) < 0.001


def test_silence_is_cut_from_both_ends() -> None:
    quiet = np.zeros(8000)
    speech = trim(np.concatenate([quiet, tone(500, 1.0, 8000), quiet]))
    assert 8000 <= len(speech) <= 8000 + 2 * 8000 * 0.03
    assert np.flatnonzero(np.abs(speech) > 0.05)[0] < 8000 * 0.05


@pytest.mark.parametrize(("pause", "left"), [(0.1, 0.1), (0.35, 0.35), (0.5, 0.35), (2.0, 0.35)])
def test_no_pause_between_sentences_is_longer_than_350_milliseconds(pause: float, left: float) -> None:
    sentence = tone(500, 1.0, 8000)
    shortened = shorten_pauses(np.concatenate([sentence, np.zeros(int(pause * 8000)), sentence]))
    assert len(shortened) / 8000 == pytest.approx(2.0 + left, abs=0.011)
    assert (shortened[:8000] == sentence).all()
    assert (shortened[-8000:] == sentence).all()


def test_a_silent_signal_has_nothing_left() -> None:
    assert len(trim(np.zeros(4000))) == 0


@pytest.mark.parametrize("gain", [0.01, 0.3, 1.0])
def test_every_voice_comes_out_equally_loud(gain: float) -> None:
    speech = level(gain * np.concatenate([tone(500, 0.5, 8000), np.zeros(4000), tone(700, 0.5, 8000)]), -20)
    assert 20 * np.log10(voiced_rms(speech)) == pytest.approx(-20, abs=0.2)


def test_peaks_are_turned_down_and_not_cut_off() -> None:
    quiet_with_claps = 0.01 * tone(500, 2.0, 8000)
    quiet_with_claps[4000::4000] = 1.0
    loud = level(quiet_with_claps, -6)
    assert 20 * np.log10(np.abs(loud).max()) < -1.9
    # The ceiling is touched at the claps alone.
    assert (np.abs(loud) > 0.7).sum() <= 4


def test_silence_needs_no_level() -> None:
    assert not level(np.zeros(800), -20).any()


def test_the_whole_way_gives_16_bit_telephone_speech() -> None:
    voice = to_samples(np.concatenate([np.zeros(RATE), tone(600, 1.0), np.zeros(RATE)]))
    speech = telephone_speech(voice, RATE)
    assert speech.dtype == np.int16
    assert len(speech) / 8000 == pytest.approx(1.04, abs=0.03)
    assert len(telephone_speech(np.zeros(RATE, dtype=np.int16), RATE)) == 0
