"""Compares a wording with what is registered, to the character, and says where they part. Pure.

A registered text has `{#var#}` for each variable, or since 2026 the variable's type (`{#numeric#}`, `{#alphanumeric#}`,
…: TRAI's direction of 18 November 2025; some portals keep the type beside the text, others in it). Both are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from messaging.errors import TemplateError
from messaging.wording.values import LONGEST_VALUE, TAGS, named

_PLACE = re.compile(r"\{#(var|number|" + "|".join(TAGS) + r")#\}")
_END = "the end"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two texts part; line and column from 1, in the registered text.

    `ours` and `registered` are the characters there, a whole `{#…#}`, or "" at a text's end.
    """

    line: int
    column: int
    ours: str
    registered: str

    def __str__(self) -> str:
        ours, registered = _shown(self.ours), _shown(self.registered)
        return f"line {self.line}, column {self.column}: ours {ours}, registered {registered}"


@dataclass(frozen=True, slots=True)
class Registration:
    """A version of a wording as the department has registered it. `header`: "" is the deployment's own."""

    template: str
    language: str
    version: int
    dlt_template_id: str
    text: str
    header: str = ""


def difference(ours: str, registered: str) -> Difference | None:
    """Where our wording, in its tagged form, and a registered text part; None: they are the same."""
    for (at, theirs), (_, mine) in zip_longest(_tokens(registered), _tokens(ours), fillvalue=(len(registered), "")):
        if not _same(mine, theirs):
            return _difference(registered, at, mine, theirs)
    return None


def check_against(registration: Registration, text: str) -> None:
    """TemplateError (wording_differs) unless the message is the registered text with its variables filled in."""
    fixed = _PLACE.split(registration.text)[::2]
    value = f"(?:.{{1,{LONGEST_VALUE}}})"
    if re.fullmatch(value.join(map(re.escape, fixed)), text, re.DOTALL):
        return
    where = _first_lost(registration.text, fixed, text)
    raise TemplateError(
        f"the wording of {registration.template} ({registration.language}, version {registration.version}) "
        f"is not what is registered: {where}",
        "wording_differs",
    )


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Characters and whole variables, each with its place."""
    at = 0
    while at < len(text):
        place = _PLACE.match(text, at)
        token = place[0] if place else text[at]
        yield at, token
        at += len(token)


def _same(ours: str, registered: str) -> bool:
    if len(ours) < 2 or len(registered) < 2:
        return ours == registered
    mine, theirs = _tag(ours), _tag(registered)
    # A numeric value is alphanumeric, too.
    return theirs == "var" or mine in ("var", theirs) or (mine, theirs) == ("numeric", "alphanumeric")


def _tag(place: str) -> str:
    tag = place[2:-2]
    return "numeric" if tag == "number" else tag


def _difference(text: str, at: int, ours: str, registered: str) -> Difference:
    line = text.count("\n", 0, at) + 1
    return Difference(line, at - (text.rfind("\n", 0, at) + 1) + 1, ours, registered)


def _first_lost(registered: str, fixed: list[str], text: str) -> Difference | str:
    """Where the message leaves the registered text: each fixed piece is sought within a variable's reach."""
    starts = [0, *(match.end() for match in _PLACE.finditer(registered))]
    at = 0
    for number, (piece, start) in enumerate(zip(fixed, starts, strict=True)):
        reach = range(at + 1, at + LONGEST_VALUE + 1) if number else range(1)
        begins = max(reach, key=lambda begin: (_shared(piece, text[begin:]), -begin))
        same = _shared(piece, text[begins:])
        if same < len(piece):
            return _difference(registered, start + same, text[begins + same : begins + same + 1], piece[same])
        at = begins + len(piece)
    if fixed[-1] and at < len(text):
        return _difference(registered, len(registered), text[at], "")
    return "a variable is empty or too long"


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _shown(token: str) -> str:
    if not token:
        return _END
    return token if len(token) > 1 else f"‘{token}’ {named(token)}" if token.isprintable() else named(token)
