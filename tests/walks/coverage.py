"""PURE: what was walked of what there is to walk, as a table that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.definition import Flow, edges
from tests.walks.planner import Went
from tests.walks.possible_edges import impossible


@dataclass(frozen=True)
class Coverage:
    """A flow's edges: all, those that no caller can take, those that were walked."""

    flow: str
    calls: int
    edges: frozenset[Went]
    never: frozenset[Went]
    walked: frozenset[Went]

    @property
    def missing(self) -> list[Went]:
        return sorted(self.edges - self.never - self.walked, key=str)


def coverage(flow: Flow, journals: Iterable[Iterable[Went]]) -> Coverage:
    """Of one flow, from the edges that each call's journal holds of it."""
    walks = [list(journal) for journal in journals]
    every = frozenset(Went(edge.node, edge.by, edge.go.to) for edge in edges(flow))
    never = frozenset(Went(edge.node, edge.by, edge.go.to) for edge in impossible(flow))
    walked = frozenset(edge for walk in walks for edge in walk)
    return Coverage(flow.name, sum(bool(walk) for walk in walks), every, never, walked & every)


def table(found: Iterable[Coverage], silence: Mapping[str, float]) -> list[str]:
    """A line a flow. `silence` is the longest heard on its calls, in seconds."""
    head = f"{'flow':<18}{'calls':>6}{'edges':>7}{'walked':>8}{'never*':>8}{'missing':>9}{'longest silence':>17}"
    rows = [head]
    for item in found:
        counts = f"{item.calls:>6}{len(item.edges):>7}{len(item.walked):>8}{len(item.never):>8}{len(item.missing):>9}"
        heard = f"{silence[item.flow]:.2f} s" if item.flow in silence else "-"
        rows.append(f"{item.flow:<18}{counts}{heard:>17}")
    return [*rows, "* in a part, behind a question that this line does not ask: no caller can take it"]
