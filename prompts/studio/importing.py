"""Takes a studio's recordings in: each file is judged by itself, the good ones are kept, and a bad one stops nobody."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from prompts.audio import SPEECH_DBFS, level, to_samples, to_telephone_band, trim
from prompts.catalogue import Catalogue
from prompts.errors import RecordingError
from prompts.recordings import Recordings, file_name, prompt_of, read_recordings, recordable, write_texts
from prompts.studio.judgement import Expected, faults
from prompts.studio.takes import Take, read_take
from prompts.wav import write_wav


@dataclass(frozen=True)
class Verdict:
    """What became of one file: the prompt it is (none: nobody knows), and why it was refused (nothing: accepted)."""

    file: str
    prompt_id: str | None
    faults: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Status:
    """How far the recording of a language is: ids in catalogue order."""

    recorded: tuple[str, ...]
    missing: tuple[str, ...]
    stale: tuple[str, ...]


def import_recordings(source: Path, catalogue: Catalogue, recorded: Path) -> list[Verdict]:
    """Judge every WAV of `source` and keep the good ones in `<recorded>/<language>`; returns a verdict for each file.

    Raises RecordingError when `source` is no folder or holds no WAV.
    """
    if not source.is_dir():
        raise RecordingError(f"{source} is no folder")
    files = sorted(path for path in source.iterdir() if path.suffix.lower() == ".wav")
    if not files:
        raise RecordingError(f"{source} holds no WAV files")
    folder = recorded / catalogue.language
    return [_import(path, catalogue, folder, _twins(path, files)) for path in files]


def status_of(catalogue: Catalogue, recordings: Recordings) -> Status:
    """Return what is recorded, missing, and stale because its text has changed since."""
    prompts = recordable(catalogue)
    stale = tuple(prompt_id for prompt_id in prompts if recordings.is_stale(prompt_id, catalogue.text(prompt_id)))
    recorded = tuple(prompt_id for prompt_id in prompts if prompt_id in recordings.files and prompt_id not in stale)
    missing = tuple(prompt_id for prompt_id in prompts if prompt_id not in recordings.files)
    return Status(recorded, missing, stale)


def _twins(path: Path, files: list[Path]) -> list[str]:
    same = prompt_of(path.stem)
    return [other.name for other in files if other != path and prompt_of(other.stem) == same]


def _import(path: Path, catalogue: Catalogue, folder: Path, twins: list[str]) -> Verdict:
    known = recordable(catalogue)
    prompt_id = prompt_of(path.stem)
    if prompt_id not in known:
        return Verdict(path.name, None, (_misplaced(prompt_id, catalogue, known),))
    if twins:
        return Verdict(path.name, prompt_id, (f"is the same prompt as {twins[0]}: send only the better one",))
    try:
        take = read_take(path)
    except RecordingError as error:
        return Verdict(path.name, prompt_id, (str(error),))
    text = catalogue.text(prompt_id)
    found = faults(take, Expected(text, catalogue.words_per_minute))
    if not found:
        _keep(take, prompt_id, text, folder)
    return Verdict(path.name, prompt_id, tuple(found))


def _misplaced(prompt_id: str, catalogue: Catalogue, known: list[str]) -> str:
    if prompt_id in catalogue.prompts:
        other = catalogue.prompts[prompt_id].language
        return f"is recorded once, for {other}: import it with --language {other}"
    near = difflib.get_close_matches(prompt_id, known, 1)
    advice = f"did you mean {file_name(near[0])}.wav?" if near else "take the names from the sheet"
    return f"belongs to no prompt: {advice}"


def _keep(take: Take, prompt_id: str, text: str, folder: Path) -> None:
    """Write the recording as a telephone plays it, on one level with all others, and note its text."""
    folder.mkdir(parents=True, exist_ok=True)
    before = read_recordings(folder)
    target = folder / f"{file_name(prompt_id)}.wav"
    write_wav(target, to_samples(level(trim(to_telephone_band(take.mono(), take.rate)), SPEECH_DBFS)))
    write_texts(folder, {**before.texts, prompt_id: text})
    earlier = before.files.get(prompt_id)
    if earlier and earlier != target:
        earlier.unlink()
