"""What is imported must be speakable: its names go into a catalogue of their own, beside the one we ship."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from directory.errors import ImportFault
from prompts.errors import CatalogueError
from prompts.numbers.fields import checked_text

_HEAD = "# Written by ./helpline import. Spoken at the next start. What prompts/catalogue says wins over it.\n"


class NameBook:
    """The prompts that name places: those `worded` already, and those of `folder`, a folder a language.

    Additions are kept until `write`. A language for which a list has no name takes the English one, since no language
    may lack what another says.
    """

    def __init__(self, folder: Path, languages: Collection[str], worded: Collection[str]) -> None:
        self._folder = folder
        self._languages = tuple(sorted(languages))
        self._worded = frozenset(worded)
        self._new: dict[str, dict[str, dict[str, str]]] = {}
        self._known = {
            prompt_id
            for path in folder.glob(f"{self._languages[0]}/*.yaml")
            for prompt_id in _read(path)
        }  # fmt: skip

    def can_say(self, prompt_id: str) -> bool:
        """Whether the prompt has words, shipped or imported."""
        return prompt_id in self._worded or prompt_id in self._known

    def check(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The words of every language out of those given by language. ImportFault where they cannot be spoken."""
        said = {}
        for language in self._languages:
            text = texts.get(language) or texts.get("en")
            if not text:
                raise ImportFault(f"a name in {language} or English is missing")
            try:
                said[language] = checked_text(f"the name in {language}", text)
            except CatalogueError as error:
                raise ImportFault(str(error)) from None
        return said

    def add(self, theme: str, prompt_id: str, said: Mapping[str, str]) -> None:
        """Say the prompt with these checked words; what is shipped stays as it is."""
        if prompt_id in self._worded:
            return
        self._known.add(prompt_id)
        for language in self._languages:
            self._new.setdefault(language, {}).setdefault(theme, {})[prompt_id] = said[language]

    def replace(self, theme: str, said: Mapping[str, Mapping[str, str]]) -> bool:
        """Let the theme's files say exactly these checked words by prompt id, at once; whether anything changed."""
        changed = False
        for language in self._languages:
            path = self._folder / language / f"{theme}.yaml"
            wanted = {id: words[language] for id, words in sorted(said.items())}
            if (_read(path) if path.exists() else {}) != wanted:
                _replace(path, wanted)
                changed = True
        return changed

    def write(self) -> int:
        """Put the additions into <folder>/<language>/<theme>.yaml; how many names were new or have changed."""
        changed = 0
        for language, themes in self._new.items():
            for theme, added in themes.items():
                path = self._folder / language / f"{theme}.yaml"
                known = _read(path) if path.exists() else {}
                differing = {id: text for id, text in added.items() if known.get(id) != text}
                if differing:
                    _replace(path, dict(sorted((known | added).items())))
                if language == self._languages[0]:
                    changed += len(differing)
        self._new = {}
        return changed


def _read(path: Path) -> dict[str, str]:
    try:
        prompts: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))["prompts"]
    except (yaml.YAMLError, KeyError, TypeError):
        raise ImportFault(f"{path} is not as ./helpline import wrote it; mend or remove it") from None
    return prompts


def _replace(path: Path, prompts: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    text = yaml.safe_dump({"prompts": dict(prompts)}, allow_unicode=True, sort_keys=True, width=200)
    unfinished.write_text(_HEAD + text, "utf-8")
    unfinished.replace(path)
