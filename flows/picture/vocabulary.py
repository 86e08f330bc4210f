"""The fixed words of a drawing (words.yaml beside this file), by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

WORDS = Path(__file__).with_name("words.yaml")
FALLBACK = "en"


@dataclass(frozen=True)
class Vocabulary:
    """One language's fixed words; what it lacks is said in English."""

    words: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.words[name]

    def get(self, name: str, otherwise: str = "") -> str:
        """A word that need not be there: an outcome or a variable of a flow that was written later than words.yaml."""
        return self.words.get(name, otherwise)

    def listed(self, name: str) -> tuple[str, ...]:
        """Words written as one entry, with bars between."""
        return tuple(word.strip() for word in self[name].split("|"))


@cache
def vocabulary(language: str) -> Vocabulary:
    """The fixed words of a language."""
    entries = yaml.safe_load(WORDS.read_text("utf-8"))
    return Vocabulary({name: str(said.get(language, said[FALLBACK])) for name, said in entries.items()})
