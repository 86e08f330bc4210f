"""Reads a section of language.yaml strictly: a missing word or a misspelt field is named, never guessed."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from prompts.errors import CatalogueError
from prompts.numbers.pattern import Pattern, parse_pattern

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Fields:
    """The fields of one section; each is asked for once, and `finish` refuses what nobody asked for."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise CatalogueError(f"{where} must be a mapping")
        self._data: dict[Any, Any] = dict(data)
        self._where = where

    def take(self, field: Any) -> Any:
        """Return a field as it stands in the file."""
        if field not in self._data:
            raise CatalogueError(f"{self._where} lacks {field}")
        return self._data.pop(field)

    def section(self, field: str) -> "Fields":
        return Fields(self.take(field), f"{self._where}.{field}" if self._where else field)

    def text(self, field: Any) -> str:
        """Return words, not empty and without figures."""
        return checked_text(f"{self._where}.{field}", self.take(field))

    def optional_text(self, field: str) -> str:
        """Return words, or nothing."""
        value = self.take(field)
        return self._checked(field, value) if value else ""

    def words(self, field: str, least: int, most: int | None = None) -> tuple[str, ...]:
        """Return a list of `least` to `most` texts (default: exactly `least`)."""
        value = self.take(field)
        most = least if most is None else most
        if not isinstance(value, list) or not least <= len(value) <= most:
            found = f"{len(value)} words" if isinstance(value, list) else "something else"
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise CatalogueError(f"{self._where}.{field} must list {wanted} words, not {found}")
        return tuple(self._checked(f"{field}[{number}]", word) for number, word in enumerate(value))

    def texts(self, field: str) -> dict[Any, str]:
        """Return a mapping whose values are words; it may be empty."""
        value = self.take(field)
        if not isinstance(value, dict):
            raise CatalogueError(f"{self._where}.{field} must be a mapping")
        return {key: self._checked(f"{field}.{key}", text) for key, text in value.items()}

    def clocks(self, field: str) -> dict[int, str]:
        """Return a mapping from "HH:MM" to words, by minutes since midnight."""
        texts = self.texts(field)
        wrong = [key for key in texts if not isinstance(key, str) or not _CLOCK.fullmatch(key)]
        if wrong:
            raise CatalogueError(f'{self._where}.{field}: {wrong[0]!r} is no time; write it in quotes, as "09:30"')
        return {int(key[:2]) * 60 + int(key[3:]): text for key, text in texts.items()}

    def pattern(self, field: str, name: str, needed: Collection[str], allowed: Collection[str] = ()) -> Pattern:
        """Return a sentence with gaps, whose fragments will be called after `name`."""
        try:
            return parse_pattern(name, self.text(field), needed, allowed)
        except CatalogueError as error:
            raise CatalogueError(f"{self._where}.{field}: {error}") from None

    def finish(self) -> None:
        """Refuse fields that mean nothing."""
        if self._data:
            unknown = ", ".join(sorted(map(str, self._data)))
            raise CatalogueError(f"{self._where}: unknown {unknown}" if self._where else f"unknown field {unknown}")

    def _checked(self, field: str, value: object) -> str:
        return checked_text(f"{self._where}.{field}", value)


def checked_text(name: str, text: object) -> str:
    """Return the words with single spaces. Raises CatalogueError when there are none, or a figure among them."""
    name = name.removeprefix(".")
    if not isinstance(text, str) or not text.strip():
        raise CatalogueError(f"{name} has no text")
    # A figure is read in whatever way the voice likes ("104" as a quantity), so numbers are written as words.
    if any(character.isdigit() for character in text):
        raise CatalogueError(f"{name} contains a figure; write it as a word")
    return " ".join(text.split())


def exactly(name: str, fields: Mapping[Any, object], wanted: Collection[str]) -> None:
    """Raise CatalogueError unless `fields` are those `wanted`."""
    if set(fields) != set(wanted):
        raise CatalogueError(f"{name} must have exactly {', '.join(sorted(wanted))}")
