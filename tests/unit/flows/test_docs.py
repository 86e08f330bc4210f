"""docs/flows.md teaches the language as it is: each kind, field, service and way of saying; its examples hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from flows import document as doc
from flows.numbers_spoken import KINDS
from flows.services import SERVICES, Service
from prompts.catalogue import load_catalogues

PAGE = Path(__file__).resolve().parents[3] / "docs" / "flows.md"
TEXT = PAGE.read_text("utf-8")
QUESTION_FIELDS = set.intersection(
    *({*item.model_fields} for item in (doc.MenuNode, doc.ConsentNode, doc.CollectNode, doc.ChooseNode))
)


def section(heading: str) -> str:
    """The page from a heading to the next one of its level or above."""
    level = heading.index(" ")
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", TEXT, re.M | re.S)
    assert found, f"docs/flows.md has no {heading}"
    return found[1]


def kind_of(node: type[BaseModel]) -> str:
    return str(get_args(node.model_fields["kind"].annotation)[0])


def names(model: type[BaseModel]) -> list[str]:
    """Fields as they are written in YAML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def examples(text: str) -> Iterator[Any]:
    for block in re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.M):
        if block.strip():
            yield yaml.load(block, yaml.BaseLoader)


@pytest.mark.parametrize("node", doc.NODE_DOCUMENTS, ids=kind_of)
def test_every_kind_of_node_is_there_with_every_field(node: type[BaseModel]) -> None:
    of_its_own = section(f"### `{kind_of(node)}`")
    of_all = section("## Every kind of node").split("\n### ")[0]
    is_question = {*node.model_fields} >= QUESTION_FIELDS
    for name in names(node):
        shared = name in ("kind", "title") or (is_question and name in QUESTION_FIELDS)
        assert f"`{name}`" in (of_all if shared else of_its_own), name


@pytest.mark.parametrize(
    ("model", "heading"),
    [
        (doc.FlowDocument, "## How a flow is written"),
        (doc.GoTo, "### Where an answer leads"),
        (doc.Variable, "### Variables"),
        (doc.Case, "### `branch`"),
        (doc.Test, "### `branch`"),
    ],
)
def test_what_nodes_are_made_of_is_there_with_every_field(model: type[BaseModel], heading: str) -> None:
    text = section(heading)
    assert [name for name in names(model) if f"`{name}`" not in text] == []


def test_every_type_of_variable_and_every_target_is_there() -> None:
    types = get_args(doc.Variable.model_fields["type"].annotation)
    assert [name for name in types if f"`{name}`" not in section("### Variables")] == []
    targets = get_args(doc.TransferNode.model_fields["target"].annotation)
    assert [name for name in targets if f"`{name}`" not in section("### `transfer`")] == []


def test_every_way_of_saying_a_value_is_there_and_no_other() -> None:
    table = section("### Prompts").partition("| `as` |")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == list(KINDS)


@pytest.mark.parametrize(("name", "service"), SERVICES.items(), ids=list(SERVICES))
def test_every_service_is_there_as_it_is_declared(name: str, service: Service) -> None:
    row = re.search(rf"^\| `{name}` \| (.*) \| (.*) \| (.*) \| (.*) \|$", section("## Services"), re.M)
    assert row, f"docs/flows.md has no service {name}"
    takes, gives, outcomes = (re.findall(r"`(\w+)`", cell) for cell in row.groups()[1:])
    assert (row[1], takes, gives, outcomes) == (service.does, [*service.takes], [*service.gives], [*service.outcomes])


def test_every_example_of_a_node_is_one_and_its_prompts_exist() -> None:
    known = set.intersection(*(set(item.prompts) for item in load_catalogues().values()))
    checked = set()
    for example in examples(section("## Every kind of node")):
        for node in example.values():
            read = TypeAdapter[Any](doc.NodeDocument).validate_python(node)
            checked.add(read.kind)
            for name in ("prompt", "wrong", "silent", "busy", "nobody"):
                assert {item for item in getattr(read, name, ()) if isinstance(item, str)} <= known
    assert checked == {kind_of(node) for node in doc.NODE_DOCUMENTS} - {"subflow"}  # its example stands under Parts


def test_every_link_leads_to_something() -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", TEXT):
        file = (PAGE.parent / target).resolve() if target else PAGE
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{target}#{anchor}"
