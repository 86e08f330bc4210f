"""PURE: what is wrong with a flow's document, in words for somebody who edits menus and is no programmer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from flows.document import NODE_DOCUMENTS
from flows.errors import Fault
from flows.yaml_text import Path as YamlPath
from flows.yaml_text import line_of

_KINDS = frozenset(get_args(item.model_fields["kind"].annotation)[0] for item in NODE_DOCUMENTS)
# How pydantic calls the ways in which one place may be written; `[key]` is the name before a colon.
_WAYS = frozenset({"GoTo", "Value", "Named", "Phrase", "Test", "constrained-str", "list[constrained-str]"})
_ANONYMOUS_WAYS = ("function-", "list[", "str", "union[")
_KEY = "[key]"
_ANOTHER_SORT = frozenset({"string_type", "list_type", "dict_type", "model_type"})

Loc = tuple[str, ...]
Found = tuple[Loc, Any]  # where pydantic saw it, and what it says


def explained(error: ValidationError, source: str, lines: Mapping[YamlPath, int]) -> list[Fault]:
    """Every fault that pydantic found, once, at its line."""
    found: dict[tuple[Loc, str], Fault] = {}
    for loc, item in _meant([(_place(item["loc"]), item) for item in error.errors(include_url=False)]):
        path = tuple(part for part in loc if not _is_way(part) and part != _KEY)
        node = path[1] if len(path) > 1 and path[0] == "nodes" else ""
        where = ".".join(path[2:] if node else path)
        what = f"{where}: {_plain(loc, item)}" if where else _plain(loc, item)
        line = line_of(lines, path) or line_of(lines, ("flow",))
        found.setdefault((path, what), Fault(source, line, node, what, _advice(item)))
    return list(found.values())


def like(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'? If not, `, where something known is written nearly so."""
    near = get_close_matches(word, known, 1, 0.7)
    return f"did you mean {near[0]!r}? If not, " if near else ""


def _place(loc: tuple[Any, ...]) -> Loc:
    """Third in a node's place stands its kind, which the text has elsewhere; a node may be called like one."""
    names = tuple(str(part) for part in loc)
    return names[:2] + names[3:] if names[0] == "nodes" and len(names) > 2 and names[2] in _KINDS else names


def _is_way(part: str) -> bool:
    return part in _WAYS or part.startswith(_ANONYMOUS_WAYS[:2]) or part in _ANONYMOUS_WAYS[2:]


def _meant(found: list[Found], depth: int = 0) -> list[Found]:
    """Where a place may be written in several ways, pydantic complains for each: what was meant has least wrong."""
    plain: list[Found] = []
    places: dict[Loc, dict[str, list[Found]]] = {}
    for loc, item in found:
        at = next((number for number in range(depth, len(loc)) if _is_way(loc[number])), None)
        if at is None:
            plain.append((loc, item))
        else:
            places.setdefault(loc[:at], {}).setdefault(loc[at], []).append((loc, item))
    for place, ways in places.items():
        told = [_meant(some, len(place) + 1) for some in ways.values()]
        fitting = [some for some in told if not _another_sort(some, len(place) + 1)]
        meant: list[Found] = min(fitting or told, key=len)
        plain += meant
    return plain


def _another_sort(found: list[Found], depth: int) -> bool:
    """Whether the place holds something else altogether, a list where this way is a word."""
    return any(len(loc) == depth and item["type"] in _ANOTHER_SORT for loc, item in found)


def _plain(loc: Loc, item: Any) -> str:
    kind, given = item["type"], item["input"]
    if kind == "missing":
        return "this is missing"
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return f"`kind` must be one of {', '.join(sorted(_KINDS))}"
    if given is None:
        return "nothing is written here"
    return f"{_rule(loc, item)}, not {given!r}"[:200]


def _rule(loc: Loc, item: Any) -> str:
    kind, limits = item["type"], item.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _pattern(loc, str(limits.get("pattern", "")))
    if kind in _RULES:
        return _RULES[kind].format(**limits)
    return str(item["msg"])


def _pattern(loc: Loc, pattern: str) -> str:
    if (loc[-1] == _KEY and "keys" in loc) or pattern == "^[0-9]$":
        return "a key is one of 0 to 9"
    words = pattern.removeprefix("^(").removesuffix(")$").split("|")
    if len(words) > 1 and all(word.isidentifier() for word in words):
        return f"this must be one of {', '.join(words)}"
    return "a name has small English letters, digits and _ only, a letter first"


_RULES = {
    "int_parsing": "this must be a whole number",
    "int_type": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "float_parsing": "this must be a number",
    "float_type": "this must be a number",
    "bool_parsing": "this must be yes or no",
    "less_than_equal": "this may be at most {le:g}",
    "greater_than_equal": "this must be at least {ge:g}",
    "greater_than": "this must be more than {gt:g}",
    "string_type": "this must be a word or a sentence",
    "list_type": "this must be a list, such as [one, two]",
    "dict_type": "this must be names with values, such as {{hi: …, en: …}}",
    "model_type": "this must be names with values, such as {{go: …}}",
    "model_attributes_type": "this must be names with values, each on a line of its own",
    "literal_error": "this must be one of {expected}",
}


def _advice(item: Any) -> str:
    if item["type"] == "missing":
        return _MISSING.get(str(item["loc"][-1]), "add it; docs/flows.md says what each kind of node needs")
    if item["type"] == "extra_forbidden":
        return "look for a spelling mistake; docs/flows.md has the fields of each kind of node"
    return "see docs/flows.md"


_MISSING = {
    "exhausted": "say where a caller goes who stays silent or keeps pressing wrong keys: `exhausted: <node>`",
    "failed": "say where it goes on if this fails: `failed: <node>`",
    "start": "say with which node a call begins: `start: <node>`",
    "go": "say where it goes on: `go: <node>`",
    "prompt": "say what the caller hears: `prompt: [<prompt>]`",
    "keys": "say where each key leads: `keys: {1: <node>}`",
    "otherwise": "say where it goes on if no case holds: `otherwise: <node>`",
}
