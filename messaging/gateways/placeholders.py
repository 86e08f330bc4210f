"""PURE: texts of a provider's description with {{places}} for a message's values and ${VARIABLES} for secrets.

A text is taken apart once, when the file is read; a value is only ever put in as a value. What it holds (braces, a
dollar sign, another place's name) is never looked at again, and whoever fills a text says how values are written there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLACES = frozenset(
    {
        "recipient",  # +919876543210
        "recipient_digits",  # 919876543210
        "recipient_national",  # 9876543210
        "text",
        "header",
        "entity_id",
        "template_id",
        "message_id",
        "callback",
        "unicode",
    }
)
_MARK = re.compile(r"\{\{\s*(\w+)\s*\}\}|\$\{\s*([A-Z][A-Z0-9_]*)\s*\}|(\{\{|\}\}|\$\{)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of a message's values goes."""

    name: str


@dataclass(frozen=True, slots=True)
class Secret:
    """The value of a variable of the environment; `repr` does not show it."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the file, taken apart."""

    parts: tuple[str | Place | Secret, ...]

    @property
    def places(self) -> frozenset[str]:
        return frozenset(part.name for part in self.parts if isinstance(part, Place))

    @property
    def is_only_places(self) -> bool:
        return bool(self.parts) and all(isinstance(part, Place) for part in self.parts)

    def fill(self, values: Mapping[str, str], write: Callable[[str], str] = str) -> str:
        """The text with all its values, each of them (secrets too) as `write` writes it."""
        return "".join(part if isinstance(part, str) else write(_value(part, values)) for part in self.parts)


def take_apart(text: str, environ: Mapping[str, str]) -> Text:
    """Raises ValueError, in words for whoever wrote the file."""
    parts: list[str | Place | Secret] = []
    end = 0
    for mark in _MARK.finditer(text):
        if mark.start() > end:
            parts.append(text[end : mark.start()])
        parts.append(_part(mark, environ))
        end = mark.end()
    if end < len(text):
        parts.append(text[end:])
    return Text(tuple(parts))


def _part(mark: re.Match[str], environ: Mapping[str, str]) -> Place | Secret:
    place, variable, broken = mark.groups()
    if broken:
        raise ValueError(f"{broken} has no partner; write {{{{text}}}} for a value and ${{NAME}} for a secret")
    if place:
        if place not in PLACES:
            raise ValueError(f"{{{{{place}}}}} is no value of a message; there are: {', '.join(sorted(PLACES))}")
        return Place(place)
    value = environ.get(variable, "")
    if not value:
        raise ValueError(f"the environment has no {variable}; set it beside the HELPLINE_ settings")
    if not value.isprintable():
        raise ValueError(f"the value of {variable} holds a line end or another character that cannot be printed")
    return Secret(value)


def _value(part: Place | Secret, values: Mapping[str, str]) -> str:
    return values[part.name] if isinstance(part, Place) else part.value
