"""The wordings as a sheet for the operators' portal, and back with the ids they were given there. Pure.

Comma-separated, in UTF-8 with the byte order mark by which Excel knows it. What comes back may be Excel's: with commas,
semicolons or tabs, in UTF-8 or UTF-16, with columns added or moved. Rows without an id are left for later.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from messaging.errors import SheetError
from messaging.segments import Encoding, segment
from messaging.wording.files import categories
from messaging.wording.matching import Registration
from messaging.wording.template import PLACE, Template

COLUMNS = (
    "entity_id",
    "header",
    "template_name",
    "category",
    "type",
    "language",
    "text",
    "text_with_types",
    "variables",
    "sample",
    "consent",
    "numbers_and_links",
    "parts",
    "parts_at_most",
    "used_for",
    "sent",
    "template",
    "version",
    "dlt_template_id",
    "registered_text",
)
_NEEDED = ("template", "language", "version", "dlt_template_id")
# What the operators want white-listed by itself: telephone numbers, short ones too, and links in the fixed text.
_TO_LIST = re.compile(r"\b\d{3,}\b|\bhttps?://\S+|\bwww\.\S+")
_ROUNDED = re.compile(r"\d{15}0{3,4}")  # a spreadsheet keeps fifteen figures of a number
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the row that begins in a line of the file (from 1)."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row with an id, as it stands; nothing of it is checked against the wordings yet."""

    line: int
    registration: Registration


def as_csv(
    templates: Collection[Template],
    registrations: Mapping[tuple[str, str, int], Registration],
    entity_id: str,
    header: str,
) -> bytes:
    """Every wording in a row, ready to be registered; those that are have their ids."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for template in templates:
        known = registrations.get((template.id, template.language, template.version))
        writer.writerow(_row(template, known) | {"entity_id": entity_id, "header": known.header if known else header})
    return text.getvalue().encode("utf-8-sig")


def read(data: bytes) -> tuple[list[Row], list[Fault], int]:
    """Rows with ids, what is wrong with others, and how many have no id yet. SheetError: the file is no such sheet."""
    rows, faults, waiting = [], [], 0
    for line, cells in _cells(_decoded(data)):
        if not cells["dlt_template_id"]:
            waiting += any(cells.values())
            continue
        try:
            rows.append(Row(line, _registration(cells)))
        except ValueError as error:
            faults.append(Fault(line, str(error)))
    return rows, faults, waiting


def _row(template: Template, known: Registration | None) -> dict[str, object]:
    category = categories()[template.category]
    sample = template.render(template.sample(), template.written_domains())
    cost = segment(PLACE.sub("", template.text))
    return {
        "template_name": f"{template.id}_{template.language}_{template.version}",
        "category": category.portal,
        "type": "Text" if cost.encoding is Encoding.GSM7 else "Unicode",
        "language": template.language,
        "text": template.registered_text,
        "text_with_types": template.tagged_text,
        "variables": "; ".join(f"{item.name}: {item.tag}" for item in template.used),
        "sample": sample,
        "consent": category.consent,
        "numbers_and_links": ", ".join(dict.fromkeys(_TO_LIST.findall(PLACE.sub("", template.text)))),
        "parts": segment(sample).count,
        "parts_at_most": template.longest().count,
        "used_for": template.used_for.get("en", ""),
        "sent": template.sent,
        "template": template.id,
        "version": template.version,
        "dlt_template_id": known.dlt_template_id if known else "",
        "registered_text": known.text if known else "",
    }


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise SheetError("the file is not in UTF-8: save it as CSV UTF-8") from None


def _cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The line in which each row begins, and its cells by column; SheetError where columns are lacking."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    # universal line ends, but a line end within a cell stays what it is
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        names = [re.sub(r"\s+", "_", name.strip().lower()) for name in next(reader, [])]
        lacking = [name for name in _NEEDED if name not in names]
        if lacking:
            raise SheetError(f"the sheet has no column {', '.join(lacking)}; begin with the one that is downloaded")
        line = reader.line_num + 1
        for values in reader:
            known = dict(zip(names, values, strict=False))
            cells = {name: known.get(name, "") for name in COLUMNS}
            cells["beyond"] = "".join(values[len(names) :])
            yield line, {name: value if _is_text(name) else value.strip() for name, value in cells.items()}
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(f"line {line}: a cell that cannot be read ({error}); is a quotation mark missing?") from None


def _is_text(name: str) -> bool:
    """To the character: a blank at its end is a difference."""
    return name in ("text", "registered_text")


def _registration(cells: Mapping[str, str]) -> Registration:
    if cells["beyond"]:
        raise ValueError("the row has more cells than there are columns; a text with commas stands in quotation marks")
    if not re.fullmatch("[0-9]{1,3}", cells["version"]):
        raise ValueError("the version is a whole number, such as 1")
    if _ROUNDED.fullmatch(cells["dlt_template_id"]):
        raise ValueError(
            "this id looks as if a spreadsheet had rounded it to zeros: format its column as text and copy it again; "
            "if it really ends so, enter it in the console"
        )
    text = cells["registered_text"] or cells["text"]
    if not text:
        raise ValueError("the registered text is missing")
    return Registration(
        template=cells["template"],
        language=cells["language"],
        version=int(cells["version"]),
        # With an apostrophe before it, a spreadsheet keeps a long number as it is.
        dlt_template_id=cells["dlt_template_id"].removeprefix("'"),
        text=text,
        header=cells["header"].removeprefix("'"),
    )
