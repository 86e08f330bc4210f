"""PURE: a written text as it is read aloud: dates and times in words, by the same grammar as the menus'.

A synthesiser reads "22-11-2026" as three numbers, and "18:30" as two.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from prompts.catalogue import Catalogue
from prompts.numbers.generated import UNKNOWN
from prompts.phrases import speak

_DATE = re.compile(r"(?<![\d-])(\d{1,2})-(\d{1,2})-(\d{4})(?![\d-])")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}:\d{2})(?![\d:])")


def aloud(text: str, catalogue: Catalogue) -> str:
    """The words that a voice of this language is to be given. Dates are day-month-year, times of 24 hours."""
    text = _DATE.sub(_in_words(catalogue, "date", lambda found: f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}"), text)
    text = _TIME.sub(_in_words(catalogue, "time", lambda found: found[1]), text)
    return catalogue.respelt(text)


def _in_words(
    catalogue: Catalogue, kind: str, value_of: Callable[[re.Match[str]], str]
) -> Callable[[re.Match[str]], str]:
    def words(found: re.Match[str]) -> str:
        said = speak(catalogue.language, kind, value_of(found), {catalogue.language: catalogue})
        if said == (UNKNOWN,):
            return found[0]  # what only looks like one
        return " ".join(catalogue.text(prompt).rstrip("।. ") for prompt in said)

    return words
