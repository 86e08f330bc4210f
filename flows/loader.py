"""Reads flows from YAML and refuses broken ones with file, node and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from flows.definition import Collect, Flow, Go, Menu, Node, Say, SeekDoctor, StoreCallback, TransferCall, targets
from flows.errors import FlowError

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


def load_flows(folder: Path) -> dict[str, Flow]:
    """Every flow of a folder by name; FlowError at the first that is broken."""
    flows = [load_flow(path) for path in sorted(folder.glob("*.yaml"))]
    if not flows:
        raise FlowError(f"{folder}: there are no flows (*.yaml)")
    return {flow.name: flow for flow in flows}


def load_flow(path: Path) -> Flow:
    """One flow. Its version is the hash of its text, so that a call's record names exactly what was played."""
    text = path.read_text(encoding="utf-8")
    try:
        data = yaml.safe_load(text)
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
    unknown = set(data) - {"flow", "start", "everywhere", "nodes", "title"}
    if unknown:
        raise FlowError(f"{source}: unknown field {sorted(unknown)[0]!r}")
    nodes = {str(name): _node(node, f"{source}: node {name}") for name, node in data["nodes"].items()}
    everywhere = _keys(data.get("everywhere", {}), f"{source}: everywhere")
    flow = Flow(str(data.get("flow", "")), version, str(data.get("start", "")), nodes, everywhere)
    _check_targets(flow, source)
    return flow


def _node(data: Any, where: str) -> Node:
    if not isinstance(data, Mapping) or data.get("kind") not in _KINDS:
        raise FlowError(f"{where}: `kind` must be one of {', '.join(_KINDS)}")
    values: dict[str, Any] = {}
    for field, value in data.items():
        if field == "kind":
            continue
        if field in _GO_FIELDS:
            values[field] = _go(value, f"{where}: {field}")
        elif field in _PROMPT_FIELDS:
            values[field] = _prompts(value, f"{where}: {field}")
        elif field == "keys":
            values[field] = _keys(value, f"{where}: keys")
        else:
            values[field] = value
    try:
        node: Node = _KINDS[data["kind"]](**values)
    except TypeError as error:
        raise FlowError(f"{where}: {str(error).split('__init__() ')[-1]}") from None
    return node


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
    assign = {str(name): str(value) for name, value in (data.get("set") or {}).items()}
    return Go(str(data["go"]), assign, _prompts(data.get("say", []), where), str(data.get("result", "")))


def _prompts(data: Any, where: str) -> tuple[str, ...]:
    items = [data] if isinstance(data, str) else data
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise FlowError(f"{where}: write prompt ids in a list")
    return tuple(items)


def _check_targets(flow: Flow, source: str) -> None:
    if flow.start not in flow.nodes:
        raise FlowError(f"{source}: start leads to {flow.start!r}, which is no node")
    for name, node in flow.nodes.items():
        ways = [way.to for way in targets(node)] + ([node.star] if isinstance(node, Collect) and node.star else [])
        for target in ways:
            if target not in flow.nodes:
                raise FlowError(f"{source}: node {name} leads to {target!r}, which is no node")
    for key, way in flow.everywhere.items():
        if way.to not in flow.nodes:
            raise FlowError(f"{source}: everywhere: {key} leads to {way.to!r}, which is no node")
