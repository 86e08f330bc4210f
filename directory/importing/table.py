"""A CSV file as its rows, each with the line it begins on; whatever spreadsheets do to such files is undone here."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from directory.errors import ImportFault

_SEPARATORS = ",;\t"
# As India Post's and eSanjeevani's own lists call them.
_ALSO_CALLED = {
    "districtname": "district",
    "statename": "state",
    "pincode": "pincode",
}


@dataclass(frozen=True)
class Row:
    """A row: the line of the file it begins on, and its cells by column, stripped."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The cell, "" where the file has no such column."""
        return self.cells.get(column, "")

    def need(self, column: str) -> str:
        """The cell; ImportFault where it is empty."""
        value = self.get(column)
        if not value:
            raise ImportFault(f"{column} is empty")
        return value


@dataclass(frozen=True)
class BrokenRow:
    """A row that is none: it has more cells than the header, or what no database takes as text."""

    line: int
    reason: str


def read_table(path: Path, needed: Collection[str]) -> list[Row | BrokenRow]:
    """Every row after the header, without empty lines and lines that begin with #.

    Takes UTF-8 with or without a byte order mark, any line ends, quotes, and comma, semicolon or tab between cells.
    ImportFault where it is no such file or lacks a `needed` column.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportFault(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ImportFault(f"{path}:{line}: this is not UTF-8; save it as “CSV UTF-8”") from None
    text = unicodedata.normalize("NFC", text)
    lines = _lines(path, text)
    header = next(lines, None)
    if header is None:
        raise ImportFault(f"{path} is empty")
    columns = [_column(cell) for cell in header[1]]
    missing = [column for column in needed if column not in columns]
    if missing:
        raise ImportFault(f"{path}: the header lacks {', '.join(missing)}; it must have {', '.join(needed)}")
    return [_row(line, cells, columns) for line, cells in lines]


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
                yield line, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise ImportFault(f"{path}:{before + 1}: {error}") from None


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return max(_SEPARATORS, key=header.count)


def _column(cell: str) -> str:
    name = cell.lower().replace(" ", "_")
    return _ALSO_CALLED.get(name.replace("_", ""), name)


def _row(line: int, cells: list[str], columns: list[str]) -> Row | BrokenRow:
    if any("\0" in cell for cell in cells):
        return BrokenRow(line, "it has a character that is no text (NUL); write its cells anew")
    if any(cells[len(columns) :]):
        return BrokenRow(line, f"it has {len(cells)} cells, the header has {len(columns)}")
    return Row(line, dict(zip(columns, cells, strict=False)))
