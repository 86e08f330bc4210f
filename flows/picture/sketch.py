"""PURE: what a drawing of a flow shows: a box for each node, its ways out, the parts, the keys that count anywhere.

A way that would be a long line across the picture (to the ambulance, back to the menu) is no line: it is a row in the
box it leaves from, which names the box it leads to. The rest are lines; those between the same boxes are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.definition import (
    Branch,
    Choose,
    Collect,
    Edge,
    Flow,
    Menu,
    Node,
    Record,
    Say,
    SeekDoctor,
    SendSms,
    StoreCallback,
    TransferCall,
    UseService,
    edges,
)
from flows.picture.measure import wrap
from flows.picture.routes import is_unusual, routes
from flows.picture.wording import Wording

TITLE_SIZE, TAG_SIZE, ROW_SIZE, LABEL_SIZE = 13.0, 10.5, 11.0, 11.0
TITLE_WIDTH, ROW_WIDTH, LABEL_WIDTH = 190.0, 196.0, 150.0
TITLE_LINES = 3


@dataclass(frozen=True)
class Row:
    """A way out that is named in its box and not drawn as a line."""

    text: str
    to: str
    unusual: bool


@dataclass(frozen=True)
class Box:
    """One node. `tip` is all that is said there."""

    name: str
    kind: str
    tag: str
    title: tuple[str, ...]
    rows: tuple[Row, ...]
    tip: str


@dataclass(frozen=True)
class Line:
    """One or more ways from a box to another."""

    source: str
    to: str
    label: tuple[str, ...]
    unusual: bool


@dataclass(frozen=True)
class Entry:
    """Where callers come in: from the start, by a key that counts anywhere, or from all the boxes that name this one.

    `behind` is a box that the entry and its box are placed below.
    """

    label: str
    to: str
    behind: str = ""


@dataclass(frozen=True)
class Sketch:
    """All that a drawing shows, without places. `parts` are the titles of "node" and "node/node" prefixes."""

    title: str
    version: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    parts: Mapping[str, str]
    anywhere: tuple[str, ...]
    wording: Wording


def sketch(flow: Flow, wording: Wording) -> Sketch:
    """What the drawing of a flow shows."""
    ways = [edge for edge in edges(flow) if not edge.by.startswith("everywhere:")]
    chosen = routes(flow, ways)
    rows = [edge for edge in ways if (edge.node, edge.go.to) not in chosen.lines]
    lines = [edge for edge in ways if (edge.node, edge.go.to) in chosen.lines]
    return Sketch(
        title=wording.flow_title(),
        version=flow.version,
        boxes=tuple(_box(flow, name, rows, wording) for name in flow.nodes),
        lines=tuple(_lines(lines, wording)),
        entries=(
            Entry(wording.fixed["start"], flow.start),
            *(Entry(f"{wording.fixed['anywhere']} {key}", go.to) for key, go in flow.everywhere.items()),
            *(Entry(wording.fixed["from_places"].format(count=len(of)), to, of[0]) for to, of in chosen.hubs.items()),
        ),
        parts={part: wording.part_title(part) for part in _parts(flow)},
        anywhere=tuple(f"{key} {wording.anywhere(key, go)}" for key, go in flow.everywhere.items()),
        wording=wording,
    )


def parts_of(name: str) -> tuple[str, ...]:
    """The parts a node is in, the outermost first: "a/b/node" is in "a" and "a/b"."""
    pieces = name.split("/")[:-1]
    return tuple("/".join(pieces[: at + 1]) for at in range(len(pieces)))


def _parts(flow: Flow) -> list[str]:
    return list(dict.fromkeys(part for name in flow.nodes for part in parts_of(name)))


def _box(flow: Flow, name: str, rows: Iterable[Edge], wording: Wording) -> Box:
    node = flow.nodes[name]
    kind = kind_of(node)
    title = wrap(wording.title(name), TITLE_SIZE, TITLE_WIDTH, TITLE_LINES, bold=True)
    own = [edge for edge in rows if edge.node == name]
    return Box(name, kind, wording.fixed[f"kind.{kind}"], title, tuple(_rows(own, wording)), wording.said(node))


def _rows(ways: list[Edge], wording: Wording) -> Iterable[Row]:
    """One row for each box that is named, usual ways first: "1 हाँ, चुप रहने पर → एम्बुलेंस"."""
    targets = dict.fromkeys(edge.go.to for edge in sorted(ways, key=is_unusual))
    for to in targets:
        together = [edge for edge in ways if edge.go.to == to]
        how = ", ".join(dict.fromkeys(filter(None, (wording.way(edge) for edge in together))))
        text = f"{how} → {wording.short_title(to)}" if how else f"→ {wording.short_title(to)}"
        yield Row(text, to, all(is_unusual(edge) for edge in together))


def _lines(ways: Iterable[Edge], wording: Wording) -> Iterable[Line]:
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in ways:
        pairs.setdefault((edge.node, edge.go.to), []).append(edge)
    for (source, to), together in pairs.items():
        said = dict.fromkeys(filter(None, (wording.way(edge) for edge in together)))
        yield Line(source, to, _label(list(said)), all(is_unusual(edge) for edge in together))


def _label(said: list[str]) -> tuple[str, ...]:
    """What stands at a line; where several ways make several lines of text, each begins with a dot."""
    wrapped = [wrap(text, LABEL_SIZE, LABEL_WIDTH, 2) for text in said]
    if len(said) > 1 and any(len(lines) > 1 for lines in wrapped):
        wrapped = [wrap(f"• {text}", LABEL_SIZE, LABEL_WIDTH, 2) for text in said]
    return tuple(line for lines in wrapped for line in lines)


def kind_of(node: Node) -> str:
    """Which sign a node has (words.yaml: kind.…; flows/picture/signs.py)."""
    match node:
        case Menu(sort=sort):
            return "question" if sort == "menu" else sort
        case Say(go=go):
            return "information" if go else "end"
    kinds = {
        Collect: "digits",
        Choose: "list",
        Branch: "decision",
        UseService: "service",
        SeekDoctor: "doctor",
        TransferCall: "ambulance",
        StoreCallback: "callback",
        Record: "recording",
        SendSms: "sms",
    }
    return kinds[type(node)]
