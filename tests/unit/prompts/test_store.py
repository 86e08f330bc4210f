"""The store: only what changed is made again, recordings win, and a wrong file is refused by name."""

import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from prompts.catalogue import Catalogue, Prompt
from prompts.errors import RecordingError, SynthesisError, UnknownPromptError
from prompts.store import BuildReport, PromptName, PromptStore, file_name
from prompts.synthesis import SpeechJob
from prompts.wav import read_telephone_wav, write_telephone_pair


@dataclass
class FakeSpeech:
    """Says each text as a tone of a tenth of a second a letter, and remembers what it was asked to say."""

    said: list[str] = field(default_factory=list)
    dumb_at: str = ""

    def __call__(self, jobs: Sequence[SpeechJob], env: Mapping[str, str], done: Callable[[SpeechJob], None], /) -> None:
        for job in jobs:
            if job.text == self.dumb_at:
                raise SynthesisError("lost its voice")
            self.said.append(job.text)
            samples = 8000 * np.sin(np.arange(800 * len(job.text)))
            write_telephone_pair(Path(job.target), samples.astype(np.int16))
            done(job)


def catalogue(language: str, **texts: str) -> Catalogue:
    prompts = {key.replace("__", "."): Prompt(key.replace("__", "."), text) for key, text in texts.items()}
    return Catalogue(language, ("hi",), 140, (), prompts)


@pytest.fixture
def speech() -> FakeSpeech:
    return FakeSpeech()


@pytest.fixture
def store(tmp_path: Path, speech: FakeSpeech) -> PromptStore:
    words = {
        "hi": catalogue("hi", welcome="नमस्ते", menu__main="आठ"),
        "en": catalogue("en", welcome="hi", menu__main="eight"),
    }
    return PromptStore(tmp_path / "prompts", tmp_path / "recorded", words, speech)


def record(path: Path, rate: int = 8000, channels: int = 1, width: int = 2, level: int = 1000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.full(4000, level, dtype="<i2").tobytes())


def test_a_name_for_asterisk_has_no_dots() -> None:
    assert file_name("menu.main") == "menu-main"


def test_a_build_makes_the_prompts_and_the_music(store: PromptStore) -> None:
    heard: list[tuple[int, int]] = []
    report = store.build(["hi"], {}, lambda done, total: heard.append((done, total)))
    assert report == BuildReport(spoken=2, recorded=0, composed=3, kept=0)
    assert heard == [(done, 5) for done in range(1, 6)]
    assert store.sound("hi", "menu.main") == str(store.root / "hi" / "menu-main")
    assert (store.music_folder() / "hold.wav").exists()
    for name in ("hi/welcome", "hi/menu-main", "music/hold"):
        samples = read_telephone_wav(store.root / f"{name}.wav")
        assert len(samples) == (store.root / f"{name}.alaw").stat().st_size
    assert store.durations("hi") == {"welcome": 0.6, "menu.main": 0.2, "listen": 1.0, "pause": 0.3}


def test_what_is_there_is_not_made_again(store: PromptStore, speech: FakeSpeech) -> None:
    store.build(["hi"], {})
    assert store.missing(["hi"]) == []
    assert store.build(["hi"], {}) == BuildReport(spoken=0, recorded=0, composed=0, kept=5)
    assert speech.said == ["नमस्ते", "आठ"]


def test_a_changed_text_is_the_only_one_spoken_again(store: PromptStore, speech: FakeSpeech) -> None:
    store.build(["hi"], {})
    store.catalogues = {"hi": catalogue("hi", welcome="नमस्कार", menu__main="आठ")}
    assert store.missing() == [PromptName("hi", "welcome")]
    store.build(["hi"], {})
    assert speech.said[2:] == ["नमस्कार"]


def test_a_prompt_that_is_no_longer_worded_is_removed(store: PromptStore) -> None:
    store.build(["hi", "en"], {})
    store.catalogues = {"hi": catalogue("hi", welcome="नमस्ते"), "en": store.catalogues["en"]}
    store.build(["hi"], {})
    assert sorted(path.stem for path in (store.root / "hi").glob("*.wav")) == ["listen", "pause", "welcome"]
    assert len(list((store.root / "en").iterdir())) == 8


