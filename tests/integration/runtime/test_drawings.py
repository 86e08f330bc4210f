"""The drawings of the shipped flows, by the real Graphviz, in the real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from cli.drawing.command import DRAWINGS, dot, draw_all, draw_command, words_in
from cli.runtime import chromium
from config.graphviz import Dot, LayoutFailed, find_dot
from config.settings import CHECKOUT
from flows.loader import load_flows
from flows.picture import draw

FLOWS_DIR = CHECKOUT / "flows" / "definitions"

# Words that stick out of the rectangle they are in, and boxes that lie on each other.
_FAULTS = """() => {
    const boxes = [...document.querySelectorAll("g[id^=node-]")];
    const within = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
    const sticking = boxes.flatMap(box => {
        const frame = box.querySelector("rect").getBoundingClientRect();
        return [...box.querySelectorAll("text")]
            .filter(text => !within(text.getBoundingClientRect(), frame)).map(text => text.textContent);
    });
    const frames = boxes.map(box => [box.id, box.querySelector("rect").getBoundingClientRect()]);
    const meeting = frames.flatMap(([one, a], at) => frames.slice(at + 1)
        .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map(([other]) => one + " on " + other));
    return [boxes.length, sticking, meeting];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    install = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=install.executable, args=list(install.args), env={**os.environ, **install.env}
        )
        yield browser.new_page()
        browser.close()


@pytest.mark.browser
def test_in_every_drawing_words_stay_in_their_boxes_and_boxes_beside_each_other(page: Page, tmp_path: Path) -> None:
    flows = load_flows(FLOWS_DIR)
    faults = {}
    for path in draw_all(FLOWS_DIR, tmp_path, dot()):
        page.goto(path.as_uri())
        count, sticking, meeting = page.evaluate(_FAULTS)
        assert count == len(flows[path.name.split(".")[0]].nodes)
        if sticking or meeting:
            faults[path.name] = (sticking, meeting)
    assert faults == {}


def test_the_drawings_in_docs_are_those_of_the_flows_as_they_are() -> None:
    flows = load_flows(FLOWS_DIR)
    drawn = {path.name: path.read_text("utf-8") for path in DRAWINGS.glob("*.svg")}
    expected = {f"{name}.{language}.svg" for name in flows for language in ("hi", "en")}
    advice = "draw them anew with `./helpline flows draw all`"
    assert set(drawn) == expected, advice
    outdated = [name for name, svg in drawn.items() if flows[name.split(".")[0]].version not in svg]
    assert outdated == [], advice


def test_the_same_flow_is_drawn_the_same_twice() -> None:
    flow = load_flows(FLOWS_DIR)["line_104"]
    one, other = (draw(flow, "hi", words_in("hi"), dot().lay_out) for _ in range(2))
    assert one == other


def test_one_flow_goes_to_the_named_file(tmp_path: Path) -> None:
    assert draw_command("disposition", "en", tmp_path / "picture.svg") == 0
    assert "</svg>" in (tmp_path / "picture.svg").read_text("utf-8")


def test_a_dot_that_refuses_says_why(tmp_path: Path) -> None:
    with pytest.raises(LayoutFailed, match="syntax error"):
        dot().lay_out("digraph {")
    with pytest.raises(LayoutFailed, match="could not lay out"):
        Dot(tmp_path / "gone").lay_out("digraph {}")


def test_without_any_dot_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_dot() is None
    assert find_dot(str(tmp_path / "gone")) is None
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_dot() == Dot(program)
