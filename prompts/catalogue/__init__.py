"""The wording callers hear, a folder of YAML files a language, so that a health department changes words without code.

`<language>/language.yaml` says how the language is spoken; every other file there holds `prompts:` of one theme.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from prompts.errors import CatalogueError, UnknownPromptError
from prompts.numbers import cardinal

_T = TypeVar("_T")

FOLDER = Path(__file__).parent
OLDEST_AGE = 120

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_LANGUAGE_FILE = "language.yaml"
_FIELDS = frozenset({"language", "name", "voices", "words_per_minute", "spoken", "ages"})
_AGE_FIELDS = frozenset({"under_one", "one", "many"})


@dataclass(frozen=True)
class Prompt:
    """One thing that can be said: its id, its words, what a voice artist should know, and the file it stands in."""

    id: str
    text: str
    note: str = ""
    generated: bool = False
    source: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Everything one language says, and the synthesiser's voice (espeak-ng names, words a minute) for it."""

    language: str
    voices: tuple[str, ...]
    words_per_minute: int
    spoken: tuple[tuple[str, str], ...]
    prompts: Mapping[str, Prompt]
    name: str = ""

    def text(self, prompt_id: str) -> str:
        """Return the words of a prompt as they are written. Raises UnknownPromptError."""
        try:
            return self.prompts[prompt_id].text
        except KeyError:
            raise UnknownPromptError(f"no prompt {prompt_id!r} in language {self.language!r}") from None

    def spoken_text(self, prompt_id: str) -> str:
        """Return the words as the synthesiser must be given them. Raises UnknownPromptError."""
        text = self.text(prompt_id)
        for written, said in self.spoken:
            text = text.replace(written, said)
        return text


class _StrictLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; here that would lose a prompt."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise CatalogueError(f"{', '.join(twice)} appears twice")
        return super().construct_mapping(node, deep)


def load_catalogue(folder: Path) -> Catalogue:
    """Read and check one language's folder. Raises CatalogueError, which names the file and the entry."""
    language = _read(folder / _LANGUAGE_FILE, _language)
    prompts: dict[str, Prompt] = {prompt.id: prompt for prompt in language.prompts.values()}
    for path in sorted(folder.glob("*.yaml")):
        if path.name != _LANGUAGE_FILE:
            _add(prompts, _read(path, _prompts), path)
    return replace(language, prompts=prompts)


def load_catalogues(folder: Path = FOLDER) -> dict[str, Catalogue]:
    """Read every language of `folder`; each must say exactly what the others say.

    Raises CatalogueError when a file is wrong or a translation is missing.
    """
    folders = sorted(path.parent for path in folder.glob(f"*/{_LANGUAGE_FILE}"))
    catalogues = {path.name: load_catalogue(path) for path in folders}
    everything = {prompt_id for catalogue in catalogues.values() for prompt_id in catalogue.prompts}
    for name, catalogue in catalogues.items():
        if catalogue.language != name:
            raise CatalogueError(f"{folder / name / _LANGUAGE_FILE} says it is language {catalogue.language!r}")
        untranslated = sorted(everything - set(catalogue.prompts))
        if untranslated:
            raise CatalogueError(f"language {name!r} lacks {', '.join(untranslated)}")
    return catalogues


def require(catalogue: Catalogue, prompt_ids: Iterable[str]) -> None:
    """Check at start that everything a flow plays exists: a missing file ends an AsyncAGI call.

    Raises UnknownPromptError naming every id that is missing.
    """
    unknown = sorted(set(prompt_ids) - set(catalogue.prompts))
    if unknown:
        raise UnknownPromptError(f"language {catalogue.language!r} has no prompt {', '.join(unknown)}")


def _read(path: Path, understand: Callable[[object], _T]) -> _T:
    try:
        data = yaml.load(unicodedata.normalize("NFC", path.read_text("utf-8")), _StrictLoader)  # noqa: S506
        return understand(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, CatalogueError) as error:
        raise CatalogueError(f"{path}: {error}") from error


def _add(prompts: dict[str, Prompt], more: Iterable[Prompt], path: Path) -> None:
    for prompt in more:
        if earlier := prompts.get(prompt.id):
            reason = "is generated and may not be written" if earlier.generated else f"is also in {earlier.source}"
            raise CatalogueError(f"{path}: {prompt.id} {reason}")
        prompts[prompt.id] = replace(prompt, source=path.name)


def _language(data: object) -> Catalogue:
    """Return a language without its written prompts."""
    if not isinstance(data, dict) or set(data) != _FIELDS:
        raise CatalogueError(f"must have exactly the fields {', '.join(sorted(_FIELDS))}")
    language = str(data["language"])
    voices, rate = data["voices"], data["words_per_minute"]
    if not isinstance(voices, list) or not voices or not all(isinstance(voice, str) for voice in voices):
        raise CatalogueError("voices must be a list of espeak-ng voice names")
    if not isinstance(rate, int) or not 80 <= rate <= 450:
        raise CatalogueError("words_per_minute must be between 80 and 450, what espeak-ng can speak")
    spoken = tuple((str(key), str(value)) for key, value in _mapping(data, "spoken").items())
    ages = _ages(language, _mapping(data, "ages"))
    return Catalogue(language, tuple(voices), rate, spoken, ages, name=_text("name", data["name"]))


def _prompts(data: object) -> list[Prompt]:
    if not isinstance(data, dict) or set(data) != {"prompts"}:
        raise CatalogueError("must have the field prompts and no other")
    return [_prompt(prompt_id, entry) for prompt_id, entry in _mapping(data, "prompts").items()]


def _mapping(data: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = data[field]
    if not isinstance(value, dict):
        raise CatalogueError(f"{field} must be a mapping")
    return value


def _prompt(prompt_id: object, entry: object) -> Prompt:
    if not isinstance(prompt_id, str) or not _ID.fullmatch(prompt_id):
        raise CatalogueError(f"{prompt_id!r} is not an id: small letters, digits and _, parts joined by dots")
    fields = entry if isinstance(entry, dict) else {"text": entry}
    if not set(fields) <= {"text", "note"}:
        raise CatalogueError(f"{prompt_id} may have only text and note")
    return Prompt(prompt_id, _text(prompt_id, fields.get("text")), str(fields.get("note", "")))


def _text(prompt_id: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise CatalogueError(f"{prompt_id} has no text")
    # A figure is read in whatever way the voice likes ("104" as a quantity), so numbers are written as words.
    if any(character.isdigit() for character in text):
        raise CatalogueError(f"{prompt_id} contains a figure; write it as a word")
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _ages(language: str, wording: Mapping[str, Any]) -> dict[str, Prompt]:
    if set(wording) != _AGE_FIELDS:
        raise CatalogueError(f"ages must have exactly {', '.join(sorted(_AGE_FIELDS))}")
    named = {field for _, field, _, _ in string.Formatter().parse(str(wording["many"])) if field is not None}
    if named != {"number"}:
        raise CatalogueError('ages.many must contain "{number}" and no other field')
    texts = [str(wording["under_one"]), str(wording["one"])]
    texts += [str(wording["many"]).format(number=cardinal(language, age)) for age in range(2, OLDEST_AGE + 1)]
    prompts = (Prompt(f"age.{age}", _text(f"age.{age}", text), generated=True) for age, text in enumerate(texts))
    return {prompt.id: prompt for prompt in prompts}
