"""PURE: a flow's text and the texts of its parts as the flow that calls walk, or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.definition import Flow
from flows.errors import Fault
from flows.loader import compile_flows

Prompts = Mapping[str, Collection[str]]  # the ids that can be said, by language

MOST_NODES = 5000

_NAMES_A_FLOW = re.compile(r"""\bflow["']?\s*:\s*["']?([a-z][a-z0-9_]*)""")


@dataclass(frozen=True)
class Reading:
    """`parts` are the texts it uses, and what those use; `flow` is None where there are errors."""

    name: str
    text: str
    flow: Flow | None
    parts: Mapping[str, str]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == "error")

    @property
    def is_part(self) -> bool:
        return self.flow is not None and bool(self.flow.exits)


def read(name: str, text: str, available: Mapping[str, str], prompts: Prompts) -> Reading:
    """Read `text` as `name`, with the parts it names out of `available`."""
    parts = _perhaps_used(name, text, available)
    if _nodes(name, {name: text} | parts, {}) > MOST_NODES:
        advice = "use fewer parts: each use of a part is a copy of all its nodes"
        fault = Fault(f"{name}.yaml", 0, "", f"with its parts it has more than {MOST_NODES} nodes", advice)
        return Reading(name, text, None, {}, (fault,))
    library = compile_flows({name: text} | parts, prompts=prompts)
    flow = library.flows.get(name) or library.parts.get(name)
    used = sorted(flow.parts) if flow is not None else []
    return Reading(name, text, flow, {part: parts[part] for part in used}, tuple(library.faults[name]))


class Readings:
    """Remembers what was read, since reading a large flow takes a tenth of a second. Threads may share it."""

    def __init__(self, at_most: int = 200) -> None:
        self._at_most = at_most
        self._known: dict[object, Reading] = {}

    def read(self, name: str, text: str, available: Mapping[str, str], prompts: Prompts) -> Reading:
        """As `read`, once for the same texts and prompts."""
        parts = _perhaps_used(name, text, available)
        words = tuple((language, frozenset(ids)) for language, ids in sorted(prompts.items()))
        key = (name, text, tuple(sorted(parts.items())), words)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= self._at_most:
                self._known.clear()
            found = self._known[key] = read(name, text, parts, prompts)
        return found


def _nodes(name: str, texts: Mapping[str, str], known: dict[str, int]) -> int:
    """About how many nodes a flow has once its parts are put in: parts of parts of parts grow without bound."""
    if name not in known:
        known[name] = 0  # one that contains itself is found by the loader
        text = texts.get(name, "")
        inside = sum(_nodes(other, texts, known) for other in _NAMES_A_FLOW.findall(text) if other != name)
        known[name] = text.count("kind") + inside
    return known[name]


def _perhaps_used(name: str, text: str, available: Mapping[str, str]) -> dict[str, str]:
    """The texts of all flows that a text may mean, and of those which they may mean: a look at the words suffices."""
    found: dict[str, str] = {}
    ahead = _NAMES_A_FLOW.findall(text)
    while ahead:
        other = ahead.pop()
        if other != name and other in available and other not in found:
            found[other] = available[other]
            ahead += _NAMES_A_FLOW.findall(available[other])
    return found
