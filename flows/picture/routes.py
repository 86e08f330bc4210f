"""PURE: which ways of a flow are drawn as lines. All of them would be a tangle: everything leads to the ambulance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.definition import Edge, Flow, Menu

Pair = tuple[str, str]

# A box that more boxes lead to than this is pointed at only by those that lead nowhere else.
_MOST_LINES_IN = 5
_UNUSUAL = frozenset(
    {"silence", "wrong", "exhausted", "failed", "gave_up", "impossible", "nothing", "no_mobile", "empty", "unconfirmed"}
)


@dataclass(frozen=True)
class Routes:
    """The pairs of boxes with a line between them, and the boxes that no line leads to, with those that name them."""

    lines: frozenset[Pair]
    hubs: Mapping[str, tuple[str, ...]]


def is_unusual(edge: Edge) -> bool:
    """Whether a way is taken only when there is no answer or something fails."""
    return edge.by in _UNUSUAL


def routes(flow: Flow, ways: Sequence[Edge]) -> Routes:
    """Choose the lines among a flow's ways (without those of `everywhere`)."""
    known = [edge for edge in ways if edge.go.to in flow.nodes]
    usual = {(edge.node, edge.go.to) for edge in known if not is_unusual(edge)}
    pairs = list(dict.fromkeys((edge.node, edge.go.to) for edge in sorted(known, key=is_unusual)))
    sources: dict[str, list[str]] = {}
    for source, to in pairs:
        sources.setdefault(to, []).append(source)
    first, back = _walked(flow, pairs)
    onward = {_onward(flow, name, known) for name in flow.nodes} - back
    anywhere = {go.to for go in flow.everywhere.values()}

    def is_line(pair: Pair) -> bool:
        if pair[1] in anywhere:
            return pair in first or pair in onward
        if len(sources[pair[1]]) > _MOST_LINES_IN:
            return pair in onward
        return pair in first or (pair in usual and pair not in back)

    lines = frozenset(filter(is_line, pairs))
    entered = {to for _, to in lines} | anywhere | {flow.start}
    return Routes(lines, {to: tuple(of) for to, of in sources.items() if to not in entered})


def _onward(flow: Flow, name: str, ways: Sequence[Edge]) -> Pair:
    """Where most callers go on from a node: where most of its usual ways lead; past a danger sign, with a no."""
    own = [edge for edge in ways if edge.node == name and not is_unusual(edge)]
    node = flow.nodes[name]
    if isinstance(node, Menu) and node.sort == "triage":
        own = [edge for edge in own if edge.by == "key:2"] or own
    targets = [edge.go.to for edge in own]
    return name, max(targets, key=targets.count, default="")


def _walked(flow: Flow, pairs: Sequence[Pair]) -> tuple[set[Pair], set[Pair]]:
    """The pairs by which each node is first reached, depth first, and those that lead back to a node on the way."""
    leads: dict[str, list[str]] = {name: [] for name in flow.nodes}
    for source, to in pairs:
        leads[source].append(to)
    first: set[Pair] = set()
    back: set[Pair] = set()
    seen: set[str] = set()
    for entry in (flow.start, *(go.to for go in flow.everywhere.values())):
        path = [] if entry in seen else [(entry, iter(leads[entry]))]
        seen.add(entry)
        while path:
            name, ahead = path[-1]
            to = next(ahead, "")
            if not to:
                path.pop()
            elif to not in seen:
                seen.add(to)
                first.add((name, to))
                path.append((to, iter(leads[to])))
            elif any(to == passed for passed, _ in path):
                back.add((name, to))
    return first, back
