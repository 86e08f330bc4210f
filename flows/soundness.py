"""PURE: what is wrong with a flow as a whole: no caller may come to a node that leads nowhere or in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from flows.definition import Collect, Flow, Menu, Node, SeekDoctor, StoreCallback, TransferCall, targets
from flows.errors import FlowError

# What a TransferCall may name: ivr/consultation.py connects them to the service line's own number.
TRANSFER_TARGETS = frozenset({"ambulance"})


def check(flow: Flow, source: str) -> None:
    """FlowError naming the node, where the flow's parts do not fit together."""
    if flow.start not in flow.nodes:
        raise FlowError(f"{source}: start leads to {flow.start!r}, which is no node")
    for key, way in flow.everywhere.items():
        if way.to not in flow.nodes:
            raise FlowError(f"{source}: everywhere: {key} leads to {way.to!r}, which is no node")
    for name, node in flow.nodes.items():
        for target in _next(node):
            if target not in flow.nodes:
                raise FlowError(f"{source}: node {name} leads to {target!r}, which is no node")
        _check_node(node, f"{source}: node {name}")
    _check_circles(flow, source)
    _check_reach(flow, source)


def _next(node: Node) -> list[str]:
    star = [node.star] if isinstance(node, Collect) and node.star else []
    return [way.to for way in targets(node)] + star


def _check_node(node: Node, where: str) -> None:
    for name in ("prompt", "busy", "nobody"):
        if getattr(node, name, None) == ():
            raise FlowError(f"{where}: `{name}` says nothing, so the caller would hear silence")
    if isinstance(node, Collect) and not 0 <= node.least <= node.most:
        raise FlowError(f"{where}: `least` must not be over `most`")
    if isinstance(node, TransferCall) and node.target not in TRANSFER_TARGETS:
        raise FlowError(f"{where}: `target` must be one of {', '.join(sorted(TRANSFER_TARGETS))}")


def _check_circles(flow: Flow, source: str) -> None:
    """Storing a callback waits for nothing: a circle of such nodes would never come to a sound."""
    for name in flow.nodes:
        seen = {name}
        ahead = _at_once(flow.nodes[name])
        while ahead:
            target = ahead.pop()
            if target == name:
                raise FlowError(f"{source}: node {name} leads back to itself without a prompt in between")
            if target not in seen:
                seen.add(target)
                ahead.extend(_at_once(flow.nodes[target]))


def _at_once(node: Node) -> list[str]:
    return [way.to for way in targets(node)] if isinstance(node, StoreCallback) else []


def _check_reach(flow: Flow, source: str) -> None:
    reached = set(_reach(flow))
    for name in flow.nodes:
        if name not in reached:
            raise FlowError(f"{source}: nothing leads to node {name}")


def _reach(flow: Flow) -> Iterator[str]:
    seen: set[str] = set()
    ahead = [flow.start]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        node = flow.nodes[name]
        ahead.extend(_next(node))
        if isinstance(node, SeekDoctor) or (isinstance(node, Menu) and node.everywhere):
            ahead.extend(way.to for way in flow.everywhere.values())
