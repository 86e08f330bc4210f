"""PURE: what is wrong with a flow as a whole: a node that leads nowhere, in a circle, or past help."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from flows.definition import Edge, Flow, Say, SeekDoctor, edges
from flows.errors import Fault, Found, Severity, error
from flows.explaining import like
from flows.questions import keys, past_the_ambulance, ranges
from flows.vocabulary import long_prompts, services, unknown_prompts, variables


def faults(
    flow: Flow,
    *,
    prompts: Mapping[str, Collection[str]] | None = None,
    durations: Mapping[str, float] | None = None,
) -> list[Fault]:
    """Everything wrong with a flow or a part, in the order of its file."""
    found: list[Found] = list(_missing_nodes(flow))
    if not found:  # the rest walks the edges, which must lead somewhere
        for check in _CHECKS:
            found.extend(check(flow))
        if not flow.exits:
            for check in _WHOLE_FLOW_CHECKS:
                found.extend(check(flow))
        found.extend(unknown_prompts(flow, prompts or {}))
        found.extend(long_prompts(flow, durations or {}))
    order = {name: number for number, name in enumerate(flow.nodes)}
    found.sort(key=lambda item: order.get(item[0], -1))
    return [_placed(flow, *item) for item in dict.fromkeys(found)]


def _placed(flow: Flow, node: str, what: str, advice: str, severity: Severity) -> Fault:
    """The fault at its place. What a part has to answer for is said in the part's own words, and so only once."""
    own = flow.places.get("")
    place = flow.places.get(node) or own
    if place is not None and own is not None and place.source != own.source:
        before = node[: node.rindex("/") + 1] if "/" in node else ""
        node, what = node.removeprefix(before), what.replace(before, "") if before else what
    return Fault(place.source if place else flow.name, place.line if place else 0, node, what, advice, severity)


def _missing_nodes(flow: Flow) -> Iterator[Found]:
    exits = {f"@{name}" for name in flow.exits}
    if flow.start not in flow.nodes:
        yield error("", f"start leads to {flow.start!r}, which is no node", _nearest(flow, flow.start))
    for key, go in flow.everywhere.items():
        if go.to not in flow.nodes:
            yield error("", f"everywhere: {key} leads to {go.to!r}, which is no node", _nearest(flow, go.to))
    for edge in edges(flow):
        named_elsewhere = edge.by == "meanwhile" or edge.by.startswith("everywhere")
        if edge.go.to not in flow.nodes and edge.go.to not in exits and not named_elsewhere:
            yield error(edge.node, f"{edge.by} leads to {edge.go.to!r}, which is no node", _nearest(flow, edge.go.to))
    for name, node in flow.nodes.items():
        for question in node.meanwhile if isinstance(node, SeekDoctor) else ():
            if not any(other == question or other.startswith(f"{question}/") for other in flow.nodes):
                yield error(name, f"meanwhile names {question!r}, which is no node", _nearest(flow, question))


def _nearest(flow: Flow, name: str) -> str:
    part, _, leaf = name.rpartition("/")
    before = f"{part}/" if part else ""
    beside = {node.removeprefix(before).partition("/")[0] for node in flow.nodes if node.startswith(before)}
    return f"{like(leaf, beside)}write one of the nodes of this flow, or add the node"


def _unreachable(flow: Flow) -> Iterator[Found]:
    reached = _reach(flow, [flow.start])
    whole = {name for used in reached for name in _within(used)}
    for name in flow.nodes:
        if name not in reached:
            # A part that nothing leads to is one fault, of the flow that uses it.
            here = next(outer for outer in _within(name) if outer not in whole)
            yield error(here, "nothing leads here", "lead some answer here, or delete the node")


def _within(name: str) -> list[str]:
    """A node in a part in a part: the outermost first, itself last."""
    steps = name.split("/")
    return ["/".join(steps[:length]) for length in range(1, len(steps) + 1)]


def _dead_ends(flow: Flow) -> Iterator[Found]:
    """From every node the call must be able to come to an end by itself: a goodbye, or an exit of a part."""
    before: dict[str, set[str]] = {}
    ends = {name for name, node in flow.nodes.items() if isinstance(node, Say) and node.go is None}
    for edge in edges(flow):
        if edge.go.to.startswith("@"):
            ends.add(edge.node)
        before.setdefault(edge.go.to, set()).add(edge.node)
    good = _closure(ends, lambda name: before.get(name, ()))
    for name in flow.nodes:
        if name not in good:
            yield error(name, "from here the call can never end", "lead some answer on to a goodbye")


def _endless(flow: Flow) -> Iterator[Found]:
    """A caller who does nothing must not go round in a circle; neither must a flow that waits for nothing."""
    quiet: dict[str, list[str]] = {}
    for edge in edges(flow):
        if _goes_by_itself(edge) and not _back_to_the_music(flow, edge):
            quiet.setdefault(edge.node, []).append(edge.go.to)
    for name in flow.nodes:
        if name in _closure(quiet.get(name, ()), lambda node: quiet.get(node, ())):
            advice = "lead the silent caller on to a goodbye, a doctor or another place that ends"
            yield error(name, "a caller who presses nothing comes back here for ever", advice)


_BY_ITSELF = frozenset(
    {"silence", "exhausted", "said", "otherwise", "failed", "empty", "meanwhile", "nobody", "full", "gave_up"}
    | {"stored", "impossible", "nothing", "sent", "no_mobile", "unconfirmed"}
)


def _goes_by_itself(edge: Edge) -> bool:
    return edge.by in _BY_ITSELF or edge.by.startswith(("case:", "outcome:"))


def _back_to_the_music(flow: Flow, edge: Edge) -> bool:
    """Whoever has been asked what is asked meanwhile just waits: the questions do not begin again."""
    node = flow.nodes.get(edge.go.to)
    asked = node.meanwhile if isinstance(node, SeekDoctor) else ()
    return any(edge.node == name or edge.node.startswith(f"{name}/") for name in asked)


# --- walking ----------------------------------------------------------------------------------------------------------


def _reach(flow: Flow, start: Iterable[str]) -> set[str]:
    after: dict[str, set[str]] = {}
    for edge in edges(flow):
        after.setdefault(edge.node, set()).add(edge.go.to)
    return _closure(start, lambda name: after.get(name, ()))


def _closure(start: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(following(name))
    return seen


_CHECKS = (_unreachable, _dead_ends, _endless, keys, ranges, variables, services)
# A part has no `everywhere` of its own: whether help is near is seen where it is used.
_WHOLE_FLOW_CHECKS = (past_the_ambulance,)
