"""The callers of `bench caller` follow the flows as they are, so that no table is of a menu that is gone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.caller.scripts import SCRIPTS, Script, Step, trials
from config.settings import CHECKOUT
from flows.definition import Collect, Flow, Menu, Question
from flows.loader import load_flows
from prompts.catalogue import load_catalogues

STEPS = [pytest.param(script, step, id=f"{script.name}-{step.node}") for script in SCRIPTS for step in script.steps]


@pytest.fixture(scope="module")
def flows() -> Mapping[str, Flow]:
    return load_flows(CHECKOUT / "flows" / "definitions")


@pytest.mark.parametrize(("script", "step"), STEPS)
def test_every_step_is_a_question_of_its_flow_that_takes_the_key(
    script: Script, step: Step, flows: Mapping[str, Flow]
) -> None:
    flow = flows[script.flow]
    node = flow.nodes[step.node]
    assert isinstance(node, Question)
    if isinstance(node, Menu):
        assert step.keys in node.keys or step.keys in flow.everywhere
    if isinstance(node, Collect):
        assert step.keys[-1] != "#" or node.skip or len(step.keys) > 1


@pytest.mark.parametrize(("script", "step"), STEPS)
def test_who_hears_a_question_out_waits_for_its_last_prompt(
    script: Script, step: Step, flows: Mapping[str, Flow]
) -> None:
    node = flows[script.flow].nodes[step.node]
    if isinstance(node, Menu | Collect) and node.prompt:
        in_greeting = step.hears in node.greeting
        assert step.awaited("everything") == (step.hears if in_greeting else node.prompt[-1])


def test_every_prompt_that_is_waited_for_has_words() -> None:
    known = load_catalogues()["hi"].prompts
    waited_for = {step.awaited(way) for script in SCRIPTS for step in script.steps for way in ("option", "everything")}
    assert waited_for <= known.keys()


def test_the_limits_are_those_of_the_issue() -> None:
    limits = {trial.name: trial.limit for trial in trials() if trial.limit is not None}
    assert limits == {
        "first/option": 75,
        "returning/option": 25,
        "first/first_sound": 8,
        "ambulance/option": 5,
        "ambulance/first_sound": 5,
    }
