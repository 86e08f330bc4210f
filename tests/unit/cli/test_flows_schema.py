"""flows/schema.json: what an editor underlines while somebody writes a flow, and what it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from cli.flow_schema import FILE, schema_text
from config.settings import CHECKOUT
from flows.document import FlowDocument

DEFINITIONS = sorted((CHECKOUT / "flows" / "definitions").glob("*.yaml"))
SCHEMA = json.loads(schema_text())
BOOL = "tag:yaml.org,2002:bool"


class EditorsYaml(yaml.SafeLoader):
    """YAML 1.2, as editors read it: `yes` is a word, only true and false are not."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


EditorsYaml.add_implicit_resolver(BOOL, re.compile("^(true|false)$"), list("tf"))


def underlined(text: str) -> list[str]:
    data = as_json(yaml.load(text, EditorsYaml))
    return [str(list(error.instance_path)) for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(data)]


def as_json(data: Any) -> Any:
    """With every key a word, as in JSON."""
    if isinstance(data, dict):
        return {str(key): as_json(value) for key, value in data.items()}
    return [as_json(item) for item in data] if isinstance(data, list) else data


def test_the_committed_schema_is_current() -> None:
    assert FILE.read_text("utf-8") == schema_text(), "run ./helpline flows schema"


def test_the_schema_knows_every_kind_of_node_and_explains_it() -> None:
    kinds = {name for name in SCHEMA["$defs"] if name.endswith("Node")}
    assert len(kinds) == 16
    assert all(SCHEMA["$defs"][name].get("description") for name in kinds)
    assert set(SCHEMA["properties"]) == set(FlowDocument.model_fields)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_every_definition_names_the_schema_and_fits_it(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema.json\n")
    assert underlined(text) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("kind: menu", "kind: menue"),
        ("exhausted: bye", "exhausted: 7"),
        ("1: bye", "11: bye"),
        ("prompt: welcome", "promt: welcome"),
        ("prompt: welcome", "prompt: {value: age, as: dance}"),
        ("retries: 1", "retries: 9"),
        ("start: hello", ""),
    ],
)
def test_a_mistake_is_underlined(right: str, wrong: str) -> None:
    flow = """
flow: greet
start: hello
nodes:
  hello: {kind: menu, prompt: welcome, keys: {1: bye}, retries: 1, exhausted: bye}
  bye: {kind: goodbye, prompt: [goodbye.patient]}
"""
    assert right in flow
    assert underlined(flow) == []
    assert underlined(flow.replace(right, wrong, 1)) != []
