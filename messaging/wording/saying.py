"""A message as it is spoken by telephone: the numbers of slips and registrations sign by sign, in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from string import ascii_uppercase

import yaml

from messaging.wording.graphemes import JOINERS
from messaging.wording.values import plain
from prompts.catalogue import FOLDER

_PIECES = re.compile(r"[^\s\-/.,:;()]+")


def spelt(value: str, language: str) -> str:
    """ "P-7K" as "पी, सात, के": each letter and digit by its name, a comma's pause after each, a longer one for "-"."""
    names = _names(language)
    pieces = (", ".join(names.get(sign, sign) for sign in piece.upper()) for piece in _PIECES.findall(value))
    return "; ".join(pieces)


def heard(value: str) -> str:
    """A value without what is not heard: a voice must not read out marks or emoji."""
    return " ".join("".join(_heard(plain(value))).split())


def _heard(value: str) -> Iterator[str]:
    for character in value:
        category = unicodedata.category(character)
        if character in JOINERS or category[0] in "LMNP" or category in ("Sc", "Sm"):
            yield character
        else:
            yield " "


@cache
def _names(language: str) -> Mapping[str, str]:
    path = FOLDER / language / "language.yaml"
    if not path.exists():
        return {}
    words = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return dict(zip(ascii_uppercase, words["letters"], strict=True)) | dict(
        zip("0123456789", words["digits"], strict=True)
    )
