"""The stories beside the flows: what is heard in each is committed, so that a change of it shows as a diff."""

from __future__ import annotations

import difflib

import pytest

from cli.simulator.golden import Story, stories, strays, told
from cli.simulator.wording import words_of
from config.settings import CHECKOUT
from prompts.catalogue import load_catalogues
from tests.unit.flows.conftest import FLOWS

FOLDER = CHECKOUT / "flows" / "definitions"
UPDATE = "look at it; if this is what callers should hear: ./helpline flows simulate --update-golden"
WORDS = words_of(load_catalogues())


@pytest.mark.parametrize("story", stories(FOLDER), ids=str)
def test_a_story_is_heard_as_it_was_committed(story: Story) -> None:
    text, _ = told(FLOWS[story.flow], story.script, WORDS)
    committed = story.transcript.read_text("utf-8") if story.transcript.exists() else ""
    if text != committed:
        lines = committed.splitlines(), text.splitlines()
        changes = difflib.unified_diff(*lines, "committed", "heard now", lineterm="", n=1)
        pytest.fail("\n".join([f"{story.transcript}: {UPDATE}", *changes]), pytrace=False)


@pytest.mark.parametrize("story", stories(FOLDER), ids=str)
def test_no_story_comes_by_a_prompt_without_words(story: Story) -> None:
    assert "<" not in told(FLOWS[story.flow], story.script, WORDS)[0]


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_every_flow_has_at_least_three_stories(name: str) -> None:
    assert len(stories(FOLDER, name)) >= 3


def test_no_transcript_is_left_without_its_script() -> None:
    assert strays(FOLDER) == []
