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
    if not isinstance(data, dict):
        raise TextsError(f"{path} is not a table of texts")
    for id, text in data.items():
        if not isinstance(text, str) or not text:  # YAML takes an unquoted Off, No or 1 for something else
            raise TextsError(f"{path}: {id} is not a text; put it in quotation marks")
    return MappingProxyType({str(id): text for id, text in data.items()})
