"""The sound of a waiting menu: heard by everybody, a second long to the sample, and no tone a test could draw."""

import numpy as np

from phones.ears import first_sound, longest_silence, loudness, silences, tone_present
from prompts.listening import listen


def test_it_lasts_exactly_one_second() -> None:
    assert len(listen()) == 8000


def test_a_menu_that_waits_is_never_silent_for_a_second() -> None:
    assert longest_silence(np.tile(listen(), 5)) < 0.9


def test_it_is_soft_and_heard_for_at_least_60_milliseconds_near_the_start() -> None:
    sound = listen()
    start = first_sound(sound)
    assert start is not None
    assert start < 0.1
    quiet = sum(seconds for _, seconds in silences(sound))
    assert 0.06 <= 1.0 - quiet <= 0.25
    assert -36 < loudness(sound[round(start * 8000) : round((start + 0.14) * 8000)]) < -28


def test_no_telephone_test_takes_it_for_its_tone() -> None:
    heard = np.tile(listen(), 5)
    assert max(tone_present(heard, hz) for hz in range(600, 1801, 25)) == 0
