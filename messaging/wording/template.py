"""One wording in one language and version: filled in for a person, as registered, and as it is spoken. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from messaging.errors import TemplateError
from messaging.segments import Segments, segment
from messaging.wording.links import unlisted
from messaging.wording.saying import heard, spelt
from messaging.wording.values import LONGEST_VALUE, Variable, fitted

_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
PLACE = re.compile(r"\{#([a-z_]+)#\}")
_SAMPLES = {
    "numeric": "12345",
    "cbn": "104",
    "email": "office@example.gov.in",
    **dict.fromkeys(("url", "urlott"), "https://example.gov.in"),
}
MOST_PARTS = 10  # Twilio takes 1600 characters, Exotel 2000


@dataclass(frozen=True, slots=True)
class Template:
    """One wording. `variables`: what may be given, by name; this version may leave some of them out of its text.

    `sent`: "later" where nothing in the product sends it yet. `used_for`: language -> when it is sent.
    """

    id: str
    language: str
    category: str
    text: str
    variables: Mapping[str, Variable] = field(default_factory=dict)
    version: int = 1
    spoken: str = ""
    used_for: Mapping[str, str] = field(default_factory=dict)
    sent: Literal["now", "later"] = "now"

    @property
    def used(self) -> tuple[Variable, ...]:
        """The variables of this text, in their order."""
        return tuple(self.variables[name] for name in PLACE.findall(self.text))

    @property
    def registered_text(self) -> str:
        """The wording with `{#var#}` for each variable, for portals that ask for the types beside it."""
        return PLACE.sub("{#var#}", self.text)

    @property
    def tagged_text(self) -> str:
        """The wording with each variable's type, such as `{#numeric#}`, for portals that want it in the text."""
        return PLACE.sub(lambda place: f"{{#{self.variables[place[1]].tag}#}}", self.text)

    def render(self, values: Mapping[str, str], urls: Collection[str] = ()) -> str:
        """The message. `urls`: the full domains that may stand in it, in small letters.

        TemplateError with its reason: value_missing, value_too_long, value_unsendable, link_not_listed,
        template_too_long. What the wording does not use is not looked at.
        """
        self._check_names(values)
        found = {item.name: self._fitted(item, values, urls) for item in self.used}
        text = PLACE.sub(lambda place: found[place[1]], self.text)
        if unlisted(text, urls):
            raise TemplateError(f"{self._name} holds a link that is not listed with the operators", "link_not_listed")
        if segment(text).count > MOST_PARTS:
            raise TemplateError(f"{self._name} comes to more than {MOST_PARTS} parts", "template_too_long")
        return text

    def say(self, values: Mapping[str, str]) -> str:
        """The message as it is spoken: names in full, numbers sign by sign. TemplateError where a value is missing."""
        self._check_names(values)
        text = self.spoken or self.text
        return PLACE.sub(lambda place: self._said(self.variables[place[1]], values), text)

    def sample(self) -> Mapping[str, str]:
        """An example of what may be filled in."""
        return {name: self._sample(item) for name, item in self.variables.items()}

    def written_domains(self) -> frozenset[str]:
        """The domains that stand in the wording and its samples: the sheet is written before they are listed."""
        written = " ".join((self.text, *self.sample().values()))
        return frozenset(_DOMAIN.findall(written.lower()))

    def longest(self) -> Segments:
        """The segments of the longest message there can be: every free variable full, of letters beyond GSM-7."""
        return segment(PLACE.sub(lambda place: _longest(self.variables[place[1]], self.language), self.text))

    @property
    def _name(self) -> str:
        return f"template {self.id}"

    def _check_names(self, values: Mapping[str, str]) -> None:
        missing = [item.name for item in self.used if item.name not in values]
        if missing or not set(values) <= set(self.variables):
            wanted = ", ".join(self.variables) or "no variables"
            raise TemplateError(f"{self._name} takes {wanted}, not {', '.join(values) or 'none'}", "value_missing")

    def _fitted(self, item: Variable, values: Mapping[str, str], urls: Collection[str]) -> str:
        return fitted(item, values[item.name], self.language, self._name, urls)

    def _said(self, item: Variable, values: Mapping[str, str]) -> str:
        value = values.get(item.name, "")
        if item.words:
            return item.words.get(value, {}).get(self.language, "")
        return spelt(heard(value), self.language) if item.spell else heard(value)

    def _sample(self, item: Variable) -> str:
        if item.words:
            return next(iter(item.words))
        of_any_language = next(iter(item.sample.values()), "")
        return item.sample.get(self.language) or of_any_language or _SAMPLES.get(item.tag, item.name)


def _longest(item: Variable, language: str) -> str:
    if item.words:
        return max((words[language] for words in item.words.values()), key=len)
    return ("9" if item.tag in ("numeric", "cbn") else "x" if item.tag != "alphanumeric" else "क") * LONGEST_VALUE
