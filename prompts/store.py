"""The sound files Asterisk plays, made once and kept as long as their words stay the same.

A prompt lies at `<root>/<language>/<file name>.wav`, with an A-law twin that a call in A-law plays without transcoding.
`index.json` holds each file's fingerprint, so a changed sentence is spoken again and nothing else is.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from config.settings import Settings
from prompts import listening, music
from prompts.catalogue import COMPOSED, LISTEN, PAUSE, Catalogue, load_catalogues
from prompts.errors import RecordingError, UnknownPromptError
from prompts.recordings import Recordings, home_of, read_recordings
from prompts.recordings import file_name as file_name
from prompts.synthesis import PIPELINE_VERSION, SpeechJob, synthesise
from prompts.voices import Casting
from prompts.wav import RATE, Samples, read_telephone_wav, write_telephone_pair

RECORDED = Path(__file__).parent / "recorded"
MUSIC = "music"
HOLD = "hold"


class PromptName(NamedTuple):
    """A file of the store: its language (or "music") and its prompt id."""

    language: str
    id: str

    def __str__(self) -> str:
        return f"{self.language}/{self.id}"


@dataclass(frozen=True)
class BuildReport:
    """What a build did: how many files were spoken, copied from recordings, composed, and already there."""

    spoken: int
    recorded: int
    composed: int
    kept: int


class Speak(Protocol):
    """Whoever can say jobs; `prompts.synthesis.synthesise`, or a fake in tests."""

    def __call__(
        self, jobs: Sequence[SpeechJob], env: Mapping[str, str], done: Callable[[SpeechJob], None], /
    ) -> None: ...


@dataclass(frozen=True)
class _Wanted:
    """A file that should exist: its fingerprint, and whether it is spoken, recorded or composed."""

    name: PromptName
    fingerprint: str
    compose: Callable[[], Samples] | None = None
    job: SpeechJob | None = None
    recording: Path | None = None


@dataclass
class PromptStore:
    """The prompts under `root`; a recording under `recorded` that says today's text wins over the synthesiser."""

    root: Path
    recorded: Path = RECORDED
    catalogues: Mapping[str, Catalogue] = field(default_factory=load_catalogues)
    speak: Speak = synthesise
    casting: Casting = field(default_factory=Casting)

    def path(self, language: str, prompt_id: str) -> Path:
        """Return where the WAV of a prompt lies, or will lie. Raises UnknownPromptError."""
        if (language, prompt_id) != (MUSIC, HOLD):
            self._catalogue(language).text(prompt_id)
        return self.root / language / f"{file_name(prompt_id)}.wav"

    def sound(self, language: str, prompt_id: str) -> str:
        """Return the name to give Asterisk: the path without its extension. Raises UnknownPromptError."""
        return str(self.path(language, prompt_id).with_suffix(""))

    def music_folder(self) -> Path:
        """Return the folder for musiconhold.conf (mode=files)."""
        return self.root / MUSIC

    def build(
        self,
        languages: Sequence[str],
        env: Mapping[str, str],
        progress: Callable[[int, int], None] = lambda done, total: None,
        only: Collection[str] | None = None,
    ) -> BuildReport:
        """Make what is missing or out of date in `languages`, and the music; `progress` hears (done, total).

        With `only` nothing but the prompts of these ids is looked at. `env` leads to espeak-ng where it is not the
        machine's own. What was made before an error stays made.
        Raises SynthesisError, RecordingError, UnknownPromptError.
        """
        wanted = [item for item in self._wanted(languages) if only is None or item.name.id in only]
        index = self._index()
        if only is None:
            self._remove_forgotten(index, {str(item.name) for item in wanted}, {MUSIC, *languages})
        stale = [item for item in wanted if not self._is_fresh(item, index)]
        spoken = {item.job.target: item for item in stale if item.job}
        others = [item for item in stale if not item.job]
        made = 0

        def finish(item: _Wanted) -> None:
            nonlocal made
            index[str(item.name)] = item.fingerprint
            made += 1
            progress(made, len(stale))

        try:
            for item in others:
                write_telephone_pair(self._file(item.name), _samples(item))
                finish(item)
            self.speak([item.job for item in spoken.values() if item.job], env, lambda job: finish(spoken[job.target]))
        finally:
            self._write_index(index)
        recordings = sum(item.recording is not None for item in others)
        return BuildReport(len(spoken), recordings, len(others) - recordings, len(wanted) - len(stale))

    def count(self) -> int:
        """Return how many files there are when nothing is missing, music and all."""
        return sum(1 for _ in self._wanted(list(self.catalogues)))

    def missing(self, languages: Sequence[str] | None = None) -> list[PromptName]:
        """Return every prompt of `languages` (default all) that is absent or no longer says what it should."""
        index = self._index()
        wanted = self._wanted(list(self.catalogues) if languages is None else languages)
        return [item.name for item in wanted if not self._is_fresh(item, index)]

    def durations(self, language: str) -> dict[str, float]:
        """Return the seconds of every prompt of `language`, composed ones too, that exists, by id.

        Raises UnknownPromptError.
        """
        files = {
            prompt_id: self.path(language, prompt_id) for prompt_id in (*self._catalogue(language).prompts, *COMPOSED)
        }
        # An A-law file is one byte a sample, so its size tells without opening it.
        twins = {prompt_id: path.with_suffix(".alaw") for prompt_id, path in files.items()}
        return {prompt_id: twin.stat().st_size / RATE for prompt_id, twin in twins.items() if twin.exists()}

    def _catalogue(self, language: str) -> Catalogue:
        try:
            return self.catalogues[language]
        except KeyError:
            raise UnknownPromptError(f"there is no catalogue for language {language!r}") from None

    def _file(self, name: PromptName) -> Path:
        return self.root / name.language / f"{file_name(name.id)}.wav"

    def _wanted(self, languages: Sequence[str]) -> Iterator[_Wanted]:
        yield from self._preferring_recordings(
            MUSIC, {HOLD: _Wanted(PromptName(MUSIC, HOLD), _fingerprint("music", music.VERSION), music.hold_music)}
        )
        for language in languages:
            catalogue = self._catalogue(language)
            # In every language's folder: Asterisk looks for sounds in the folder of the caller's language.
            for name, compose in ((LISTEN, listening.listen), (PAUSE, listening.pause)):
                yield _Wanted(PromptName(language, name), _fingerprint(name, listening.VERSION), compose)
            spoken = {prompt_id: self._spoken(catalogue, prompt_id) for prompt_id in catalogue.prompts}
            yield from self._preferring_recordings(language, spoken)

    def _preferring_recordings(self, language: str, wanted: dict[str, _Wanted]) -> Iterator[_Wanted]:
        recordings = read_recordings(self.recorded / language)
        # One that was imported may outlive its sentence; one that was put there by hand is probably misspelt.
        stray = sorted(recordings.files.keys() - wanted.keys() - recordings.texts.keys())
        if stray:
            raise RecordingError(f"{recordings.files[stray[0]]} belongs to no prompt; its name must be <prompt id>.wav")
        for prompt_id, item in wanted.items():
            recording = self._recording(recordings, language, prompt_id)
            if recording is None:
                yield item
            else:
                content = hashlib.sha256(recording.read_bytes()).hexdigest()
                yield _Wanted(item.name, _fingerprint("recorded", content), recording=recording)

    def _recording(self, recordings: Recordings, language: str, prompt_id: str) -> Path | None:
        if language == MUSIC:
            return recordings.files.get(prompt_id)
        catalogue = self._catalogue(language)
        prompt = catalogue.prompts[prompt_id]
        if (home := home_of(prompt, catalogue)) != language:
            recordings = read_recordings(self.recorded / home)
        return recordings.playable(prompt_id, prompt.text)

    def _spoken(self, catalogue: Catalogue, prompt_id: str) -> _Wanted:
        name = PromptName(catalogue.language, prompt_id)
        speaker = self._catalogue(catalogue.prompts[prompt_id].language or catalogue.language)
        text = speaker.respelt(catalogue.text(prompt_id))
        voice = self.casting.voice_of(speaker)
        job = SpeechJob(text, voice, str(self._file(name)))
        fingerprint = _fingerprint("speech", PIPELINE_VERSION, *name, text, *voice.fingerprint())
        return _Wanted(name, fingerprint, job=job)

    def _remove_forgotten(self, index: dict[str, str], wanted: set[str], languages: set[str]) -> None:
        """Delete what we made for ids that are no longer in the catalogue, or they would be offered for ever."""
        for key in sorted(index.keys() - wanted):
            name = PromptName(*key.split("/", 1))
            if name.language in languages:
                del index[key]
                self._file(name).unlink(missing_ok=True)
                self._file(name).with_suffix(".alaw").unlink(missing_ok=True)

    def _is_fresh(self, item: _Wanted, index: Mapping[str, str]) -> bool:
        path = self._file(item.name)
        exists = path.exists() and path.with_suffix(".alaw").exists()
        return exists and index.get(str(item.name)) == item.fingerprint

    def _index(self) -> dict[str, str]:
        try:
            index = json.loads((self.root / "index.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return index if isinstance(index, dict) else {}

    def _write_index(self, index: Mapping[str, str]) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        unfinished = self.root / ".index.json"
        unfinished.write_text(json.dumps(index, indent=1, sort_keys=True), "utf-8")
        unfinished.replace(self.root / "index.json")


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _samples(item: _Wanted) -> Samples:
    """A recording is played as it was recorded: its level and its silences are its artist's."""
    if item.recording:
        return read_telephone_wav(item.recording)
    assert item.compose is not None
    return item.compose()


def open_store(settings: Settings) -> PromptStore:
    """Return the store of a deployment: its folders, its catalogue, its voices. Raises CatalogueError."""
    casting = Casting(settings.prompt_engine, settings.chosen_voices, settings.prompt_rate, settings.piper)
    catalogues = load_catalogues(settings.prompt_catalogue_dir, settings.catalogue_dir)
    return PromptStore(settings.prompts_dir, settings.recorded_prompts_dir, catalogues, casting=casting)
