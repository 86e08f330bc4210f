"""The console's words, one YAML file a language, so that they change without code."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from admin_api.problems import AdminApiError

FOLDER = Path(__file__).parent
LANGUAGES = ("hi", "en")


class TextsError(AdminApiError):
    """A catalogue of the console cannot be used; the text names the file."""


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every text of one language by its id. TextsError when the file is not a flat table of texts."""
    path = FOLDER / f"{language}.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise TextsError(f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict) or not all(isinstance(text, str) and text for text in data.values()):
        raise TextsError(f"{path} is not a table of texts")
    return MappingProxyType({str(id): text for id, text in data.items()})
