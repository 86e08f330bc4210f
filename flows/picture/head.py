"""PURE: what stands above a drawing: the flow's name, the keys that count anywhere, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from flows.picture.measure import width
from flows.picture.signs import SIGNS
from flows.picture.sketch import Sketch
from flows.picture.strokes import FAINT, INK, number, put_sign, put_text

HEAD_WIDTH = 720.0
_SIZE = 11.5
_LINE = 24.0


def paint_head(head: Element, shown: Sketch) -> float:
    """Paint it from (0, 0) on and return its height."""
    fixed = shown.wording.fixed
    put_text(head, 0, 20, shown.title, 20, "#1b222b", bold=True)
    put_text(head, 0, 40, f"{fixed['version']} {shown.version}", 10.5, "#6b7580")
    y = 66.0
    if shown.anywhere:
        y = _paint_anywhere(head, shown, y)
    return _paint_legend(head, shown, y)


def _paint_anywhere(head: Element, shown: Sketch, top: float) -> float:
    """The keys of `everywhere` in a frame: drawn as lines they would lead from every box."""
    words = shown.wording.fixed["anywhere_long"]
    wide = max(sum(width(key, 12.5, bold=True) + 26 for key in shown.anywhere), width(words, 12)) + 24
    look = {"rx": "8", "fill": "#fff8e1", "stroke": "#b3931f"}
    box = {"x": "0", "y": number(top - 14), "width": number(wide), "height": "52"}
    SubElement(head, "rect", {**box, **look})
    put_text(head, 12, top + 4, words, 12, "#5d4b06")
    x = 12.0
    for key in shown.anywhere:
        put_text(head, x, top + 27, key, 12.5, "#1b222b", bold=True)
        x += width(key, 12.5, bold=True) + 26
    return top + 66


def _paint_legend(head: Element, shown: Sketch, top: float) -> float:
    fixed = shown.wording.fixed
    put_text(head, 0, top, fixed["legend"], _SIZE, "#6b7580", bold=True)
    x, y = width(fixed["legend"], _SIZE, bold=True) + 14, top
    for kind, words in _kinds(shown):
        wide = 16 + 6 + width(words, _SIZE) + 18
        if x + wide > HEAD_WIDTH:
            x, y = 0.0, y + _LINE
        put_sign(head, SIGNS[kind], x, y - 12)
        put_text(head, x + 22, y, words, _SIZE, INK)
        x += wide
    y += _LINE
    x = _paint_sample(head, 0, y, fixed["usual"], unusual=False)
    _paint_sample(head, x, y, fixed["unusual"], unusual=True)
    return y + 6


def _kinds(shown: Sketch) -> Iterator[tuple[str, str]]:
    """The signs that this drawing has."""
    used = {box.kind for box in shown.boxes}
    for kind in SIGNS:
        if kind in used:
            yield kind, shown.wording.fixed[f"kind.{kind}"]


def _paint_sample(head: Element, x: float, y: float, words: str, *, unusual: bool) -> float:
    look = {"d": f"M{number(x)},{number(y - 4)} h34", "stroke": FAINT if unusual else INK, "stroke-width": "1.6"}
    SubElement(head, "path", {**look, "stroke-dasharray": "4 3"} if unusual else look)
    put_text(head, x + 42, y, words, _SIZE, INK)
    return x + 42 + width(words, _SIZE) + 24
