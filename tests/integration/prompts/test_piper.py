"""Piper is spoken to through its command line; a program that answers as Piper does stands in for its 60 MB voices."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from prompts.errors import SynthesisError
from prompts.synthesis import SpeechJob, synthesise
from prompts.voices import PiperVoice, Voice
from prompts.wav import read_telephone_wav

SAMPLE = "one two three four five six seven eight nine ten"


@pytest.fixture
def voice(tmp_path: Path) -> PiperVoice:
    program = tmp_path / "piper"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("fake_piper.py")} "$@"\n')
    program.chmod(0o755)
    (tmp_path / "hindi.onnx").write_bytes(b"a voice")
    return PiperVoice(str(program), str(tmp_path / "hindi.onnx"), SAMPLE)


def say(voice: PiperVoice, rate: int, folder: Path, *texts: str) -> list[float]:
    """The seconds of each text."""
    said: list[str] = []
    speaker = Voice(("hi",), rate, voice)
    jobs = [SpeechJob(text, speaker, str(folder / f"{place}.wav")) for place, text in enumerate(texts)]
    synthesise(jobs, {}, lambda job: said.append(job.target))
    assert said == [job.target for job in jobs]
    return [len(read_telephone_wav(Path(job.target))) / 8000 for job in jobs]


def test_every_text_is_said_into_its_own_file_at_the_wanted_rate(voice: PiperVoice, tmp_path: Path) -> None:
    one, ten = say(voice, 100, tmp_path, "नमस्ते", SAMPLE)
    assert ten == pytest.approx(6.0, abs=0.2)
    assert one == pytest.approx(0.6, abs=0.1)


def test_another_rate_is_another_length(voice: PiperVoice, tmp_path: Path) -> None:
    assert say(voice, 150, tmp_path, SAMPLE) == [pytest.approx(4.0, abs=0.2)]


def test_a_text_of_two_lines_is_one_prompt(voice: PiperVoice, tmp_path: Path) -> None:
    assert len(say(voice, 140, tmp_path, "one\ntwo", "three")) == 2


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [(("one", "crash", "two"), "Piper said 1 of 3 texts: terminate called"), (("silence",), "only silence")],
)
def test_what_piper_could_not_say_is_reported(
    voice: PiperVoice, tmp_path: Path, texts: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(SynthesisError, match=complaint):
        say(voice, 140, tmp_path, *texts)


def test_a_program_that_is_gone_is_reported(voice: PiperVoice, tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="cannot be started"):
        say(replace(voice, program=str(tmp_path / "gone")), 140, tmp_path, "one")
