"""Good recordings are kept with their text, bad ones stop nobody, and a changed text makes its recording stale."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prompts.audio import voiced_rms
from prompts.catalogue import Catalogue, Prompt
from prompts.errors import RecordingError
from prompts.recordings import read_recordings
from prompts.store import PromptStore
from prompts.studio.importing import import_recordings, status_of
from prompts.synthesis import SpeechJob
from prompts.wav import read_telephone_wav, write_telephone_pair
from tests.unit.prompts.studio.conftest import voice, wav


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    wav(tmp_path / "studio" / "welcome.wav", voice(2.6, 48000), 48000)
    wav(tmp_path / "studio" / "menu-main.wav", voice(2.0, 44100, gain=0.05), 44100, bits=16, channels=2)
    return tmp_path / "studio"


def test_accepted_recordings_are_kept_as_a_telephone_plays_them_and_equally_loud(
    studio: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    verdicts = import_recordings(studio, catalogue, tmp_path / "recorded")
    assert [(verdict.file, verdict.prompt_id, verdict.accepted) for verdict in verdicts] == [
        ("menu-main.wav", "menu.main", True),
        ("welcome.wav", "welcome", True),
    ]
    for name, seconds in (("welcome", 2.6), ("menu-main", 2.0)):
        kept = read_telephone_wav(tmp_path / "recorded" / "hi" / f"{name}.wav") / 32768
        assert len(kept) / 8000 == pytest.approx(seconds, abs=0.15)
        assert 20 * np.log10(voiced_rms(kept)) == pytest.approx(-20, abs=0.5)
    index = json.loads((tmp_path / "recorded" / "hi" / "index.json").read_text("utf-8"))
    assert index == {prompt_id: catalogue.text(prompt_id) for prompt_id in ("welcome", "menu.main")}


def test_a_bad_file_does_not_stop_the_good_ones(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    wav(studio / "menu-mian.wav", voice(2.0, 48000))
    wav(studio / "number-8.wav", voice(9.0, 48000))
    wav(studio / "language-en.wav", voice(1.0, 48000))
    (studio / "zzz.wav").write_bytes(b"nothing")
    refused = {v.file: v.faults for v in import_recordings(studio, catalogue, tmp_path / "recorded") if not v.accepted}
    assert refused.keys() == {"menu-mian.wav", "number-8.wav", "language-en.wav", "zzz.wav"}
    assert refused["menu-mian.wav"] == ("belongs to no prompt: did you mean menu-main.wav?",)
    assert refused["language-en.wav"] == ("is recorded once, for en: import it with --language en",)
    assert refused["zzz.wav"] == ("belongs to no prompt: take the names from the sheet",)
    assert "too long" in refused["number-8.wav"][0]
    assert read_recordings(tmp_path / "recorded" / "hi").files.keys() == {"welcome", "menu.main"}


def test_a_refused_take_leaves_the_earlier_one_in_place(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    import_recordings(studio, catalogue, tmp_path / "recorded")
    kept = tmp_path / "recorded" / "hi" / "welcome.wav"
    before = kept.read_bytes()
    wav(studio / "welcome.wav", voice(0.2, 48000))
    assert not import_recordings(studio, catalogue, tmp_path / "recorded")[1].accepted
    assert kept.read_bytes() == before


def test_two_takes_of_one_prompt_are_both_refused(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    wav(studio / "menu.main.wav", voice(2.0, 48000))
    verdicts = import_recordings(studio, catalogue, tmp_path / "recorded")
    assert [verdict.accepted for verdict in verdicts] == [False, False, True]
    assert verdicts[0].faults == ("is the same prompt as menu.main.wav: send only the better one",)


def test_an_import_replaces_a_file_of_the_older_spelling(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    wav(tmp_path / "recorded" / "hi" / "menu.main.wav", voice(2.0, 8000), 8000, 16)
    import_recordings(studio, catalogue, tmp_path / "recorded")
    assert read_recordings(tmp_path / "recorded" / "hi").files["menu.main"].name == "menu-main.wav"


@pytest.mark.parametrize("empty", [True, False])
def test_a_folder_without_recordings_is_refused(tmp_path: Path, catalogue: Catalogue, empty: bool) -> None:
    if empty:
        (tmp_path / "studio").mkdir()
    with pytest.raises(RecordingError, match="holds no WAV files" if empty else "is no folder"):
        import_recordings(tmp_path / "studio", catalogue, tmp_path / "recorded")


def reworded(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, prompts={**catalogue.prompts, "welcome": Prompt("welcome", "नमस्कार")})


def test_status_tells_what_is_recorded_missing_and_stale(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    import_recordings(studio, catalogue, tmp_path / "recorded")
    status = status_of(reworded(catalogue), read_recordings(tmp_path / "recorded" / "hi"))
    assert (status.recorded, status.missing, status.stale) == (("menu.main",), ("number.8",), ("welcome",))


def test_a_stale_recording_is_not_played_until_it_is_made_anew(
    studio: Path, catalogue: Catalogue, tmp_path: Path
) -> None:
    said: list[str] = []

    def speak(jobs: Sequence[SpeechJob], env: Mapping[str, str], done: object, /) -> None:
        for job in jobs:
            said.append(job.text)
            write_telephone_pair(Path(job.target), np.full(800, 100, dtype=np.int16))
            assert callable(done)
            done(job)

    own = {key: prompt for key, prompt in catalogue.prompts.items() if not prompt.language}
    today = replace(catalogue, prompts=own)
    import_recordings(studio, today, tmp_path / "recorded")
    store = PromptStore(tmp_path / "prompts", tmp_path / "recorded", {"hi": today}, speak)
    assert store.build(["hi"], {}).recorded == 2
    assert said == ["आठ"]
    store.catalogues = {"hi": reworded(today)}
    store.build(["hi"], {})
    assert said == ["आठ", "नमस्कार"]
    store.catalogues = {"hi": today}
    assert store.build(["hi"], {}).recorded == 1


def test_a_recording_whose_sentence_is_gone_is_ignored(studio: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    import_recordings(studio, catalogue, tmp_path / "recorded")
    fewer = replace(catalogue, prompts={"welcome": catalogue.prompts["welcome"]})
    store = PromptStore(tmp_path / "prompts", tmp_path / "recorded", {"hi": fewer})
    assert [str(name) for name in store.missing(["hi"])][-1] == "hi/welcome"


def test_another_languages_name_is_played_as_that_languages_speaker_recorded_it(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    english = replace(catalogue, language="en", prompts={"language.en": catalogue.prompts["language.en"]})
    wav(tmp_path / "studio" / "language-en.wav", voice(0.5, 48000))
    assert import_recordings(tmp_path / "studio", english, tmp_path / "recorded")[0].accepted
    hindi = replace(catalogue, prompts=english.prompts)
    store = PromptStore(tmp_path / "prompts", tmp_path / "recorded", {"hi": hindi, "en": english})
    assert store.build(["hi"], {}).recorded == 1


def test_a_written_sentence_in_another_language_is_recorded_for_its_own_menu(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    hint = Prompt("ambulance.hint_second", "For an ambulance press eight", source="ambulance.yaml", language="en")
    hindi = replace(catalogue, prompts={hint.id: hint})
    wav(tmp_path / "studio" / "ambulance-hint_second.wav", voice(2.0, 48000))
    assert import_recordings(tmp_path / "studio", hindi, tmp_path / "recorded")[0].accepted
    assert (tmp_path / "recorded" / "hi" / "ambulance-hint_second.wav").exists()


def test_a_damaged_note_of_the_texts_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(RecordingError, match=r"index\.json cannot be read"):
        read_recordings(tmp_path)
