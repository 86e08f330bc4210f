"""Hold music: always there, never loud, and never to be mistaken for the tones the telephone tests listen for."""

import numpy as np
import pytest

from prompts.audio import SPEECH_DBFS, Signal, to_telephone_band, voiced_rms
from prompts.music import hold_music


@pytest.fixture(scope="module")
def music() -> Signal:
    return hold_music() / 32768.0


@pytest.fixture(scope="module")
def heard(music: Signal) -> Signal:
    """The loop twice, as a telephone carries it."""
    return to_telephone_band(np.tile(music, 2), 8000)


def decibels(value: float) -> float:
    return float(20 * np.log10(max(value, 1e-9)))


def test_it_lasts_about_fifty_seconds(music: Signal) -> None:
    assert 45 <= len(music) / 8000 <= 60


def test_it_is_well_below_speech_and_never_clips(music: Signal) -> None:
    assert decibels(voiced_rms(music)) == pytest.approx(SPEECH_DBFS - 10, abs=1)
    assert decibels(np.abs(music).max()) < -6


def test_it_is_never_silent_not_even_over_the_seam(heard: Signal) -> None:
    halves = heard[: len(heard) // 4000 * 4000].reshape(-1, 4000)
    assert decibels(np.sqrt((halves**2).mean(axis=1)).min()) > -50


def test_the_seam_does_not_click(music: Signal) -> None:
    steps = np.abs(np.diff(music))
    assert abs(music[0] - music[-1]) <= steps.max()


def test_no_steady_tone_is_in_it_where_tests_draw_theirs(heard: Signal) -> None:
    window = np.hanning(16_000)  # 2 s, the time a test's tone lasts
    frequencies = np.arange(8001) * 0.5
    searched = (frequencies >= 600) & (frequencies <= 1800)
    for start in range(0, len(heard) - 16_000, 4000):
        power = np.abs(np.fft.rfft(heard[start : start + 16_000] * window)) ** 2
        around_one_pitch = np.convolve(power, np.ones(41), "same")  # 20 Hz
        assert (around_one_pitch * searched).max() < 0.3 * power.sum()


def test_it_is_the_same_music_each_time(music: Signal) -> None:
    assert (hold_music() / 32768.0 == music).all()
