"""A phone must tell prompts apart that begin with the same words."""

from pathlib import Path

import numpy as np
import pytest

from phones.ears import RATE
from phones.errors import PhoneError
from phones.prompt_shelf import PromptShelf
from phones.voice import murmur, write_wav


def test_prompts_that_begin_alike_are_told_apart_where_they_differ(tmp_path: Path) -> None:
    (tmp_path / "hi").mkdir()
    shared = murmur(3, seed=1)
    write_wav(tmp_path / "hi" / "seek-start.wav", np.concatenate((shared, murmur(2, seed=2))))
    write_wav(tmp_path / "hi" / "seek-still.wav", np.concatenate((shared, murmur(2, seed=3))))
    write_wav(tmp_path / "hi" / "welcome.wav", murmur(4, seed=4))
    shelf = PromptShelf(tmp_path, "hi")
    assert shelf.ids() == ["seek.start", "seek.still", "welcome"]
    assert len(shelf.beginning("welcome")[0]) == 1.5 * RATE
    assert shelf.beginning("welcome")[1] < 0.5
    assert shelf.beginning("seek.start")[1] == pytest.approx(3, abs=0.3)
    heard = np.concatenate((np.zeros(RATE, dtype=np.int16), shelf.prompt("seek.still")))
    ((offset, name),) = shelf.recognise(heard)
    assert name == "seek.still"
    assert offset == pytest.approx(1, abs=0.01)


def test_silence_before_a_prompt_is_no_part_of_its_sound(tmp_path: Path) -> None:
    (tmp_path / "hi").mkdir()
    write_wav(tmp_path / "hi" / "welcome.wav", np.concatenate((np.zeros(RATE, dtype=np.int16), murmur(2))))
    _, lead = PromptShelf(tmp_path, "hi").beginning("welcome")
    assert lead == pytest.approx(1, abs=0.1)


def test_a_prompt_nobody_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(PhoneError, match=r"no prompt 'menu.main'"):
        PromptShelf(tmp_path, "hi").prompt("menu.main")


def test_there_may_be_no_music(tmp_path: Path) -> None:
    assert PromptShelf(tmp_path, "hi").music() is None
