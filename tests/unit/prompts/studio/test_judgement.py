"""A recording is refused for what a caller would hear, and its maker is told what to do."""

import re

import numpy as np
import pytest

from prompts.audio import Signal
from prompts.studio.judgement import Expected, faults, loudness_of
from prompts.studio.takes import Take
from tests.unit.prompts.studio.conftest import voice

RATE = 48000
SENTENCE = Expected("एम्बुलेंस के लिए आठ दबाएँ और रुकें", 140)  # seven words: three seconds
WORD = Expected("आठ", 140)


def take(signal: Signal, rate: int = RATE, channels: int = 1) -> Take:
    return Take(np.repeat(signal[:, None], channels, axis=1), rate, 24)


def quiet(seconds: float) -> Signal:
    return np.zeros(int(seconds * RATE))


def with_a_blow(signal: Signal) -> Signal:
    """A breath into the microphone that the recorder could not hold."""
    signal[RATE : RATE + 10] = 1.0
    return signal


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_good_recording_has_no_faults(rate: int, channels: int) -> None:
    assert faults(take(voice(3.0, rate), rate, channels), SENTENCE) == []


@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.39, 0.6, 1.2])
def test_a_word_shorter_than_a_block_of_r128_is_judged_too(seconds: float) -> None:
    assert faults(take(voice(seconds, RATE)), WORD) == []


@pytest.mark.parametrize(
    ("signal", "complaint"),
    [
        (np.zeros(0), "is silent"),
        (quiet(3.0), "is silent"),
        (voice(3.0, RATE, gain=0.005), "too quiet"),
        (np.clip(voice(3.0, RATE, gain=3.0), -0.99, 0.99), "too loud"),
        (with_a_blow(voice(3.0, RATE)), "clipped at 1.0 s: turn the microphone down"),
        (np.concatenate([quiet(0.8), voice(3.0, RATE)]), "begins with 0.8 s of silence"),
        (np.concatenate([voice(3.0, RATE), quiet(1.5)]), "ends with 1.5 s of silence"),
        (voice(1.0, RATE), "too short for its 7 words.*It must say: एम्बुलेंस"),
        (voice(9.0, RATE), "too long for its 7 words"),
    ],
)
def test_each_fault_is_found_and_no_other(signal: Signal, complaint: str) -> None:
    found = faults(take(signal), SENTENCE)
    assert len(found) == 1
    assert re.search(complaint, found[0])


def test_the_format_is_judged_before_the_sound() -> None:
    assert faults(take(voice(3.0, 11025), 11025), SENTENCE) == [
        "has 11025 samples a second: export it with 48000 or 44100"
    ]
    assert faults(take(voice(3.0, RATE), channels=6), SENTENCE) == ["has 6 channels: export it in mono or stereo"]


def test_several_faults_are_all_told() -> None:
    found = faults(take(np.concatenate([quiet(0.8), voice(1.0, RATE, gain=0.005)])), SENTENCE)
    assert len(found) == 3


def test_loudness_is_that_of_the_standard() -> None:
    # ITU-R BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LUFS.
    sine = np.sin(2 * np.pi * 997 * np.arange(RATE) / RATE)
    assert loudness_of(sine, RATE) == pytest.approx(-3.01, abs=0.05)
    assert loudness_of(sine[: RATE // 5], RATE) == pytest.approx(-3.01, abs=0.2)
