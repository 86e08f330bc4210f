"""A broken flow is refused before anybody hears it, with the file, the node and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.errors import FlowError
from flows.loader import load_flow, load_flows, parse_flow
from prompts.catalogue import load_catalogues

DEFINITIONS = Path(__file__).parents[3] / "flows" / "definitions"
BYE = {"kind": "say", "prompt": ["bye"]}


def menu(**changes: Any) -> dict[str, Any]:
    return {"kind": "menu", "prompt": ["m"], "keys": {1: "bye"}, "exhausted": "bye", **changes}


def collect(**changes: Any) -> dict[str, Any]:
    ways = {"go": "bye", "exhausted": "bye"}
    return {"kind": "collect", "name": "age", "prompt": ["a"], "least": 0, "most": 120, **ways, **changes}


def seek(**changes: Any) -> dict[str, Any]:
    prompts = {"prompt": ["s"], "busy": ["b"], "nobody": ["n"]}
    return {"kind": "seek", **prompts, "keys": {}, "after": "bye", "gave_up": "bye", **changes}


def transfer(**changes: Any) -> dict[str, Any]:
    return {"kind": "transfer", "target": "ambulance", "prompt": ["t"], "done": "bye", "failed": "bye", **changes}


def flow(first: Any, **changes: Any) -> dict[str, Any]:
    return {"flow": "f", "start": "first", "nodes": {"first": first, "bye": BYE}, **changes}


def refusal(data: Any) -> str:
    with pytest.raises(FlowError) as caught:
        parse_flow(data, "1", "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize("node", [menu(), collect(), seek(), transfer()])
def test_a_sound_flow_of_each_kind_is_accepted(node: Any) -> None:
    assert parse_flow(flow(node), "1", "f.yaml").nodes["first"]


def test_the_delivered_flows_say_only_prompts_that_are_worded() -> None:
    flows = load_flows(DEFINITIONS)
    assert set(flows) == {"line_104", "offer", "disposition"}
    worded = set(load_catalogues()["hi"].prompts)
    for item in flows.values():
        assert item.prompts() <= worded, item.name


def test_every_greeting_wrong_key_and_way_counts_among_a_flows_prompts() -> None:
    said = parse_flow(
        flow(menu(greeting=["g"], wrong=["w"], exhausted={"go": "bye", "say": ["x", "$phrase"]})), "1", "f.yaml"
    ).prompts()
    assert said == {"g", "m", "w", "x", "bye"}


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (None, "`kind` must be one of"),
        (["kind"], "`kind` must be one of"),
        ({"kind": ["menu"]}, "`kind` must be one of"),
        ({"kind": "dance"}, "`kind` must be one of menu, collect"),
        (menu(colour="red"), "colour"),
        ({"kind": "menu", "prompt": ["m"]}, "keys"),
        (menu(keys=["1"]), "keys: write `key: where it leads`"),
        (menu(keys={"*": "bye"}), "'*' is not a key from 0 to 9"),
        (menu(keys={10: "bye"}), "10 is not a key"),
        (menu(keys={True: "bye"}), "True is not a key"),
        (menu(keys={1: None}), "keys: 1: write the next node's name"),
        (menu(keys={1: {"set": {}}}), "write the next node's name"),
        (menu(keys={1: {"go": "bye", "jump": 1}}), "write the next node's name"),
        (menu(keys={1: {"go": "bye", "set": ["x"]}}), "`set` names answers"),
        (menu(keys={1: {"go": "bye", "say": [1]}}), "write prompt ids in a list"),
        (menu(keys={1: "nowhere"}), "leads to 'nowhere'"),
        (menu(on_silence="nowhere"), "leads to 'nowhere'"),
        (menu(prompt=[]), "`prompt` says nothing"),
        (menu(prompt=[""]), "write prompt ids"),
        (menu(prompt={"a": 1}), "prompt: write prompt ids in a list"),
        (menu(retries=-1), "`retries` cannot be -1"),
        (menu(retries=True), "`retries` cannot be True"),
        (menu(seconds=0), "`seconds` cannot be 0"),
        (menu(seconds="5"), "`seconds` cannot be '5'"),
        (menu(seconds=float("nan")), "`seconds` cannot be nan"),
        (menu(seconds=3600), "`seconds` cannot be 3600"),
        (menu(everywhere="no"), "`everywhere` cannot be 'no'"),
        (collect(star="nowhere"), "leads to 'nowhere'"),
        (collect(star=7), "`star` cannot be 7"),
        (collect(least="0"), "`least` cannot be '0'"),
        (collect(most=None), "`most` cannot be None"),
        (collect(least=130), "`least` must not be over `most`"),
        (collect(name=5), "`name` cannot be 5"),
        ({"kind": "say"}, "prompt"),
        ({"kind": "say", "prompt": []}, "`prompt` says nothing"),
        (seek(busy=[]), "`busy` says nothing"),
        (seek(stretch=0), "`stretch` cannot be 0"),
        (seek(every=0), "`every` cannot be 0"),
        (seek(give_up=0), "`give_up` cannot be 0"),
        (transfer(target="police"), "`target` must be one of ambulance"),
        ({"kind": "callback", "go": "first", "impossible": "bye"}, "leads back to itself"),
    ],
)
def test_a_broken_node_is_refused_by_file_and_name(node: Any, words: str) -> None:
    message = refusal(flow(node))
    assert message.startswith("f.yaml: node first")
    assert words in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "a flow needs `flow`, `start` and `nodes`"),
        ([], "a flow needs"),
        ({"flow": "f", "start": "first"}, "a flow needs"),
        ({"flow": "f", "start": "first", "nodes": []}, "a flow needs"),
        (flow(menu(), colour="red", weight=1), "unknown field 'colour'"),
        (flow(menu(), **{"1": 1, "start2": 2}), "unknown field '1'"),
        (flow(menu(), start="nowhere"), "start leads to 'nowhere'"),
        (flow(menu(), everywhere={8: "nowhere"}), "everywhere: 8 leads to 'nowhere'"),
        (flow(menu(), everywhere=None), "everywhere: write `key: where it leads`"),
        (flow(menu(), everywhere={"8a": "bye"}), "'8a' is not a key"),
        (flow(menu(keys={}, exhausted="first")), "nothing leads to node bye"),
    ],
)
def test_a_broken_flow_is_refused_by_file(data: Any, words: str) -> None:
    message = refusal(data)
    assert message.startswith("f.yaml: ")
    assert words in message


def test_callbacks_that_lead_in_a_circle_are_refused_because_nothing_would_ever_be_heard() -> None:
    nodes = {
        "first": {"kind": "callback", "go": "second", "impossible": "bye"},
        "second": {"kind": "callback", "go": "bye", "impossible": "first"},
        "bye": BYE,
    }
    assert "leads back to itself" in refusal({"flow": "f", "start": "first", "nodes": nodes})


def test_keys_that_count_everywhere_do_not_reach_from_where_they_do_not_count() -> None:
    broken = flow(menu(everywhere=False), everywhere={8: "help"})
    broken["nodes"]["help"] = BYE
    assert "nothing leads to node help" in refusal(broken)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"flow: [", "this is not YAML"),
        (b"\xff\xfe", "cannot be read as UTF-8"),
        (b"flow: f\nflow: g\n", "'flow' is there twice"),
        (b"flow: f\nstart: a\nnodes:\n  a: {kind: menu, keys: {1: a, '1': b}}\n", "'1' is there twice"),
        (b"flow: !!python/object:os.system {}\n", "this is not YAML"),
        (b"flow: g\nstart: a\nnodes:\n  a: {kind: say, prompt: [x]}\n", "must be the file's name, f"),
    ],
)
def test_a_broken_file_is_refused_by_its_path(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(text)
    with pytest.raises(FlowError) as caught:
        load_flow(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_a_folder_without_flows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="there are no flows"):
        load_flows(tmp_path)


def test_a_flow_that_changed_by_one_letter_has_another_version(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("flow: f\nstart: a\nnodes:\n  a: {kind: say, prompt: [x]}\n")
    before = load_flow(path).version
    path.write_text("flow: f\nstart: a\nnodes:\n  a: {kind: say, prompt: [y]}\n")
    assert load_flow(path).version != before
