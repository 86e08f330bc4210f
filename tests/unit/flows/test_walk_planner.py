"""The plan for the telephone test: its walks come by every edge of every flow that any caller could come by."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from flows.definition import Branch, Edge, edges
from flows.loader import load_flows
from tests.unit.flows.conftest import FLOWS
from tests.walks.hurry import hurried_flows
from tests.walks.planner import Went, plan
from tests.walks.possible_edges import impossible

# In a part that a line uses, but behind a question that the line never asks.
NOT_ASKED = {
    # These lines have no key for fever.
    "opd_line": ("red_flags/fever", "red_flags/spo2", "red_flags/days", "red_flags/after_spo2"),
    "specialist_line": ("red_flags/fever", "red_flags/spo2", "red_flags/days", "red_flags/after_spo2"),
    # Nobody fills the queue of the rehearsal; tests/telephone/test_queue.py has one that is full.
    "smallest": ("full",),
}


class Plans:
    """The hurried flows, and the plan of each, made once."""

    def __init__(self, folder: Path) -> None:
        self.flows = load_flows(hurried_flows(folder))
        self.plan = cache(lambda name: plan(self.flows[name]))
        self.impossible = cache(lambda name: impossible(self.flows[name]))


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Plans:
    return Plans(tmp_path_factory.mktemp("flows"))


def went(edge: Edge) -> Went:
    return Went(edge.node, edge.by, edge.go.to)


def test_the_hurried_flows_have_the_shipped_ones_edges(plans: Plans) -> None:
    assert plans.flows.keys() == FLOWS.keys()
    for name, flow in FLOWS.items():
        assert list(edges(plans.flows[name])) == list(edges(flow))
        assert plans.flows[name].prompts() == flow.prompts()


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_the_walks_come_by_every_edge(name: str, plans: Plans) -> None:
    walks = plans.plan(name)
    walked = {edge for walk in walks for edge in walk.edges}
    never = {went(edge) for edge in plans.impossible(name)}
    assert walked | never == {went(edge) for edge in edges(plans.flows[name])}
    assert not walked & never
    seconds = sum(walk.seconds for walk in walks)
    print(f"{name}: {len(walks)} walks, {len(walked)} edges, about {seconds:.0f} s of calls")


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_somebody_hangs_up_in_every_node_in_which_one_can_be(name: str, plans: Plans) -> None:
    walks = plans.plan(name)
    stood = {moment.node for walk in walks for moment in walk.moments}
    assert stood == {walk.hangs_up_in for walk in walks} - {""}


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_what_no_caller_comes_by_is_behind_a_question_that_the_line_does_not_ask(name: str, plans: Plans) -> None:
    for edge in plans.impossible(name):
        inside = edge.node.startswith(NOT_ASKED.get(name, ())) or edge.by == "full"
        assert inside or isinstance(plans.flows[name].nodes[edge.node], Branch), f"{edge}"
