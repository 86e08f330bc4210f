"""PURE: the small things every part of a drawing is painted with: a word, a sign, a number."""

from __future__ import annotations

import re
from typing import Literal
from xml.etree.ElementTree import Element, SubElement

from flows.picture.signs import Sign

# FAINT is for lines, PALE for words: they must stay readable.
INK, PALE, FAINT = "#3a4653", "#626d79", "#97a1ad"
# XML has no way to write these.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def number(value: float) -> str:
    """A coordinate: a tenth of a point is finer than any screen."""
    return f"{round(value, 1):g}"


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _FORBIDDEN.sub(" ", text)


def put_text(
    parent: Element,
    x: float,
    y: float,
    text: str,
    size: float,
    colour: str,
    *,
    bold: bool = False,
    anchor: Literal["start", "middle", "end"] = "start",
    halo: bool = False,
) -> None:
    """A line of text whose baseline is at `y`. A halo keeps it readable where it lies over a line."""
    look = {"x": number(x), "y": number(y), "font-size": number(size), "fill": colour}
    if bold:
        look["font-weight"] = "600"
    if anchor != "start":
        look["text-anchor"] = anchor
    if halo:
        look |= {"stroke": "#ffffff", "stroke-width": "3", "stroke-linejoin": "round", "paint-order": "stroke"}
    SubElement(parent, "text", look).text = clean(text)


def put_sign(parent: Element, sign: Sign, x: float, y: float) -> None:
    """A sign of 16 x 16 with its upper left corner at (x, y)."""
    SubElement(parent, "circle", {"cx": number(x + 8), "cy": number(y + 8), "r": "8", "fill": sign.stroke})
    if sign.letter:
        put_text(parent, x + 8, y + 12, sign.letter, 11.5, "#ffffff", bold=True, anchor="middle")
    else:
        SubElement(
            parent, "path", {"d": sign.path, "fill": "#ffffff", "transform": f"translate({number(x)} {number(y)})"}
        )
