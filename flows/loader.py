"""Reads flows from YAML and refuses broken ones with file, node and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from flows.definition import Collect, Flow, Go, Menu, Node, Say, SeekDoctor, StoreCallback, TransferCall
from flows.errors import FlowError
from flows.soundness import check

_KINDS: dict[str, type[Any]] = {
    "menu": Menu,
    "collect": Collect,
    "say": Say,
    "seek": SeekDoctor,
    "transfer": TransferCall,
    "callback": StoreCallback,
}
_GO_FIELDS = ("go", "exhausted", "on_silence", "on_wrong", "after", "gave_up", "done", "failed", "impossible")
_PROMPT_FIELDS = ("prompt", "greeting", "wrong", "silent", "busy", "nobody")
_WHOLE_FIELDS = {"retries": 0, "least": 0, "most": 1, "every": 1, "give_up": 1}  # and the least they may be
_SECONDS_FIELDS = ("seconds", "stretch")
_MOST_SECONDS = 60


class _Yaml(yaml.SafeLoader):
    """YAML in which a key written twice is an error: of two lines for key 1 the first would be lost silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [str(key.value) for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load_flows(folder: Path) -> dict[str, Flow]:
    """Every flow of a folder by name; FlowError at the first that is broken."""
    flows = [load_flow(path) for path in sorted(folder.glob("*.yaml"))]
    if not flows:
        raise FlowError(f"{folder}: there are no flows (*.yaml)")
    return {flow.name: flow for flow in flows}


def load_flow(path: Path) -> Flow:
    """One flow. Its version is the hash of its text, so that a call's record names exactly what was played."""
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.load(text, _Yaml)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{path}: this cannot be read as UTF-8 text: {error}") from None
    except yaml.YAMLError as error:
        raise FlowError(f"{path}: this is not YAML: {error}") from None
    flow = parse_flow(data, hashlib.sha256(text.encode()).hexdigest()[:12], str(path))
    if flow.name != path.stem:
        raise FlowError(f"{path}: `flow: {flow.name}` must be the file's name, {path.stem}")
    return flow


def parse_flow(data: Any, version: str, source: str) -> Flow:
    """A flow from its YAML data."""
    if not isinstance(data, Mapping) or not isinstance(data.get("nodes"), Mapping) or not data["nodes"]:
        raise FlowError(f"{source}: a flow needs `flow`, `start` and `nodes`")
    unknown = {str(field) for field in data} - {"flow", "start", "everywhere", "nodes", "title"}
    if unknown:
        raise FlowError(f"{source}: unknown field {min(unknown)!r}")
    nodes = {str(name): _node(node, f"{source}: node {name}") for name, node in data["nodes"].items()}
    everywhere = _keys(data.get("everywhere", {}), f"{source}: everywhere")
    flow = Flow(str(data.get("flow", "")), version, str(data.get("start", "")), nodes, everywhere)
    check(flow, source)
    return flow


def _node(data: Any, where: str) -> Node:
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise FlowError(f"{where}: `kind` must be one of {', '.join(_KINDS)}")
    values = {str(field): _value(str(field), value, where) for field, value in data.items() if field != "kind"}
    try:
        node: Node = _KINDS[kind](**values)
    except TypeError as error:
        raise FlowError(f"{where}: {str(error).split('__init__() ')[-1]}") from None
    return node


def _value(field: str, value: Any, where: str) -> object:
    if field in _GO_FIELDS:
        return _go(value, f"{where}: {field}")
    if field in _PROMPT_FIELDS:
        return _prompts(value, f"{where}: {field}")
    if field == "keys":
        return _keys(value, f"{where}: keys")
    if field == "everywhere":
        fits = isinstance(value, bool)
    elif field in _WHOLE_FIELDS:
        fits = type(value) is int and value >= _WHOLE_FIELDS[field]
    elif field in _SECONDS_FIELDS:
        fits = type(value) in (int, float) and 0 < value <= _MOST_SECONDS
    else:
        fits = isinstance(value, str)
    if not fits:
        raise FlowError(f"{where}: `{field}` cannot be {value!r}")
    return value


def _keys(data: Any, where: str) -> dict[str, Go]:
    if not isinstance(data, Mapping):
        raise FlowError(f"{where}: write `key: where it leads` lines")
    keys = {}
    for key, way in data.items():
        if str(key) not in set("0123456789"):
            raise FlowError(f"{where}: {key!r} is not a key from 0 to 9")
        keys[str(key)] = _go(way, f"{where}: {key}")
    return keys


def _go(data: Any, where: str) -> Go:
    if isinstance(data, str):
        return Go(data)
    if not isinstance(data, Mapping) or set(data) - {"go", "set", "say", "result"} or "go" not in data:
        raise FlowError(f"{where}: write the next node's name, or {{go: node, set: …, say: …, result: …}}")
    settings = data.get("set") or {}
    if not isinstance(settings, Mapping):
        raise FlowError(f"{where}: `set` names answers and their values: {{category: fever}}")
    assign = {str(name): str(value) for name, value in settings.items()}
    return Go(str(data["go"]), assign, _prompts(data.get("say", []), where), str(data.get("result", "")))


def _prompts(data: Any, where: str) -> tuple[str, ...]:
    items = [data] if isinstance(data, str) else data
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise FlowError(f"{where}: write prompt ids in a list")
    return tuple(items)
