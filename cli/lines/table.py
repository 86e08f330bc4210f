"""PURE: the lines as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

from cli.lines.hours import hours_in_words
from cli.lines.wishes import EVERYWHERE
from config.schema import ServiceLine

_COLUMNS = ("number", "name", "flow", "language", "in service", "hours", "districts", "passed on to")


def table(lines: Sequence[ServiceLine]) -> str:
    """One row a line, under a row of headings."""
    if not lines:
        return "There are no lines yet; the first start of the helpline makes 104, `./helpline line add` others."
    rows = [_COLUMNS, *(_row(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(line: ServiceLine) -> tuple[str, ...]:
    closed = f" (not on {' '.join(line.closed_dates)})" if line.closed_dates else ""
    numbers = {"ambulance": line.ambulance_number, **line.numbers}
    return (
        line.dialled_number,
        line.name,
        line.flow,
        line.language,
        ("rung only" if line.missed_call else "yes") if line.active else "no",
        hours_in_words(line.hours) + closed,
        EVERYWHERE if line.districts is None else ",".join(line.districts),
        " ".join(f"{service}={number}" for service, number in numbers.items() if number),
    )
