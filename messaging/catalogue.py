"""The wording of every SMS, as registered: TRAI's DLT drops a message that differs from it by one character.

Rules of the register, checked when the catalogue is read: at most three variables a template, at most thirty
characters each, at least thirty percent fixed text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from messaging.errors import TemplateError

TEMPLATES_DIR = Path(__file__).parent / "templates"
MOST_VARIABLES = 3
LONGEST_VALUE = 30
LEAST_FIXED_SHARE = 0.3

_PLACE = re.compile(r"\{#([a-z_]+)#\}")
# Line ends, control and direction characters; not the joiners U+200C and U+200D, which Devanagari spelling needs.
_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
# Only whitelisted links may go out, and none is: a name must not smuggle one in.
_LINK = re.compile(r"://|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """One wording in one language. `shorten` names the variables that may be cut to fit (names, never numbers)."""

    id: str
    language: str
    category: str
    text: str
    variables: tuple[str, ...]
    dlt_template_id: str = ""
    shorten: frozenset[str] = field(default_factory=frozenset)

    @property
    def registered_text(self) -> str:
        """The wording as the DLT portal wants it."""
        return _PLACE.sub("{#var#}", self.text)

    def render(self, values: Mapping[str, str]) -> str:
        """The message, or TemplateError when a value is missing, unknown, too long, or holds what may not go out."""
        if set(values) != set(self.variables):
            wanted = ", ".join(self.variables) or "no variables"
            raise TemplateError(f"template {self.id} takes {wanted}, not {', '.join(sorted(values)) or 'none'}")
        fitted = {name: self._fit(name, value) for name, value in values.items()}
        return _PLACE.sub(lambda place: fitted[place[1]], self.text)

    def _fit(self, name: str, value: str) -> str:
        if _UNSENDABLE.search(value) or _LINK.search(value):
            raise TemplateError(f"the {name} of template {self.id} holds a line end, a control character or a link")
        value = " ".join(value.split())
        if not value:
            raise TemplateError(f"the {name} of template {self.id} is empty")
        if len(value) > LONGEST_VALUE and name in self.shorten:
            head, _, _ = value[: LONGEST_VALUE + 1].rpartition(" ")
            value = head or value[:LONGEST_VALUE]
        if len(value) > LONGEST_VALUE:
            raise TemplateError(f"the {name} of template {self.id} is longer than {LONGEST_VALUE} characters")
        return value


class Catalogue:
    """Every template of a folder."""

    def __init__(self, folder: Path = TEMPLATES_DIR) -> None:
        self._templates = {(t.id, t.language): t for path in sorted(folder.glob("*.yaml")) for t in _read(path)}

    def __iter__(self) -> Iterator[Template]:
        return iter(self._templates.values())

    def find(self, template_id: str, language: str) -> Template:
        """The wording of `template_id` in `language`; TemplateError when there is none."""
        try:
            return self._templates[template_id, language]
        except KeyError:
            raise TemplateError(f"there is no SMS template {template_id} in language {language}") from None


@cache
def shipped() -> Catalogue:
    """The templates in messaging/templates/."""
    return Catalogue()


def _read(path: Path) -> Iterator[Template]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        options: dict[str, dict[str, Any]] = data["variables"]
        for language, wording in data["languages"].items():
            template = Template(
                id=data["id"],
                language=language,
                category=data["category"],
                text=wording["text"],
                variables=tuple(options),
                dlt_template_id=str(wording["dlt_template_id"]),
                shorten=frozenset(name for name, option in options.items() if option.get("shorten")),
            )
            _check(template)
            yield template
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise TemplateError(f"{path}: not a template file: {error!r}") from None


def _check(template: Template) -> None:
    used = _PLACE.findall(template.text)
    where = f"template {template.id} ({template.language})"
    if sorted(used) != sorted(template.variables):
        raise TemplateError(f"{where} uses {used}, but declares {list(template.variables)}")
    if len(used) > MOST_VARIABLES:
        raise TemplateError(f"{where} has more than {MOST_VARIABLES} variables")
    fixed = len(_PLACE.sub("", template.text))
    if fixed < LEAST_FIXED_SHARE * (fixed + LONGEST_VALUE * len(used)):
        raise TemplateError(f"{where} has less than {LEAST_FIXED_SHARE:.0%} fixed text")


if __name__ == "__main__":
    for each in shipped():
        print(f"{each.id} ({each.language}, {each.category}):\n{each.registered_text}\n")  # noqa: T201
