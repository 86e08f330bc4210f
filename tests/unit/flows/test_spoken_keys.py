"""What a sentence tells people to press does something where the sentence is heard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from flows.definition import Choose, Flow, Menu, Node, SeekDoctor, everywhere_counts
from prompts.catalogue import load_catalogues
from tests.unit.flows.conftest import FLOWS

CATALOGUES = load_catalogues()
DIGITS = {
    "hi": ["शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"],
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
}
# A key is named at the end of a clause, or before the verb; "दो घंटे", "for ages two to five" name none.
KEY = {
    "hi": r"(?<!सौ )(?<!चार )(?<!\S)({})(?= दबाएँ|[।;,](?!\S))",
    "en": r"(?<!zero )(?<!four )(?<!\S)({})(?=[.;,]| for | to )",
}


def named(language: str, prompt: str) -> set[str]:
    """The keys that a prompt names."""
    text = CATALOGUES[language].prompts[prompt].text
    words = DIGITS[language]
    found = re.findall(KEY[language].format("|".join(words)), text)
    return {str(words.index(word.lower())) for word in found}


def told(node: Node) -> Iterator[str]:
    """The prompts that stand while keys count at a node: what is said of a wrong key is heard before them."""
    for field in ("prompt", "greeting", "busy", "nobody", "silent"):
        if not (isinstance(node, SeekDoctor) and field == "prompt"):
            yield from (prompt for prompt in getattr(node, field, ()) if prompt[0] not in "$=?&")


def counting(flow: Flow, node: Node) -> set[str]:
    own = set(node.keys) if isinstance(node, Menu | SeekDoctor) else set()
    own |= set("1234567") if isinstance(node, Choose) else set()
    return own | {key for key in flow.everywhere if everywhere_counts(node, key)}


@pytest.mark.parametrize("language", ["hi", "en"])
@pytest.mark.parametrize("name", sorted(FLOWS))
def test_every_key_that_is_named_counts(name: str, language: str) -> None:
    flow, wrong = FLOWS[name], []
    for place, node in flow.nodes.items():
        if isinstance(node, Menu | Choose | SeekDoctor):
            keys = counting(flow, node)
            wrong += [(place, prompt, key) for prompt in told(node) for key in named(language, prompt) - keys]
    assert wrong == []


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_choice_of_a_menu_is_named(language: str) -> None:
    """Keys that nobody is told of are 8 and 9 and 0, which the greeting and the help tell, and 8 pressed twice."""
    untold = []
    for flow in FLOWS.values():
        for place, node in flow.nodes.items():
            if isinstance(node, Menu) and not any(prompt[0] == "$" for prompt in node.prompt):
                said = set().union(*(named(language, prompt) for prompt in told(node)))
                untold += [(flow.name, place, key) for key in sorted(set(node.keys) - said - set("890"))]
    assert untold == []
