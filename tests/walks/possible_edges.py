"""PURE: which edges no caller can ever take, proved and not guessed: parts ask about things that not every line has.

A variable's possible values are followed through the flow, node by node, too many rather than too few; an edge is
impossible where a branch never finds a value that meets its condition, and whatever lies behind such an edge only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.branching import holds
from flows.definition import (
    Bounds,
    Branch,
    Choose,
    Collect,
    Edge,
    Flow,
    SeekDoctor,
    UseService,
    edges,
)
from flows.services import GIVEN, SERVICES
from tests.walks.choices import Choices

_OTHER = "?"  # some value that no branch names
Values = Mapping[str, frozenset[str]]


def impossible(flow: Flow) -> list[Edge]:
    """The edges that no answers, services or doctors can lead anybody over."""
    return _Possible(flow).impossible()


class _Possible:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.matter = Choices.of(flow).matter
        self.leaving: dict[str, list[Edge]] = {}
        for edge in edges(flow):
            self.leaving.setdefault(edge.node, []).append(edge)
        self.known: dict[str, Values] = {}

    def impossible(self) -> list[Edge]:
        begin = {name: self.anything(name) if name in GIVEN else frozenset({""}) for name in self.matter}
        waiting: list[tuple[str, Values]] = [(self.flow.start, begin)]
        possible: set[tuple[str, str]] = set()
        while waiting:
            node, values = waiting.pop()
            if not self.learn(node, values):
                continue
            for edge in self.leaving.get(node, []):
                if (after := self.after(edge, self.known[node])) is not None:
                    possible.add((edge.node, edge.by))
                    waiting.append((edge.go.to, after))
            waiting += [(route, self.known[node]) for route in self.routes_of(node)]
        return [edge for edge in edges(self.flow) if (edge.node, edge.by) not in possible]

    def learn(self, node: str, values: Values) -> bool:
        """Whether anything at the node is new."""
        before = self.known.get(node)
        joined = {name: values[name] | (before or {}).get(name, frozenset()) for name in values}
        self.known[node] = joined
        return joined != before

    def routes_of(self, node: str) -> Iterator[str]:
        """The searches during which the node's question may be asked: a doctor may come there."""
        for name, route in self.flow.nodes.items():
            for item in route.meanwhile if isinstance(route, SeekDoctor) else ():
                if node == item or node.startswith(f"{item}/"):
                    yield name

    def after(self, edge: Edge, values: Values) -> Values | None:
        """What may be known behind the edge; None where nobody can take it."""
        node = self.flow.nodes[edge.node]
        found: dict[str, frozenset[str]] | None = dict(values)
        assert found is not None
        if edge.by == "full" and isinstance(node, SeekDoctor):
            return None  # nobody fills the queue of the rehearsal; tests/telephone/test_queue.py has one that is full
        match node:
            case Collect(name=name) if edge.by == "value" and name in found:
                found[name] = self.anything(name) - {""}
            case Choose(name=name) if edge.by == "item" and name in found:
                found[name] = self.anything(name) - {""}
            case UseService(service=service) if edge.by != "failed":
                for name in SERVICES[service].gives.keys() & found.keys():
                    found[name] |= self.anything(name)
            case Branch():
                found = self.through(node, edge.by, values)
        if found is not None:
            found |= {name: frozenset({value}) for name, value in edge.go.assign.items() if name in found}
        return found

    def through(self, node: Branch, by: str, values: Values) -> dict[str, frozenset[str]] | None:
        left = dict(values)
        for number, case in enumerate(node.cases, 1):
            if by == f"case:{number}":
                for name, condition in case.when.items():
                    left[name] = frozenset(value for value in left[name] if _may_hold(condition, value))
                break
            if len(case.when) == 1:  # whoever goes further has not met it
                ((name, condition),) = case.when.items()
                left[name] = frozenset(value for value in left[name] if value == _OTHER or not holds(condition, value))
        return left if all(left.values()) else None

    def anything(self, name: str) -> frozenset[str]:
        declared = self.flow.variables.get(name)
        of = declared.of if declared else ()
        return frozenset({*self.matter[name], *of, "", _OTHER})


def _may_hold(condition: object, value: str) -> bool:
    if isinstance(condition, Bounds):
        return (value == _OTHER and condition.known is not False) or holds(condition, value)
    assert isinstance(condition, tuple)
    return holds(condition, value)
