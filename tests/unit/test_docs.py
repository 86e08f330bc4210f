"""The pages keep what they promise: links lead somewhere, complaints have their tests, no page knows this machine."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.__main__ import app
from config.settings import NOT_SETTINGS, Settings

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/adr/*.md")]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")

# What users of such systems complain of, in a word or two that the table must have.
COMPLAINTS = (
    "busy volunteer",
    "voicemail",
    "cannot say no",
    "nobody on duty",
    "ring-all",
    "two doctors",
    "wrap-up",
    "callbacks",
    "transfers",
    "did *not* pick up",
    "number is lost",
    "off-shift",
)


def complaints() -> dict[str, list[str]]:
    """The tests of each complaint, from the table in docs/routing.md."""
    text = (ROOT / "docs/routing.md").read_text("utf-8")
    section = text.split("## What users of such systems complain of")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    return {row[0].strip(): re.findall(r"`(test_\w+)`", row[2]) for row in rows if set(row[0].strip()) != {"-"}}


@cache
def running_tests() -> frozenset[str]:
    """The names of all tests that are not skipped or expected to fail."""
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
                if not re.search(r"\b(skip|skipif|xfail)\b", marks):
                    found.add(node.name)
    return frozenset(found)


def test_every_complaint_stands_in_the_table() -> None:
    told = [complaint.lower() for complaint in complaints()]
    assert len(told) == len(COMPLAINTS)
    assert [word for word in COMPLAINTS if not any(word in complaint for complaint in told)] == []


@pytest.mark.parametrize("complaint", complaints())
def test_a_complaint_has_tests_that_bear_its_name_and_run(complaint: str) -> None:
    names = complaints()[complaint]
    assert names, "no test is named"
    assert [name for name in names if name not in running_tests()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something(page: Path) -> None:
    broken = []
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in headings(file)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


@cache
def headings(file: Path) -> frozenset[str]:
    """As GitHub makes anchors of them."""
    titles = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_knows_the_machine_it_was_written_on(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|root|home/\w+|tmp/\w+)/\S*", page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_a_page_names_exists(page: Path) -> None:
    known = {f"HELPLINE_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    named = set(re.findall(r"HELPLINE_[A-Z_]*[A-Z](?![A-Z_])(?!_?…)", page.read_text("utf-8")))
    assert sorted(named - known) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    command = typer.main.get_command(app)
    known: dict[str, Any] = getattr(command, "commands")  # noqa: B009
    said = re.findall(r"\./helpline ([a-z]+)", page.read_text("utf-8"))
    assert sorted(set(said) - known.keys()) == []


def test_every_flow_stands_on_its_page() -> None:
    page = (ROOT / "docs/flows.md").read_text("utf-8")
    assert [one.stem for one in (ROOT / "flows/definitions").glob("*.yaml") if f"`{one.stem}`" not in page] == []
