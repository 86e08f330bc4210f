"""PURE: a placed sketch as SVG: plain attributes (a console's content policy allows no styles), no scripts, no fonts.

Every text goes through ElementTree, so a title may hold whatever it likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from flows.picture import sizes
from flows.picture.head import HEAD_WIDTH, paint_head
from flows.picture.placing import Path, Places, Point
from flows.picture.signs import SIGNS
from flows.picture.sketch import LABEL_SIZE, ROW_SIZE, TAG_SIZE, TITLE_SIZE, Box, Line, Sketch, parts_of
from flows.picture.strokes import FAINT, INK, PALE, clean, number, put_sign, put_text

MARGIN = 24.0
_FAMILY = "'Noto Sans', 'Noto Sans Devanagari', 'Nirmala UI', 'DejaVu Sans', 'Lohit Devanagari', sans-serif"


def paint(shown: Sketch, places: Places) -> str:
    """The SVG's text."""
    head = Element("g")
    head_height = paint_head(head, shown)
    wide = max(places.width, HEAD_WIDTH) + 2 * MARGIN
    high = head_height + places.height + 3 * MARGIN
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": number(wide),
            "height": number(high),
            "viewBox": f"0 0 {number(wide)} {number(high)}",
            "role": "img",
            "font-family": _FAMILY,
        },
    )
    SubElement(svg, "title").text = clean(shown.title)
    SubElement(svg, "rect", {"width": number(wide), "height": number(high), "fill": "#ffffff"})
    head.set("transform", f"translate({number(MARGIN)} {number(MARGIN)})")
    svg.append(head)
    left = (wide - places.width) / 2
    body = SubElement(svg, "g", {"transform": f"translate({number(left)} {number(head_height + 2 * MARGIN)})"})
    _paint_body(body, shown, places)
    ElementTree.indent(svg, " ")
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _paint_body(body: Element, shown: Sketch, places: Places) -> None:
    for at, (part, title) in enumerate(shown.parts.items()):
        _paint_part(body, title, len(parts_of(part)), places.frames[f"cluster_{at}"])
    # Lines first, so that no line crosses a word; the words of lines last.
    for at in range(len(shown.entries)):
        _paint_path(body, places.paths[f"e{at}"], INK, unusual=False)
    lines = [(line, places.paths[f"w{at}"]) for at, line in enumerate(shown.lines)]
    for line, path in lines:
        _paint_path(body, path, FAINT if line.unusual else INK, line.unusual)
    for at, box in enumerate(shown.boxes):
        _paint_box(body, box, places.middles[f"n{at}"])
    for at, entry in enumerate(shown.entries):
        _paint_entry(body, entry.label, places.middles[f"e{at}"])
    for line, path in lines:
        if path.label:
            _paint_label(body, line, path.label)


def _paint_part(body: Element, title: str, depth: int, frame: tuple[float, float, float, float]) -> None:
    left, top, wide, high = frame
    look = {
        "rx": "10",
        "fill": "#f3f6fa" if depth % 2 == 0 else "#e9eef5",
        "stroke": "#b9c4d2",
        "stroke-dasharray": "5 3",
    }
    SubElement(body, "rect", {**_rectangle(left, top, wide, high), **look})
    put_text(body, left + 12, top + 19, title, sizes.PART_SIZE, "#44566c", bold=True)


def _paint_path(body: Element, path: Path, colour: str, unusual: bool) -> None:
    first, *rest = path.points
    curve = f"M{_point(first)} C{' '.join(map(_point, rest))}"
    look = {"d": curve, "fill": "none", "stroke": colour, "stroke-width": "1.1" if unusual else "1.6"}
    SubElement(body, "path", {**look, "stroke-dasharray": "4 3"} if unusual else look)
    SubElement(body, "path", {"d": _arrow(path.points[-1], path.tip), "fill": colour})


def _arrow(begin: Point, tip: Point) -> str:
    along = (tip[0] - begin[0], tip[1] - begin[1])
    across = (-along[1] * 0.42, along[0] * 0.42)
    one, other = (begin[0] + across[0], begin[1] + across[1]), (begin[0] - across[0], begin[1] - across[1])
    return f"M{_point(tip)} L{_point(one)} L{_point(other)} Z"


def _paint_box(body: Element, box: Box, middle: Point) -> None:
    wide, high = sizes.box_size(box)
    left, top = middle[0] - wide / 2, middle[1] - high / 2
    sign = SIGNS[box.kind]
    group = SubElement(body, "g", {"id": anchor(box.name)})
    if box.tip:
        SubElement(group, "title").text = clean(box.tip)
    rounding = {"end": "18", "decision": "2", "service": "2"}.get(box.kind, "8")
    look = {"rx": rounding, "fill": sign.fill, "stroke": sign.stroke}
    heavy = {"stroke-width": "2.5" if box.kind in {"ambulance", "doctor"} else "1.3"}
    SubElement(group, "rect", {**_rectangle(left, top, wide, high), **look, **heavy})
    x, y = left + sizes.PADDING, top + sizes.PADDING
    put_sign(group, sign, x, y - 2)
    put_text(group, x + sizes.SIGN + 5, y + 10.5, box.tag, TAG_SIZE, sign.stroke)
    node = box.name.rpartition("/")[2]
    put_text(group, left + wide - sizes.PADDING, y + 10.5, node, TAG_SIZE - 1.5, "#8a94a0", anchor="end")
    y += sizes.TAG_HEIGHT
    for text in box.title:
        y += sizes.TITLE_LINE
        put_text(group, x, y - 4, text, TITLE_SIZE, "#1b222b", bold=True)
    _paint_rows(group, box, left, y + 4, wide)


def _paint_rows(group: Element, box: Box, left: float, top: float, wide: float) -> None:
    y = top
    for row in box.rows:
        lines = sizes.row_lines(row)
        high = len(lines) * sizes.ROW_LINE
        link = SubElement(group, "a", {"href": f"#{anchor(row.to)}"})
        look = {"rx": "4", "fill": "#ffffff", "stroke": "#d3d9e0"}
        SubElement(link, "rect", {**_rectangle(left + 5, y, wide - 10, high), **look})
        for at, text in enumerate(lines):
            colour = PALE if row.unusual else "#274b86"
            put_text(link, left + sizes.PADDING + 4, y + 11 + at * sizes.ROW_LINE, text, ROW_SIZE, colour)
        y += high + sizes.ROW_GAP


def _paint_entry(body: Element, label: str, middle: Point) -> None:
    wide, high = sizes.entry_size(label)
    SubElement(
        body, "rect", {**_rectangle(middle[0] - wide / 2, middle[1] - high / 2, wide, high), "rx": "12", "fill": INK}
    )
    put_text(body, middle[0], middle[1] + 4, label, LABEL_SIZE, "#ffffff", bold=True, anchor="middle")


def _paint_label(body: Element, line: Line, middle: Point) -> None:
    high = len(line.label) * sizes.LABEL_LINE
    colour = PALE if line.unusual else "#1b222b"
    for at, text in enumerate(line.label):
        y = middle[1] - high / 2 + at * sizes.LABEL_LINE + 11
        put_text(body, middle[0], y, text, LABEL_SIZE, colour, anchor="middle", halo=True)


def anchor(name: str) -> str:
    """The id of a node's box, for links to it."""
    return "node-" + name.replace("/", ".")


def _rectangle(left: float, top: float, wide: float, high: float) -> Mapping[str, str]:
    return {"x": number(left), "y": number(top), "width": number(wide), "height": number(high)}


def _point(point: Sequence[float]) -> str:
    return f"{number(point[0])},{number(point[1])}"
