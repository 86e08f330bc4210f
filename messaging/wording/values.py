"""What may be filled into a wording: what a person may be called and a register may number, and nothing unseen. Pure.

An operator drops a message over a value without a word. So a value goes out as it is read, or is refused with why:

- Quotes, dashes and spaces in their typographic forms become the plain ones: they say the same, and one of them would
  turn a message of 160 letters into parts of 67 (UCS-2).
- Line ends, control characters, marks of direction and everything else that is not seen are refused. ZWJ and ZWNJ are
  kept where an Indic letter stands before them: there they are spelling.
- Emoji and other symbols are refused: the portals allow "letters and numbers" in a variable (tag #alphanumeric#, TRAI's
  direction of 18 November 2025). Punctuation is kept: the operators skip it when they compare, and a registration
  number has its slashes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from messaging.errors import TemplateError
from messaging.wording.graphemes import JOINERS, cut, units
from messaging.wording.links import is_listed, unlisted

LONGEST_VALUE = 30  # the portals say 30 or 40
# The types a variable may be registered with; "number" is another name for numeric.
Tag = Literal["alphanumeric", "numeric", "url", "urlott", "cbn", "email"]
TAGS: tuple[Tag, ...] = get_args(Tag)
_LINK_TAGS = frozenset({"url", "urlott", "email"})

_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    "\u2026": "...",
}
_TO_PLAIN = str.maketrans(_PLAIN)
_INDIC = re.compile("[\u0900-\u0dff]")
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Me"))
_SYMBOLS = frozenset(("So", "Sk"))
# Marks and letters that show nothing: the grapheme joiner, Hangul's fillers, the variation selectors.
_EMPTY_LOOKING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in a wording. `shorten`: may be cut to fit (a name, never a number). `spell`: said sign by sign.

    `words`: where the value is one of some keys, each key's word in each language. `sample`: language -> an example.
    """

    name: str
    tag: Tag = "alphanumeric"
    shorten: bool = False
    spell: bool = False
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sample: Mapping[str, str] = field(default_factory=dict)


def fitted(variable: Variable, value: str, language: str, where: str, urls: Collection[str]) -> str:
    """The value as it goes out, or TemplateError with the reason. `where` names the template in the error."""
    what = f"the {variable.name} of {where}"
    value = plain(_worded(variable, value, language, what))
    check_seen(value, what)
    value = " ".join(value.split())
    if not value:
        raise TemplateError(f"{what} is empty", "value_missing")
    if unicodedata.category(value[0]).startswith("M"):
        raise TemplateError(f"{what} begins with {named(value[0])}, a mark without its letter", "value_unsendable")
    _check_tag(variable, value, what, urls)
    if units(value) > LONGEST_VALUE and variable.shorten:
        value = cut(value, LONGEST_VALUE) or value
    if units(value) > LONGEST_VALUE:
        found = f"{units(value)} characters, and the operators take {LONGEST_VALUE} in a variable"
        raise TemplateError(f"{what} has {found}", "value_too_long")
    return value


def plain(value: str) -> str:
    """The same in NFC, with plain quotes, dashes and spaces."""
    value = unicodedata.normalize("NFC", value).translate(_TO_PLAIN)
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in value)


def check_seen(value: str, what: str) -> None:
    """TemplateError at the first character that is not seen, or is a symbol."""
    for place, character in enumerate(value):
        why = _why_unsendable(character, value[place - 1] if place else "")
        if why:
            raise TemplateError(f"{what} holds {named(character)}, {why}", "value_unsendable")


def named(character: str) -> str:
    """Such as "RIGHT-TO-LEFT MARK (U+200F)"; control characters, which Unicode does not name, by number alone."""
    known = unicodedata.name(character, "")
    return f"{known} (U+{ord(character):04X})" if known else f"U+{ord(character):04X}"


def _worded(variable: Variable, value: str, language: str, what: str) -> str:
    if not variable.words:
        return value
    try:
        return variable.words[value][language]
    except KeyError:
        known = ", ".join(variable.words)
        raise TemplateError(f"{what} must be one of {known}", "value_unsendable") from None


def _why_unsendable(character: str, before: str) -> str:
    if character in JOINERS:
        return "" if _INDIC.match(before) else "which is not seen there"
    category = unicodedata.category(character)
    if character in "\r\n\u2028\u2029":
        return "a line end"
    if category in _UNSEEN or _EMPTY_LOOKING.match(character):
        return "a mark of direction" if _turns(character) else "which is not seen"
    if category in _SYMBOLS and character not in "^`":
        return "an emoji or a symbol, which the operators do not take in a variable"
    return ""


def _turns(character: str) -> bool:
    return character in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _check_tag(variable: Variable, value: str, what: str, urls: Collection[str]) -> None:
    if variable.tag in _LINK_TAGS:
        if not is_listed(value, urls):
            raise TemplateError(f"{what} is no link to a domain that is listed with the operators", "link_not_listed")
    elif unlisted(value, ()):
        raise TemplateError(f"{what} holds a link, or what looks like one", "link_not_listed")
    if variable.tag == "numeric" and not re.fullmatch("[0-9]+", value):
        raise TemplateError(f"{what} may hold the digits 0 to 9 only", "value_unsendable")
    if variable.tag == "cbn" and not re.fullmatch(r"\+?[0-9 -]+", value):
        raise TemplateError(f"{what} must be a telephone number", "value_unsendable")
