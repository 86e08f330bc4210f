"""The recorded folder: which prompt each file is, and for which text it was recorded.

`index.json` in a language's folder holds that text. When the catalogue says something else meanwhile, the recording is
stale and is not played: a wrong sentence is worse than a machine's voice.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prompts.catalogue import Catalogue, Prompt
from prompts.errors import RecordingError

INDEX = "index.json"


def file_name(prompt_id: str) -> str:
    """Return the name Asterisk plays a prompt by: "menu.main" is "menu-main".

    Asterisk appends ".wav" to a name and takes what stands after a dot for a format in other places (Record,
    Monitor), so names have no dots. Ids have no hyphens, so no two ids meet in one name.
    """
    return prompt_id.replace(".", "-")


def prompt_of(stem: str) -> str:
    """Return the id that a file's name (without .wav) stands for; "menu.main" may be written, too."""
    return stem.replace("-", ".")


@dataclass(frozen=True)
class Recordings:
    """The recordings of one language by id, and the texts they were recorded for, where an import has noted it."""

    folder: Path
    files: Mapping[str, Path]
    texts: Mapping[str, str]

    def is_stale(self, prompt_id: str, text: str) -> bool:
        """Tell whether a recording says something else than `text`; one put there by hand is believed."""
        return prompt_id in self.files and self.texts.get(prompt_id, text) != text

    def playable(self, prompt_id: str, text: str) -> Path | None:
        """Return the recording of a prompt, if there is one that says `text`."""
        return None if self.is_stale(prompt_id, text) else self.files.get(prompt_id)


def read_recordings(folder: Path) -> Recordings:
    """Return what lies in a language's folder, which need not exist. Raises RecordingError for two of one prompt."""
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("*.wav")):
        prompt_id = prompt_of(path.stem)
        if prompt_id in files:
            raise RecordingError(f"{path} and {files[prompt_id].name} are the same prompt; delete one")
        files[prompt_id] = path
    return Recordings(folder, files, _texts(folder / INDEX))


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Note which text each recording of a folder says."""
    unfinished = folder / f".{INDEX}"
    unfinished.write_text(json.dumps(texts, indent=1, sort_keys=True, ensure_ascii=False), "utf-8")
    unfinished.replace(folder / INDEX)


def recordable(catalogue: Catalogue) -> list[str]:
    """Return the prompts that are recorded for this language.

    Generated ones in another language (its name, its offer) are recorded once, for that language.
    """
    return [prompt.id for prompt in catalogue.prompts.values() if home_of(prompt, catalogue) == catalogue.language]


def home_of(prompt: Prompt, catalogue: Catalogue) -> str:
    """Return the language in whose folder the recording of a prompt lies."""
    return prompt.language if prompt.language and prompt.generated else catalogue.language


def _texts(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} cannot be read ({error}); delete it if you trust every recording there") from None
    return {str(key): str(text) for key, text in found.items()} if isinstance(found, dict) else {}
