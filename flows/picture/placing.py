"""PURE: where Graphviz put things, from its json0: points from the upper left, as SVG counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]


@dataclass(frozen=True)
class Path:
    """A line: a cubic Bezier curve of 3n+1 points, the tip of its arrow, and the middle of its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


@dataclass(frozen=True)
class Places:
    """Middles of boxes by DOT name, frames (left, top, width, height) of parts, lines by id."""

    width: float
    height: float
    middles: Mapping[str, Point]
    frames: Mapping[str, tuple[float, float, float, float]]
    paths: Mapping[str, Path]


def placed(json0: str) -> Places:
    """Read what `dot -Tjson0` wrote for the graph of flows/picture/digraph.py."""
    graph: dict[str, Any] = json.loads(json0)
    _, _, width, height = _numbers(graph["bb"])
    objects = graph.get("objects", [])
    return Places(
        width,
        height,
        middles={item["name"]: _flipped(item["pos"], height) for item in objects if "pos" in item},
        frames={item["name"]: _frame(item["bb"], height) for item in objects if "bb" in item},
        paths={edge["id"]: _path(edge, height) for edge in graph.get("edges", [])},
    )


def _path(edge: Mapping[str, Any], height: float) -> Path:
    # "e,x,y" is where the arrow's tip is; the points after it end where the arrow begins.
    tip, *points = edge["pos"].split()
    label = _flipped(edge["lp"], height) if "lp" in edge else None
    return Path(tuple(_flipped(point, height) for point in points), _flipped(tip.removeprefix("e,"), height), label)


def _frame(bounds: str, height: float) -> tuple[float, float, float, float]:
    left, bottom, right, top = _numbers(bounds)
    return left, height - top, right - left, top - bottom


def _flipped(position: str, height: float) -> Point:
    x, y = _numbers(position)
    return x, height - y


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(","))
