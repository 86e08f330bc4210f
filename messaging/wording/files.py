"""Reads a template's file, strictly: what the operators' register would refuse is refused here, with the place.

The register's rules as the portals publish them: at most so many variables, a share of fixed text, one blank between
words and none at the ends, one of the known categories and types of variable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messaging.errors import TemplateError
from messaging.wording.template import MOST_PARTS, PLACE, Template
from messaging.wording.values import LONGEST_VALUE, Tag, Variable, check_seen, fitted

MOST_VARIABLES = 3
LEAST_FIXED_SHARE = 0.3
_CATEGORIES = Path(__file__).parent / "categories.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Category(_Model):
    """What a category of DLT means: its name on the portals, the suffix operators add to the header, consent."""

    portal: str
    suffix: Literal["P", "S", "T"]
    consent: str


class _Variable(_Model):
    tag: Tag = "alphanumeric"
    shorten: bool = False
    spell: bool = False
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    sample: dict[str, str] = Field(default_factory=dict)


class _Wording(_Model):
    text: str
    spoken: str = ""


class _Version(_Model):
    version: int = Field(ge=1, le=999)
    languages: dict[str, _Wording] = Field(min_length=1)


class _File(_Model):
    id: str = Field(pattern="^[a-z][a-z0-9_]{1,39}$")
    category: str
    used_for: dict[str, str] = Field(default_factory=dict)
    sent: Literal["now", "later"] = "now"
    variables: dict[str, _Variable] = Field(default_factory=dict)
    versions: list[_Version] = Field(min_length=1)


@cache
def categories() -> dict[str, Category]:
    """The categories by our names."""
    return {name: Category(**item) for name, item in yaml.safe_load(_CATEGORIES.read_text("utf-8")).items()}


def read(path: Path) -> list[Template]:
    """Every version and language of a file's template. TemplateError names the file and what is wrong."""
    try:
        data = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        templates = list(_templates(data))
        _check_versions(data)
        for template in templates:
            _check(template)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise TemplateError(f"{path}: not a template file: {place}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TemplateError(f"{path}: not a template file: {error}") from None
    except TemplateError as error:
        raise TemplateError(f"{path}: {error}", error.reason) from None
    return templates


def _templates(data: _File) -> Iterator[Template]:
    variables = {name: Variable(name, **item.model_dump()) for name, item in data.variables.items()}
    for version in data.versions:
        for language, wording in version.languages.items():
            yield Template(
                id=data.id,
                language=language,
                category=data.category,
                text=wording.text,
                variables=variables,
                version=version.version,
                spoken=wording.spoken,
                used_for=data.used_for,
                sent=data.sent,
            )


def _check_versions(data: _File) -> None:
    numbers = [version.version for version in data.versions]
    if len(set(numbers)) < len(numbers):
        raise TemplateError(f"version {max(numbers, key=numbers.count)} stands there twice")
    if data.category not in categories():
        raise TemplateError(f"category {data.category} is none of {', '.join(categories())}")


def _check(template: Template) -> None:
    where = f"{template.language}, version {template.version}"
    _check_variables(template, where)
    text = template.text
    if text != " ".join(text.split(" ")) or text != text.strip() or "  " in text:
        raise TemplateError(f"{where}: one blank between words, and none at the ends")
    if text != unicodedata.normalize("NFC", text):
        raise TemplateError(f"{where}: the text is not in Unicode's form NFC, so that it would differ unseen")
    check_seen(PLACE.sub("", text), where)
    fixed, used = len(PLACE.sub("", text)), len(template.used)
    if fixed < LEAST_FIXED_SHARE * (fixed + LONGEST_VALUE * used):
        raise TemplateError(f"{where}: less than {LEAST_FIXED_SHARE:.0%} fixed text")
    template.render(template.sample(), template.written_domains())
    if template.longest().count > MOST_PARTS:
        raise TemplateError(f"{where}: may come to more than {MOST_PARTS} parts", "template_too_long")


def _check_variables(template: Template, where: str) -> None:
    used = PLACE.findall(template.text)
    unknown = sorted({*used, *PLACE.findall(template.spoken)} - set(template.variables))
    if unknown or "{#" in PLACE.sub("", template.text + template.spoken):
        declared = ", ".join(template.variables) or "none"
        raise TemplateError(f"{where}: uses {', '.join(unknown) or 'a broken variable'}, but declares {declared}")
    if len(set(used)) < len(used):
        raise TemplateError(f"{where}: a variable stands there twice; give it two names")
    if len(used) > MOST_VARIABLES:
        raise TemplateError(f"{where}: more than {MOST_VARIABLES} variables")
    for item in template.used:
        lacking = [key for key, words in item.words.items() if template.language not in words]
        if lacking:
            raise TemplateError(f"{where}: {item.name} lacks words for {', '.join(lacking)}")
        for key in item.words:
            fitted(item, key, template.language, where, ())
