"""Ears that hear what is not there would let every test of the helpline pass."""

import numpy as np
import numpy.typing as npt
import pytest

from phones import ears
from phones.ears import RATE, Samples
from phones.voice import murmur, tone
from prompts.g711 import encode_alaw

EVERY_LEVEL = np.arange(-32768, 32768).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def through_alaw(samples: Samples, gain: float = 1.0) -> Samples:
    """What is left after a telephone trunk: each sample rounded to the middle of its A-law step."""
    codes: npt.NDArray[np.uint8] = np.frombuffer(encode_alaw(EVERY_LEVEL), dtype=np.uint8)
    sums = np.bincount(codes, weights=EVERY_LEVEL.astype(np.float64), minlength=256)
    middle = sums / np.bincount(codes, minlength=256)
    sent = np.frombuffer(encode_alaw((samples * gain).astype(np.int16)), dtype=np.uint8)
    return middle[sent].astype(np.int16)


def chord(seconds: float, *hertz: float) -> Samples:
    return sum((tone(hz, seconds, 0.1) for hz in hertz), start=silence(seconds))


def test_a_prompt_is_found_where_it_begins() -> None:
    heard = np.concatenate((silence(2.5), murmur(3), silence(1)))
    match = ears.find_prompt(heard, murmur(3))
    assert match is not None
    assert match.offset_s == pytest.approx(2.5, abs=0.001)
    assert match.score > 0.99


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.02])
def test_a_prompt_is_found_through_alaw_at_any_level(gain: float) -> None:
    heard = through_alaw(np.concatenate((silence(1), murmur(2), silence(1))), gain)
    match = ears.find_prompt(heard, murmur(2))
    assert match is not None
    assert match.offset_s == pytest.approx(1, abs=0.001)
    assert match.score > 0.9


def test_a_prompt_cut_short_is_found_by_its_beginning_and_not_as_a_whole() -> None:
    heard = np.concatenate((silence(1), murmur(3)[: 2 * RATE], silence(3)))
    assert ears.find_prompt(heard, murmur(3)[: RATE + RATE // 2]) is not None
    whole = ears.find_prompt(heard, murmur(3), threshold=0.9)
    assert whole is None


def test_another_prompt_is_not_taken_for_this_one() -> None:
    heard = np.concatenate([murmur(3, seed) for seed in range(5)])
    assert ears.find_prompt(heard, murmur(2, seed=9), threshold=0.3) is None


@pytest.mark.parametrize("slip", [-0.03, 0.026, 0.08])
def test_a_sentence_is_found_though_a_late_packet_has_shifted_what_follows(slip: float) -> None:
    prompt = murmur(1.5, seed=3)
    at = RATE * 7 // 10
    missing = prompt[at - round(slip * RATE) :] if slip < 0 else prompt[at:]
    silence = np.zeros(round(max(0.0, slip) * RATE), np.int16)
    heard = np.concatenate((murmur(2.0, seed=1), prompt[:at], silence, missing, murmur(1.0, seed=2)))
    assert ears.find_prompt(heard, prompt, 0.9) is None
    match = ears.find_slipped(heard, prompt)
    assert match is not None
    assert match.offset_s == pytest.approx(2.0, abs=0.01)


def test_two_halves_that_do_not_follow_each_other_are_no_sentence_and_a_word_has_no_halves() -> None:
    prompt = murmur(1.5, seed=3)
    half = len(prompt) // 2
    assert ears.find_slipped(np.concatenate((prompt[:half], murmur(0.5, seed=1), prompt[half:])), prompt) is None
    assert ears.find_slipped(np.concatenate((prompt[half:], prompt[:half])), prompt) is None
    assert ears.find_slipped(murmur(0.6, seed=4), murmur(0.6, seed=4)) is None


def test_the_first_of_two_is_found_even_in_a_long_recording() -> None:
    heard = np.concatenate((silence(19), murmur(3), silence(30), murmur(3)))
    match = ears.find_prompt(heard, murmur(3))
    assert match is not None
    assert match.offset_s == pytest.approx(19, abs=0.001)


def test_nothing_is_recognised_in_silence_or_in_too_little() -> None:
    assert ears.find_prompt(silence(5), murmur(1)) is None
    assert ears.find_prompt(murmur(1), murmur(2)) is None
    assert ears.find_prompt(murmur(2), silence(1)) is None
    assert ears.find_prompt(silence(0), murmur(1)) is None


def test_a_tone_is_heard_for_as_long_as_it_sounds() -> None:
    heard = through_alaw(np.concatenate((silence(1), tone(620, 2), silence(1))))
    assert ears.tone_present(heard, 620) == pytest.approx(2, abs=0.1)
    assert ears.tone_start(heard, 620) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "heard",
    [silence(2), tone(720, 2), murmur(2), chord(2, 440, 620), chord(2, 620, 900)],
    ids=["silence", "another tone", "talk", "a chord", "a chord with it"],
)
def test_a_tone_is_heard_in_nothing_else(heard: Samples) -> None:
    assert ears.tone_present(heard, 620) < 0.1
    assert ears.tone_start(heard, 620) is None


def test_the_longest_silence_is_measured() -> None:
    heard = np.concatenate((silence(0.5), tone(500, 1), silence(1.5), murmur(0.1)))
    assert ears.longest_silence(heard) == pytest.approx(1.5, abs=0.05)
    assert list(ears.silences(tone(500, 1))) == []
    assert ears.longest_silence(silence(0)) == 0


def test_the_idle_noise_of_alaw_counts_as_silence() -> None:
    assert ears.longest_silence(through_alaw(silence(1))) == pytest.approx(1)


def test_the_first_sound_is_found() -> None:
    assert ears.first_sound(np.concatenate((silence(0.7), tone(500, 1)))) == pytest.approx(0.7, abs=0.02)
    assert ears.first_sound(silence(3)) is None


def test_a_tune_is_music() -> None:
    notes = [chord(0.5, hz, hz * 1.5) for hz in (262, 294, 330, 349, 392, 330)]
    assert ears.is_music(through_alaw(np.concatenate(notes)))


@pytest.mark.parametrize(
    "heard",
    [silence(3), tone(440, 3), murmur(3), np.random.default_rng(1).normal(0, 900, 3 * RATE).astype(np.int16)],
    ids=["silence", "a tone", "talk", "noise"],
)
def test_anything_else_is_no_music(heard: Samples) -> None:
    assert not ears.is_music(heard)


def test_loudness_is_in_decibels_of_full_scale() -> None:
    assert ears.loudness(tone(500, 1, level=1.0)) == pytest.approx(-3, abs=0.1)
    assert ears.loudness(silence(1)) == float("-inf")
