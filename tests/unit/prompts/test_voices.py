"""Which voice speaks: the catalogue's, unless the settings choose another that is there."""

from pathlib import Path

import pytest

from prompts.catalogue import Catalogue, Prompt
from prompts.errors import SynthesisError
from prompts.voices import Casting, Voice

HINDI = Catalogue("hi", ("hi",), 140, (), {"welcome": Prompt("welcome", "नमस्ते")})


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "hindi.onnx"
    path.write_bytes(b"voice")
    return str(path)


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "piper"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_without_settings_the_catalogue_speaks() -> None:
    assert Casting().voice_of(HINDI) == Voice(("hi",), 140)


def test_voice_and_rate_are_settings() -> None:
    casting = Casting(chosen={"hi": "mr", "en": "en-us"}, words_per_minute=120)
    assert casting.voice_of(HINDI) == Voice(("mr",), 120)


@pytest.mark.parametrize("engine", ["auto", "piper"])
def test_piper_speaks_where_its_voice_and_program_are_there(engine: str, model: str, program: str) -> None:
    voice = Casting(engine, {"hi": model}, program=program).voice_of(HINDI)
    assert voice.piper is not None
    assert (voice.piper.program, voice.piper.model, voice.piper.sample) == (program, model, "नमस्ते")


def test_another_piper_voice_speaks_everything_again(model: str, program: str) -> None:
    casting = Casting("auto", {"hi": model}, program=program)
    before = casting.voice_of(HINDI).fingerprint()
    assert casting.voice_of(HINDI).fingerprint() == before
    Path(model).write_bytes(b"another voice")
    assert casting.voice_of(HINDI).fingerprint() != before


def test_pyttsx3_never_speaks_with_pipers_voice(model: str, program: str) -> None:
    assert Casting("pyttsx3", {"hi": model}, program=program).voice_of(HINDI) == Voice(("hi",), 140)


def test_auto_falls_back_where_piper_is_not_there(model: str, program: str, tmp_path: Path) -> None:
    for casting in (
        Casting("auto", {"hi": model}, program=str(tmp_path / "no-piper")),
        Casting("auto", {"hi": str(tmp_path / "no.onnx")}, program=program),
    ):
        assert casting.voice_of(HINDI).piper is None


def test_piper_alone_says_what_it_lacks(model: str, program: str, tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match=r"no voice for 'hi'; add hi=.*HELPLINE_PROMPT_VOICES"):
        Casting("piper", {}, program=program).voice_of(HINDI)
    with pytest.raises(SynthesisError, match="is not there"):
        Casting("piper", {"hi": str(tmp_path / "no.onnx")}, program=program).voice_of(HINDI)
    with pytest.raises(SynthesisError, match="HELPLINE_PIPER"):
        Casting("piper", {"hi": model}, program=str(tmp_path / "no-piper")).voice_of(HINDI)
