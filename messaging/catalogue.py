"""The wordings there are, and which of their versions may be sent: a new one waits for its registration."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from messaging.errors import TemplateError
from messaging.wording.files import read
from messaging.wording.template import Template

TEMPLATES_DIR = Path(__file__).parent / "templates"

__all__ = ["TEMPLATES_DIR", "Catalogue", "Template", "load", "shipped"]


class Catalogue:
    """The templates of a folder; a file in `own` replaces the one of the same id."""

    def __init__(self, folder: Path = TEMPLATES_DIR, own: Path | None = None) -> None:
        found = _read_all(folder)
        if own is not None:
            if not own.is_dir():
                raise TemplateError(f"{own}: no such folder of templates")
            for template_id, mine in _read_all(own).items():
                _check_replaces(found.get(template_id), mine, own)
                found[template_id] = mine
        self._wordings: dict[tuple[str, str], dict[int, Template]] = {}
        for template in (one for items in found.values() for one in items):
            self._wordings.setdefault((template.id, template.language), {})[template.version] = template

    def __iter__(self) -> Iterator[Template]:
        """Every wording: by id, the versions from the oldest, Hindi before other languages."""
        everything = [one for versions in self._wordings.values() for one in versions.values()]
        return iter(sorted(everything, key=lambda one: (one.id, one.version, one.language != "hi", one.language)))

    def languages(self, template_id: str) -> tuple[str, ...]:
        """The languages a template has; empty for an unknown one."""
        return tuple(language for known, language in self._wordings if known == template_id)

    def get(self, template_id: str, language: str, version: int) -> Template | None:
        """That wording, if there is one."""
        return self._wordings.get((template_id, language), {}).get(version)

    def find(self, template_id: str, language: str, registered: Collection[int] | None = None) -> Template:
        """The wording to be sent: the newest, or where DLT asks for it the newest of the `registered` versions.

        TemplateError with reason wording_missing or not_registered.
        """
        versions = self._wordings.get((template_id, language))
        if not versions:
            raise TemplateError(f"there is no SMS template {template_id} in language {language}")
        if registered is None:
            return versions[max(versions)]
        if not (known := set(versions) & set(registered)):
            what = f"template {template_id} in language {language}"
            raise TemplateError(f"{what} is not registered with the operators yet", "not_registered")
        return versions[max(known)]


@cache
def shipped() -> Catalogue:
    """The templates in messaging/templates/."""
    return Catalogue()


def load(own: str = "") -> Catalogue:
    """The shipped templates with a department's own, of HELPLINE_SMS_TEMPLATES_DIR. TemplateError for a faulty file."""
    return Catalogue(own=Path(own)) if own else shipped()


def _read_all(folder: Path) -> dict[str, list[Template]]:
    found: dict[str, list[Template]] = {}
    for path in sorted(folder.glob("*.yaml")):
        templates = read(path)
        if templates[0].id in found:
            raise TemplateError(f"{path}: another file has the template {templates[0].id}")
        found[templates[0].id] = templates
    return found


def _check_replaces(shipped: list[Template] | None, mine: list[Template], folder: Path) -> None:
    """What the product fills in stays the same: a value that a template does not know would refuse every message."""
    if shipped and set(mine[0].variables) != set(shipped[0].variables):
        wanted = ", ".join(shipped[0].variables) or "none"
        raise TemplateError(f"{folder}: the variables of {mine[0].id} must be: {wanted} (a text may leave some out)")
