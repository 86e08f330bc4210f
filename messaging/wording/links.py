"""No name may smuggle a link into a message, in disguise or not; only listed full domains go out. Pure.

TRAI bars every link that the principal entity has not white-listed with the operators (direction of 20 August 2024, in
force since 1 October 2024); a sub-domain is listed by itself, an address in figures is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_LISTED = re.compile(
    r"(?:https?://|www\.|[a-z0-9._+-]+@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#][\x21-\x7e]*)?",
    re.IGNORECASE | re.ASCII,  # else the sign of Kelvin would be a k
)
_DOMAIN = re.compile(r"(?=[^/]*[a-z])[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_AFTER = ".,;:!?)\u0964\"'"  # what may follow a link without belonging to it; U+0964 is the danda
_DOTS = str.maketrans("\u3002\uff0e\uff61\u2024\u2027\u00b7", "......")
_HIDDEN_DOT = re.compile(r"\s*[\[({]\s*(?:\.|dot)\s*[\])}]\s*|\s+dot\s+")
_LOOSE_DOT = re.compile(r"\s+\.\s*(?=\w)|\.\s+(?=(?:com|org|net|info)\b)")
_SIGNS = re.compile(r":\s*/\s*/|\bh[tx]{2}ps?\b|\bwww|\bxn--|\bw\s+w\s+w\b|\b\d{1,3}(?:\.\d{1,3}){3}\b")


def unlisted(text: str, urls: Collection[str]) -> bool:
    """Whether the text holds what is or looks like a link, other than to one of `urls` (domains in small letters)."""
    rest = [word for word in text.split() if not _is_listed(word.rstrip(_AFTER), urls)]
    plain = _plain(" ".join(rest))
    return any(sign.search(plain) for sign in (_SIGNS, _known().names, _known().short_names))


def is_listed(url: str, urls: Collection[str]) -> bool:
    """Whether the text is one link, or one mail address, of a listed full domain, and nothing else."""
    return _is_listed(url, urls)


def not_listable(urls: Collection[str]) -> list[str]:
    """Which of a deployment's domains can never stand in a message: no full domain, an address, or a shortener."""
    return sorted(url for url in urls if not _DOMAIN.fullmatch(url) or url in _known().shorteners)


def _is_listed(word: str, urls: Collection[str]) -> bool:
    match = _LISTED.fullmatch(word)
    return match is not None and match[1].lower() in urls and match[1].lower() not in _known().shorteners


def _plain(text: str) -> str:
    """As it looks: compatibility forms, look-alike letters and disguised dots made plain."""
    text = unicodedata.normalize("NFKC", text.translate(_DOTS)).casefold()
    text = "".join(_known().look_alikes.get(character, character) for character in text)
    return _LOOSE_DOT.sub(".", _HIDDEN_DOT.sub(".", text))


@dataclass(frozen=True)
class _Known:
    """What links.yaml says, ready to be used."""

    shorteners: frozenset[str]
    look_alikes: Mapping[str, str]
    names: re.Pattern[str]
    short_names: re.Pattern[str]


@cache
def _known() -> _Known:
    data = yaml.safe_load((Path(__file__).parent / "links.yaml").read_text("utf-8"))
    # A label of three letters before a short ending, so that a title of two ("Dr.Me") cannot be meant.
    titles = "".join(rf"(?<!\b{re.escape(title)})" for title in data["titles"])
    return _Known(
        shorteners=frozenset(data["shorteners"]),
        look_alikes=data["look_alikes"],
        names=re.compile(
            rf"(?<![^\s/@.(])(?:{_any(data['shorteners'])})(?![\w-])|[^\s./:@]\.(?:{_any(data['endings'])})(?![\w-])"
        ),
        short_names=re.compile(rf"[^\s./:@]{{3}}{titles}\.(?:{_any(data['short_endings'])})(?![\w-])"),
    )


def _any(words: list[str]) -> str:
    return "|".join(map(re.escape, words))
