"""Real speech from the real espeak-ng, judged as far as numbers can: length, level, band, silence."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from prompts.audio import Signal, voiced_rms
from prompts.catalogue import COMPOSED, load_catalogues
from prompts.errors import SynthesisError
from prompts.store import PromptStore
from prompts.synthesis import SpeechJob, synthesise
from prompts.voices import Voice
from prompts.wav import read_telephone_wav


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, espeak_env: Mapping[str, str]) -> PromptStore:
    """Every prompt of both languages; about five seconds of work."""
    folder = tmp_path_factory.mktemp("prompts")
    store = PromptStore(folder / "made", folder / "recorded")
    store.build(list(store.catalogues), espeak_env)
    return store


def signals(store: PromptStore, language: str) -> dict[str, Signal]:
    prompts = store.catalogues[language].prompts
    return {prompt_id: read_telephone_wav(store.path(language, prompt_id)) / 32768.0 for prompt_id in prompts}


def test_nothing_is_missing_after_a_build_and_a_second_one_speaks_nothing(
    store: PromptStore, espeak_env: Mapping[str, str]
) -> None:
    assert store.missing() == []
    assert store.build(list(store.catalogues), espeak_env).spoken == 0
    assert store.durations("hi").keys() == {*store.catalogues["hi"].prompts, *COMPOSED}


@pytest.mark.parametrize("language", ["hi", "en"])
def test_speech_is_slow_enough_to_follow(store: PromptStore, language: str) -> None:
    durations = store.durations(language)
    texts = store.catalogues[language].prompts
    words = sum(len(prompt.text.split()) for prompt in texts.values())
    assert 110 <= words * 60 / sum(durations[prompt_id] for prompt_id in texts) <= 160


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_prompt_is_equally_loud_and_no_peak_comes_near_the_limit(store: PromptStore, language: str) -> None:
    for prompt_id, signal in signals(store, language).items():
        assert 20 * np.log10(voiced_rms(signal)) == pytest.approx(-20, abs=1), prompt_id
        assert 20 * np.log10(np.abs(signal).max()) < -1, prompt_id


@pytest.mark.parametrize("language", ["hi", "en"])
def test_no_prompt_makes_the_caller_wait_for_its_first_or_after_its_last_sound(
    store: PromptStore, language: str
) -> None:
    for prompt_id, signal in signals(store, language).items():
        frames = signal[: len(signal) // 80 * 80].reshape(-1, 80)
        loud = np.sqrt((frames**2).mean(axis=1))
        audible = np.flatnonzero(loud > loud.max() / 100)
        assert audible[0] * 10 < 50, prompt_id
        assert (len(loud) - audible[-1]) * 10 <= 60, prompt_id


@pytest.mark.parametrize("language", ["hi", "en"])
def test_speech_stays_within_the_telephone_band(store: PromptStore, language: str) -> None:
    for prompt_id, signal in signals(store, language).items():
        power = np.abs(np.fft.rfft(signal)) ** 2
        frequencies = np.fft.rfftfreq(len(signal), 1 / 8000)
        inside = (frequencies >= 240) & (frequencies <= 3460)
        assert power[inside].sum() > 0.98 * power.sum(), prompt_id


def test_no_two_ages_sound_alike(store: PromptStore) -> None:
    ages = [store.path("hi", f"age.{age}").read_bytes() for age in range(121)]
    assert len(set(ages)) == 121


def test_a_text_spoken_alone_sounds_as_it_does_among_the_others(
    tmp_path: Path, store: PromptStore, espeak_env: Mapping[str, str]
) -> None:
    # Not bit for bit: espeak-ng's voice has a little noise in it, which goes on from text to text.
    hindi = load_catalogues()["hi"]
    job = SpeechJob(
        hindi.spoken_text("offer.keys"), Voice(hindi.voices, hindi.words_per_minute), str(tmp_path / "again.wav")
    )
    synthesise([job], espeak_env, lambda job: None)
    alone = len(read_telephone_wav(Path(job.target))) / 8000
    assert alone == pytest.approx(store.durations("hi")["offer.keys"], abs=0.1)


def test_a_missing_voice_is_said_and_not_replaced_by_english(tmp_path: Path, espeak_env: Mapping[str, str]) -> None:
    job = SpeechJob("नमस्ते", Voice(("xx-none",), 140), str(tmp_path / "welcome.wav"))
    with pytest.raises(SynthesisError, match=r"welcome\.wav could not be said: espeak-ng has no voice xx-none"):
        synthesise([job], espeak_env, lambda job: None)
    assert not Path(job.target).exists()


def test_a_text_without_a_sound_is_refused(tmp_path: Path, espeak_env: Mapping[str, str]) -> None:
    job = SpeechJob(".", Voice(("hi",), 140), str(tmp_path / "silence.wav"))
    with pytest.raises(SynthesisError, match=r"silence\.wav"):
        synthesise([job], espeak_env, lambda job: None)


def test_a_missing_synthesiser_is_reported_in_one_sentence(tmp_path: Path, espeak_env: Mapping[str, str]) -> None:
    # A file that is no library stands first in the linker's way, as on a machine with a broken installation.
    (tmp_path / "libespeak-ng.so.1").write_bytes(b"not a library")
    env = {**espeak_env, "LD_LIBRARY_PATH": str(tmp_path)}
    job = SpeechJob("नमस्ते", Voice(("hi",), 140), str(tmp_path / "welcome.wav"))
    with pytest.raises(SynthesisError, match=r"stopped: .*eSpeak"):
        synthesise([job], env, lambda job: None)
