"""The wording callers hear, a folder of YAML files a language, so that a health department changes words without code.

`<language>/language.yaml` says how the language is spoken; every other file there holds `prompts:` of one theme.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from prompts.errors import CatalogueError, UnknownPromptError
from prompts.numbers.fields import Fields, checked_text
from prompts.numbers.generated import generated_texts
from prompts.numbers.grammar import Grammar
from prompts.numbers.reading import read_grammar

_T = TypeVar("_T")

FOLDER = Path(__file__).parent

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_LANGUAGE_FILE = "language.yaml"
_OFFERED_KEYS = range(1, 7)
# Composed, not worded; they lie in every language's folder.
LISTEN = "listen"
PAUSE = "pause"
COMPOSED = (LISTEN, PAUSE)


@dataclass(frozen=True)
class Prompt:
    """One thing that can be said: its id, its words, what a voice artist should know, and the file it stands in.

    `language` names another language that it is spoken in: each language is offered in itself.
    """

    id: str
    text: str
    note: str = ""
    generated: bool = False
    source: str = ""
    language: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Everything one language says, and the synthesiser's voice (espeak-ng names, words a minute) for it."""

    language: str
    voices: tuple[str, ...]
    words_per_minute: int
    spoken: tuple[tuple[str, str], ...]
    prompts: Mapping[str, Prompt]
    name: str = ""
    grammar: Grammar | None = None

    def written(self) -> frozenset[str]:
        """Return the ids that stand in the catalogue's files, as against those made of its grammar."""
        return frozenset(prompt.id for prompt in self.prompts.values() if prompt.source)

    def text(self, prompt_id: str) -> str:
        """Return the words of a prompt as they are written, of a composed sound none. Raises UnknownPromptError."""
        if prompt_id in COMPOSED:
            return ""
        try:
            return self.prompts[prompt_id].text
        except KeyError:
            raise UnknownPromptError(f"no prompt {prompt_id!r} in language {self.language!r}") from None

    def spoken_text(self, prompt_id: str) -> str:
        """Return the words as the synthesiser must be given them. Raises UnknownPromptError."""
        return self.respelt(self.text(prompt_id))

    def respelt(self, text: str) -> str:
        """Return words of this language as its synthesiser must be given them."""
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


def load_catalogue(folder: Path, *more: Path) -> Catalogue:
    """Read and check one language's folder, and what other folders (which need not exist) add to its prompts.

    Raises CatalogueError, which names the file and the entry.
    """
    language = _read(folder / _LANGUAGE_FILE, _language)
    prompts = dict(language.prompts)
    for path in sorted(folder.glob("*.yaml")):
        if path.name != _LANGUAGE_FILE:
            _add(prompts, _read(path, _prompts), path)
    # What we ship wins: a district that was imported may come with a later version too.
    shipped = frozenset(prompts)
    for path in sorted(path for place in more for path in place.glob("*.yaml")):
        _add(prompts, [prompt for prompt in _read(path, _prompts) if prompt.id not in shipped], path)
    return replace(language, prompts=prompts)


def load_catalogues(folder: Path = FOLDER, *more: Path) -> dict[str, Catalogue]:
    """Read every language of `folder`; each must say exactly what the others say.

    Folders in `more` may add prompts of these languages (`<language>/*.yaml`): the names of imported places.
    Raises CatalogueError when a file is wrong or a translation is missing.
    """
    folders = sorted(path.parent for path in folder.glob(f"*/{_LANGUAGE_FILE}"))
    catalogues = {path.name: load_catalogue(path, *(place / path.name for place in more)) for path in folders}
    # What is generated differs from language to language: English says "and", Hindi has feminine ordinals.
    everything = {
        prompt.id for catalogue in catalogues.values() for prompt in catalogue.prompts.values() if prompt.source
    }
    for name, catalogue in catalogues.items():
        if catalogue.language != name:
            raise CatalogueError(f"{folder / name / _LANGUAGE_FILE} says it is language {catalogue.language!r}")
        untranslated = sorted(everything - set(catalogue.prompts))
        if untranslated:
            raise CatalogueError(f"language {name!r} lacks {', '.join(untranslated)}")
    offers = [prompt for catalogue in catalogues.values() for prompt in _offers(catalogue)]
    return {name: _offering(catalogue, offers, catalogues) for name, catalogue in catalogues.items()}


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


def load_prompts(path: Path) -> list[Prompt]:
    """Read the prompts of one file. Raises CatalogueError."""
    return [replace(prompt, source=path.name) for prompt in _read(path, _prompts)]


def _add(prompts: dict[str, Prompt], more: Iterable[Prompt], path: Path) -> None:
    for prompt in more:
        if earlier := prompts.get(prompt.id):
            reason = "is generated and may not be written" if earlier.generated else f"is also in {earlier.source}"
            raise CatalogueError(f"{path}: {prompt.id} {reason}")
        prompts[prompt.id] = replace(prompt, source=path.name)


def _language(data: object) -> Catalogue:
    """Return a language with its generated prompts alone."""
    fields = Fields(data, "")
    language, voices, rate = str(fields.take("language")), fields.take("voices"), fields.take("words_per_minute")
    if not isinstance(voices, list) or not voices or not all(isinstance(voice, str) for voice in voices):
        raise CatalogueError("voices must be a list of espeak-ng voice names")
    if not isinstance(rate, int) or not 80 <= rate <= 450:
        raise CatalogueError("words_per_minute must be between 80 and 450, what espeak-ng can speak")
    spoken = tuple((str(key), text) for key, text in fields.texts("spoken").items())
    name, offer = fields.text("name"), fields.pattern("offer", "language.offer", ["digit"], ["name"])
    grammar = read_grammar(fields)
    fields.finish()
    texts = generated_texts(grammar) | {f"language.{language}": name}
    for key in _OFFERED_KEYS:
        texts[f"language.offer.{language}.{key}"] = offer.filled(name=name, digit=grammar.digits[key])
    prompts = {prompt_id: Prompt(prompt_id, text, generated=True) for prompt_id, text in texts.items()}
    return Catalogue(language, tuple(voices), rate, spoken, prompts, name, grammar)


def _offers(catalogue: Catalogue) -> list[Prompt]:
    own = [f"language.{catalogue.language}", *(f"language.offer.{catalogue.language}.{key}" for key in _OFFERED_KEYS)]
    return [replace(catalogue.prompts[prompt_id], language=catalogue.language) for prompt_id in own]


def _offering(catalogue: Catalogue, offers: Iterable[Prompt], known: Collection[str]) -> Catalogue:
    """Return the catalogue with every language's offer in it, each spoken in its own language."""
    strangers = {prompt.id: prompt for prompt in offers if prompt.language != catalogue.language}
    prompts = {**catalogue.prompts, **strangers}
    lost = sorted({prompt.language for prompt in prompts.values() if prompt.language} - set(known))
    if lost:
        raise CatalogueError(f"language {catalogue.language!r} has a prompt in {lost[0]!r}, which has no folder")
    return replace(catalogue, prompts=prompts)


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
    if not set(fields) <= {"text", "note", "language"}:
        raise CatalogueError(f"{prompt_id} may have only text, note and language")
    text, note = checked_text(prompt_id, fields.get("text")), str(fields.get("note", ""))
    return Prompt(prompt_id, text, note, language=str(fields.get("language", "")))