def test_another_voice_or_speed_speaks_everything_again(store: PromptStore) -> None:
    store.build(["hi"], {})
    store.catalogues = {"hi": replace(store.catalogues["hi"], words_per_minute=120)}
    assert store.build(["hi"], {}).spoken == 2


def test_a_lost_file_is_made_again(store: PromptStore) -> None:
    store.build(["hi"], {})
    (store.root / "hi" / "welcome.alaw").unlink()
    assert store.missing(["hi"]) == [PromptName("hi", "welcome")]


def test_before_the_first_build_everything_is_missing(store: PromptStore) -> None:
    assert [str(name) for name in store.missing(["hi"])] == [
        "music/hold",
        "hi/listen",
        "hi/pause",
        "hi/welcome",
        "hi/menu.main",
    ]
    assert store.count() == 9
    assert store.durations("hi") == {}


def test_building_one_language_keeps_the_other(store: PromptStore) -> None:
    store.build(["hi"], {})
    store.build(["en"], {})
    assert store.missing() == []


def test_what_was_made_before_an_error_stays_made(store: PromptStore, speech: FakeSpeech) -> None:
    speech.dumb_at = "आठ"
    with pytest.raises(SynthesisError):
        store.build(["hi"], {})
    assert store.missing(["hi"]) == [PromptName("hi", "menu.main")]


def test_a_damaged_index_only_costs_time(store: PromptStore) -> None:
    store.build(["hi"], {})
    (store.root / "index.json").write_text("{")
    assert store.build(["hi"], {}).spoken == 2


def test_a_recording_wins_and_is_played_as_it_was_recorded(store: PromptStore, speech: FakeSpeech) -> None:
    record(store.recorded / "hi" / "menu.main.wav")
    assert store.build(["hi"], {}) == BuildReport(spoken=1, recorded=1, composed=3, kept=0)
    assert speech.said == ["नमस्ते"]
    assert (read_telephone_wav(store.path("hi", "menu.main")) == 1000).all()


def test_a_new_recording_replaces_the_synthesised_voice_and_back(store: PromptStore) -> None:
    store.build(["hi"], {})
    recording = store.recorded / "hi" / "welcome.wav"
    record(recording)
    assert store.build(["hi"], {}).recorded == 1
    record(recording, level=2000)
    assert store.build(["hi"], {}).recorded == 1
    recording.unlink()
    assert store.build(["hi"], {}).spoken == 1


def test_recorded_music_wins_too(store: PromptStore) -> None:
    record(store.recorded / "music" / "hold.wav")
    assert store.build([], {}) == BuildReport(spoken=0, recorded=1, composed=0, kept=0)


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ({"rate": 16_000}, "16000 samples a second"),
        ({"channels": 2}, "2 channels"),
        ({"width": 1}, "8 bits"),
        ({"level": 0}, "silent"),
    ],
)
def test_a_recording_of_another_format_is_refused(store: PromptStore, shape: dict[str, int], complaint: str) -> None:
    record(store.recorded / "hi" / "welcome.wav", **shape)
    with pytest.raises(RecordingError, match=f"welcome.wav.*{complaint}"):
        store.build(["hi"], {})


def test_a_file_that_is_no_wav_is_refused(store: PromptStore) -> None:
    record(store.recorded / "hi" / "welcome.wav")
    (store.recorded / "hi" / "welcome.wav").write_bytes(b"ID3")
    with pytest.raises(RecordingError, match="not a readable WAV"):
        store.build(["hi"], {})


def test_a_recording_with_a_misspelt_name_is_refused(store: PromptStore) -> None:
    record(store.recorded / "hi" / "menu.mian.wav")
    with pytest.raises(RecordingError, match=r"menu\.mian\.wav belongs to no prompt"):
        store.missing(["hi"])


def test_an_unknown_prompt_or_language_is_refused(store: PromptStore) -> None:
    with pytest.raises(UnknownPromptError):
        store.path("hi", "menu.mian")
    with pytest.raises(UnknownPromptError):
        store.build(["ta"], {})
