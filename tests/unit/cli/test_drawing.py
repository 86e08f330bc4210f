"""What a drawing of a flow says, with a layout that puts everything in a row: places are Graphviz's business."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cli.drawing.command import draw_command, words_in
from flows.definition import Flow
from flows.loader import parse_flow
from flows.picture import draw
from flows.picture.digraph import as_dot
from flows.picture.measure import width, wrap
from flows.picture.sketch import Sketch, sketch
from flows.picture.vocabulary import WORDS, vocabulary
from flows.picture.wording import Wording, purpose
from flows.services import SERVICES

TEXTS = {
    "menu.main": "बुख़ार या खाँसी के लिए एक, दिल की बीमारी के लिए दो दबाएँ।",
    "oxygen": "क्या साँस फूल रही है? हाँ के लिए एक, नहीं के लिए दो दबाएँ।",
    "goodbye": "धन्यवाद।",
    "ambulance": "हम एम्बुलेंस से जोड़ रहे हैं।",
}


def words(prompt_id: str) -> str:
    return TEXTS.get(prompt_id, "")


def in_a_row(dot: str) -> str:
    """What Graphviz would write, had it put everything of this graph in one row."""
    objects: list[dict[str, Any]] = [
        {"name": name, "pos": f"{at * 10},50"} for at, name in enumerate(re.findall(r"^([ne]\d+) \[width", dot, re.M))
    ]
    objects += [{"name": name, "bb": "0,0,100,100"} for name in re.findall(r"subgraph (\w+) ", dot)]
    ways = re.findall(r"^\w+ -> \w+ \[id=(\w+)", dot, re.M)
    edges = [{"id": way, "pos": "e,5,5 1,1 2,2 3,3 4,4", "lp": "2,2"} for way in ways]
    return json.dumps({"bb": "0,0,100,100", "objects": objects, "edges": edges})


def flow_of(nodes: Mapping[str, Any], **more: Any) -> Flow:
    document = {"flow": "small", "audience": "doctor", "start": next(iter(nodes)), "nodes": nodes, **more}
    return parse_flow(document, "0123456789ab", "small.yaml")


def small_flow(**title: str) -> Flow:
    return flow_of(
        {
            "main": {
                "kind": "menu",
                "title": title or {"hi": "मुख्य मेन्यू", "en": "Main menu"},
                "prompt": "menu.main",
                "keys": {"1": "oxygen", "2": "oxygen"},
                "exhausted": "goodbye",
            },
            "oxygen": {"kind": "triage", "prompt": "oxygen", "yes": "ambulance", "no": "main", "exhausted": "goodbye"},
            "ambulance": {
                "kind": "transfer",
                "target": "ambulance",
                "prompt": "ambulance",
                "done": "goodbye",
                "failed": "goodbye",
            },
            "goodbye": {"kind": "goodbye", "prompt": "goodbye"},
        },
        everywhere={"8": "ambulance", "9": "main"},
    )


def shown(flow: Flow, language: str = "hi") -> Sketch:
    return sketch(flow, Wording(flow, language, words, vocabulary(language)))


def texts(svg: str) -> list[str]:
    return ["".join(item.itertext()) for item in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_node_has_a_box_with_its_title_or_else_with_its_words() -> None:
    titles = {box.name: " ".join(box.title) for box in shown(small_flow()).boxes}
    assert titles == {
        "main": "मुख्य मेन्यू",
        "oxygen": "क्या साँस फूल रही है? हाँ के लिए एक, नहीं के लिए दो दबाएँ।",
        "ambulance": "एम्बुलेंस",
        "goodbye": "धन्यवाद।",
    }


def test_a_box_says_what_kind_of_thing_it_is() -> None:
    kinds = {box.name: (box.kind, box.tag) for box in shown(small_flow(), "en").boxes}
    assert kinds == {
        "main": ("question", "Question"),
        "oxygen": ("triage", "Danger sign?"),
        "ambulance": ("ambulance", "Connected to another service"),
        "goodbye": ("end", "End"),
    }


def test_keys_that_lead_to_the_same_box_are_one_line_labelled_with_what_the_prompt_calls_them() -> None:
    lines = {(line.source, line.to): line.label for line in shown(small_flow()).lines}
    assert lines[("main", "oxygen")] == ("1 बुख़ार या खाँसी", "2 दिल की बीमारी")


def test_a_way_back_is_named_in_the_box_and_is_no_line() -> None:
    sketched = shown(small_flow())
    oxygen = next(box for box in sketched.boxes if box.name == "oxygen")
    assert "2 नहीं → मुख्य मेन्यू" in [row.text for row in oxygen.rows]
    assert ("oxygen", "main") not in {(line.source, line.to) for line in sketched.lines}


def test_keys_that_count_anywhere_are_listed_once_and_lead_in_from_one_place_each() -> None:
    sketched = shown(small_flow(), "en")
    assert sketched.anywhere == ("8 Ambulance", "9 Main menu")
    assert [(entry.label, entry.to) for entry in sketched.entries][:3] == [
        ("Start", "main"),
        ("From anywhere 8", "ambulance"),
        ("From anywhere 9", "main"),
    ]


def test_every_way_is_somewhere_in_the_drawing() -> None:
    sketched = shown(small_flow())
    drawn = {(line.source, line.to) for line in sketched.lines}
    named = {(box.name, row.to) for box in sketched.boxes for row in box.rows}
    assert drawn | named == {
        ("main", "oxygen"),
        ("main", "goodbye"),
        ("oxygen", "ambulance"),
        ("oxygen", "main"),
        ("oxygen", "goodbye"),
        ("ambulance", "goodbye"),
    }
    assert not drawn & named


def test_parts_are_frames_around_their_boxes() -> None:
    part = parse_flow(
        {
            "flow": "part",
            "audience": "doctor",
            "exits": ["done"],
            "start": "inside",
            "nodes": {"inside": {"kind": "say", "prompt": "goodbye", "go": "@done"}},
        },
        "0" * 12,
        "part.yaml",
    )
    flow = parse_flow(
        {
            "flow": "whole",
            "audience": "doctor",
            "start": "asked",
            "nodes": {
                "asked": {"kind": "subflow", "flow": "part", "title": {"hi": "सवाल"}, "exits": {"done": "goodbye"}},
                "goodbye": {"kind": "goodbye", "prompt": "goodbye"},
            },
        },
        "1" * 12,
        "whole.yaml",
        parts={"part": part},
    )
    sketched = shown(flow)
    assert sketched.parts == {"asked": "सवाल"}
    dot = as_dot(sketched)
    frame = dot[dot.index("subgraph cluster_0") : dot.index("}", dot.index("subgraph cluster_0"))]
    inside = [box.name for box in sketched.boxes].index("asked/inside")
    assert f"n{inside} [" in frame
    assert f"n{1 - inside} [" not in frame
    # Alone, a part is left by an exit.
    assert [row.text for row in shown(part).boxes[0].rows] == ["→ बाहर: done"]


@pytest.mark.parametrize("title", ['<b>"A & B"</b>', "]]> --> '", "\\N } -> n1 [", "a\x00b\ufffe"])
def test_a_title_may_hold_anything(title: str) -> None:
    svg = draw(small_flow(hi=title), "hi", words, in_a_row)
    read = "".join(texts(svg))
    assert re.sub("[\x00\ufffe\\s]", "", title) in re.sub(r"\s", "", read)
    assert title not in as_dot(shown(small_flow(hi=title)))


def test_the_same_flow_is_the_same_bytes() -> None:
    assert draw(small_flow(), "hi", words, in_a_row) == draw(small_flow(), "hi", words, in_a_row)


def test_a_drawing_needs_no_style_script_or_font_of_its_own() -> None:
    svg = draw(small_flow(), "hi", words, in_a_row)
    assert not re.search(r"<style|<script|style=|@font-face|https?://(?!www\.w3\.org/2000/svg)", svg)


@pytest.mark.parametrize(
    ("language", "prompt", "expected"),
    [
        ("hi", "बुख़ार के लिए एक, दिल के लिए दो, और मुख्य मेन्यू के लिए नौ दबाएँ।", {1: "बुख़ार", 2: "दिल", 9: "मुख्य मेन्यू"}),
        ("hi", "दो घंटे के लिए एक, चार घंटे के लिए दो दबाएँ।", {1: "दो घंटे", 2: "चार घंटे", 4: ""}),
        ("en", "For fever, press one. For the heart, two.", {1: "fever", 2: "the heart", 3: ""}),
        ("en", "For two hours press one, or for four hours, two.", {1: "two hours", 2: "four hours"}),
        ("en", "One moment, please.", {1: ""}),
    ],
)
def test_what_a_key_is_for_is_read_from_the_prompt(language: str, prompt: str, expected: dict[int, str]) -> None:
    assert {key: purpose(prompt, key, vocabulary(language)) for key in expected} == expected


def test_long_words_are_cut_between_letters_and_not_within_one() -> None:
    (line,) = wrap("स्वास्थ्यकेंद्रोंकीसूचीमेंसबसेपासवाला", 13, 120, 1)
    assert line.endswith("…")
    assert not line.endswith("्…")
    assert width(line, 13) <= 120


def test_every_fixed_word_is_there_in_hindi_and_english() -> None:
    lines = [line for line in WORDS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if "{hi: " not in line or ", en: " not in line] == []


def test_every_service_and_every_way_it_can_end_has_words() -> None:
    fixed = vocabulary("hi")
    assert [name for name in SERVICES if not fixed.get(f"service.{name}")] == []
    outcomes = {outcome for service in SERVICES.values() for outcome in service.outcomes}
    assert [outcome for outcome in sorted(outcomes) if not fixed.get(f"outcome.{outcome}")] == []


def test_another_language_is_drawn_with_english_fixed_words() -> None:
    assert vocabulary("mr")["start"] == vocabulary("en")["start"]


def test_an_unknown_flow_or_language_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert draw_command("nothing", out=tmp_path / "x.svg") == 1
    assert "There is no flow 'nothing'; there are " in capsys.readouterr().err
    assert draw_command("disposition", "xx", tmp_path / "x.svg") == 1
    assert "There is no language 'xx'" in capsys.readouterr().err
    assert not (tmp_path / "x.svg").exists()


def test_words_of_the_catalogue_are_given_by_id_and_unknown_ids_are_silent() -> None:
    assert words_in("hi")("welcome")
    assert words_in("hi")("no.such.prompt") == ""
