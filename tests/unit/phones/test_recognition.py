"""Looking for many prompts at once finds what looking for each of them finds."""

import numpy as np
import pytest

from phones.ears import RATE, Samples, find_prompt
from phones.recognition import find_prompts


def speech(seed: int, seconds: float) -> Samples:
    """Noise that swells like syllables: no two are alike."""
    random = np.random.default_rng(seed)
    loud = np.repeat(random.uniform(0.1, 1.0, int(seconds * 10) + 1), RATE // 10)[: int(seconds * RATE)]
    return (3000 * loud * random.standard_normal(len(loud))).astype(np.int16)


PROMPTS = {f"prompt.{seed}": speech(seed, seconds) for seed, seconds in enumerate((0.3, 0.8, 1.5, 1.5, 2.5))}
THRESHOLDS = dict.fromkeys(PROMPTS, 0.6)


def test_every_prompt_is_found_where_it_was_said_even_across_blocks() -> None:
    quiet = np.zeros(RATE // 2, dtype=np.int16)
    heard = np.concatenate([quiet, *(part for prompt in PROMPTS.values() for part in (prompt // 3, quiet))] * 2)
    found = find_prompts(heard, PROMPTS, THRESHOLDS)
    assert found.keys() == PROMPTS.keys()
    for name, match in found.items():
        alone = find_prompt(heard, PROMPTS[name])
        assert alone is not None
        assert match.offset_s == pytest.approx(alone.offset_s, abs=1e-6)
        assert match.score == pytest.approx(alone.score, abs=1e-6)


def test_what_was_not_said_is_not_found() -> None:
    assert find_prompts(speech(99, 6.0), PROMPTS, THRESHOLDS) == {}


@pytest.mark.parametrize("heard", [np.zeros(0, dtype=np.int16), np.zeros(100, dtype=np.int16), speech(1, 0.2)])
def test_too_little_sound_holds_no_prompt(heard: Samples) -> None:
    assert find_prompts(heard, PROMPTS, THRESHOLDS) == {}


def test_a_prompt_of_a_minute_is_too_long_to_look_for() -> None:
    with pytest.raises(ValueError, match="at most"):
        find_prompts(speech(1, 1.0), {"long": speech(2, 60.0)}, {"long": 0.6})
