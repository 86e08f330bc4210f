"""PURE: how large each thing of a drawing is, in points; asked before the layout and again while painting."""

from __future__ import annotations

from collections.abc import Sequence

from flows.picture.measure import widest, width, wrap
from flows.picture.sketch import LABEL_SIZE, ROW_SIZE, ROW_WIDTH, TAG_SIZE, TITLE_SIZE, Box, Row

PADDING = 9.0
SIGN = 18.0
TAG_HEIGHT = 20.0
TITLE_LINE = 18.0
ROW_LINE = 15.0
ROW_GAP = 4.0
LABEL_LINE = 15.0
PART_SIZE = 12.0


def row_lines(row: Row) -> tuple[str, ...]:
    """A row's text in lines."""
    return wrap(row.text, ROW_SIZE, ROW_WIDTH, 2)


def box_size(box: Box) -> tuple[float, float]:
    """Width and height of a box."""
    node = box.name.rpartition("/")[2]
    tag = SIGN + 6 + width(box.tag, TAG_SIZE) + 10 + width(node, TAG_SIZE - 1.5)
    rows = [line for row in box.rows for line in row_lines(row)]
    wide = max(tag, widest(box.title, TITLE_SIZE, bold=True), widest(rows, ROW_SIZE) + 10)
    rows_high = sum(len(row_lines(row)) * ROW_LINE + ROW_GAP for row in box.rows)
    high = TAG_HEIGHT + len(box.title) * TITLE_LINE + (rows_high + 4 if rows else 0)
    return wide + 2 * PADDING, high + 2 * PADDING


def label_size(label: Sequence[str]) -> tuple[float, float]:
    """The room that a line's label takes, with a little air beside it."""
    return widest(label, LABEL_SIZE) + 14, len(label) * LABEL_LINE + 4


def entry_size(label: str) -> tuple[float, float]:
    """The pill from which callers come in."""
    return width(label, LABEL_SIZE, bold=True) + 26, 24.0


def part_title_size(title: str) -> tuple[float, float]:
    """The title of a part."""
    return width(title, PART_SIZE, bold=True) + 12, 20.0
