"""PURE: a sketch as DOT. Sizes only, no words: Graphviz needs no fonts, and nothing of a title can be taken for DOT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.picture.sizes import box_size, entry_size, label_size, part_title_size
from flows.picture.sketch import Box, Sketch, parts_of


def as_dot(shown: Sketch) -> str:
    """The graph: boxes are n0, n1, … in the sketch's order, entries e0, …, parts cluster_0, …, lines have ids w0, …"""
    return "\n".join(["digraph flow {", *_settings(), *_boxes(shown), *_entries(shown), *_lines(shown), "}", ""])


def _settings() -> Iterator[str]:
    yield "graph [rankdir=TB, ranksep=0.35, nodesep=0.3, splines=spline, newrank=true, margin=0];"
    yield 'node [shape=box, fixedsize=true, label=""];'
    yield "edge [arrowsize=0.7];"


def _boxes(shown: Sketch) -> Iterator[str]:
    numbers = {box.name: number for number, box in enumerate(shown.boxes)}
    yield from _within(shown, "", [box.name for box in shown.boxes], numbers, {box.name: box for box in shown.boxes})


def _within(
    shown: Sketch, part: str, names: list[str], numbers: dict[str, int], boxes: dict[str, Box]
) -> Iterator[str]:
    """The boxes directly in a part, then the parts within it, in the order in which they come."""
    inner: dict[str, list[str]] = {}
    depth = len(part.split("/")) if part else 0
    for name in names:
        around = parts_of(name)
        if len(around) > depth:
            inner.setdefault(around[depth], []).append(name)
        else:
            yield f"n{numbers[name]} [{_size(box_size(boxes[name]))}];"
    for inside, members in inner.items():
        number = list(shown.parts).index(inside)
        yield f"subgraph cluster_{number} {{"
        yield f"margin=12; label={_room(part_title_size(shown.parts[inside]))}; labeljust=l;"
        yield from _within(shown, inside, members, numbers, boxes)
        yield "}"


def _entries(shown: Sketch) -> Iterator[str]:
    numbers = {box.name: number for number, box in enumerate(shown.boxes)}
    for number, entry in enumerate(shown.entries):
        yield f"e{number} [{_size(entry_size(entry.label))}];"
        yield f"e{number} -> n{numbers[entry.to]} [id=e{number}, weight=2];"
        if entry.behind:
            yield f"n{numbers[entry.behind]} -> e{number} [id=i{number}, style=invis];"


def _lines(shown: Sketch) -> Iterator[str]:
    numbers = {box.name: number for number, box in enumerate(shown.boxes)}
    into = Counter(line.to for line in shown.lines)
    for number, line in enumerate(shown.lines):
        label = f", label={_room(label_size(line.label))}" if line.label else ""
        # Lines that come together may be long: what they leave then stands side by side.
        weight = 1 if line.unusual or into[line.to] > 3 else 4
        yield f"n{numbers[line.source]} -> n{numbers[line.to]} [id=w{number}, weight={weight}{label}];"


def _size(size: tuple[float, float]) -> str:
    return f"width={size[0] / 72:.4f}, height={size[1] / 72:.4f}"


def _room(size: tuple[float, float]) -> str:
    """A label of this size (points) with nothing in it."""
    fixed = f'FIXEDSIZE="TRUE" WIDTH="{size[0]:.0f}" HEIGHT="{size[1]:.0f}" BORDER="0"'
    return f"<<TABLE {fixed}><TR><TD></TD></TR></TABLE>>"
