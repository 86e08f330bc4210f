"""PURE: a long list on a telephone: six items at a time, 7 says more and begins again after the last.

"… for one, press one" is said after each item, unless its phrase says its key itself: a # in it stands for the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.definition import Go
from flows.events import Item

_ON_A_PAGE = 6
MORE_KEY = "7"
MORE = "choose.more"
NUMBERED = tuple(f"choose.{key}" for key in range(1, _ON_A_PAGE + 1))
_KEY = "#"
PROMPTS = frozenset({MORE, *NUMBERED})


@dataclass(frozen=True)
class Page:
    """What a page says and which keys choose what; `next` is the page that 7 leads to."""

    prompts: tuple[str, ...]
    items: dict[str, Item]
    other_key: str
    more_key: str
    next: int


def page_of(items: Sequence[Item], other: Go | None, number: int) -> Page:
    """Page `number` (from 0) of a list; `other` is an entry of its own after the last item."""
    entries: list[Item | Go] = [*items, *([other] if other is not None else [])]
    count = max(1, -(-len(entries) // _ON_A_PAGE))
    shown = entries[number % count * _ON_A_PAGE :][:_ON_A_PAGE]
    prompts: list[str] = []
    chosen: dict[str, Item] = {}
    other_key = ""
    for key, (entry, numbered) in enumerate(zip(shown, NUMBERED, strict=False), 1):
        if isinstance(entry, Go):
            other_key = str(key)
            prompts += [*entry.say, numbered]
        else:
            chosen[str(key)] = entry
            prompts += _with_key(entry.phrase, str(key), numbered)
    more = count > 1
    return Page(
        tuple([*prompts, MORE] if more else prompts),
        chosen,
        other_key,
        MORE_KEY if more else "none",
        (number + 1) % count,
    )


def _with_key(phrase: tuple[str, ...], key: str, numbered: str) -> list[str]:
    if any(_KEY in prompt for prompt in phrase):
        return [prompt.replace(_KEY, key) for prompt in phrase]
    return [*phrase, numbered]
