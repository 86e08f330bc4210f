"""`./helpline import doctors`: a department's doctors from its spreadsheet, checked and stored as the API does it.

Known by registration number and council, a doctor who is there already is brought to what the row says; empty cells
change nothing. So a list can be imported again, whole or mended, and nobody is ever removed by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api.announcing import Announcer
from admin_api.doctors import repository, service
from admin_api.doctors.schemas import DoctorChange, NewDoctor
from admin_api.fields import Category, Gender, Level
from admin_api.permissions import Role, Scope
from admin_api.problems import Problem
from admin_api.security import Principal
from admin_api.work import House
from config.database import Database
from config.schema import ControlRoom, Doctor, DoctorPhone
from config.settings import Settings
from config.wakeup import WakeUp
from directory.errors import DirectoryError, ImportFault
from directory.importing.importer import Fault, Report
from directory.importing.table import BrokenRow, Row, read_table
from routing.rules import load_rules
from routing.schedule import DAYS

NEEDED = ("name", "registration_number", "categories", "phones")
COLUMNS = (
    *("name", "registration_number", "council", "qualification", "address", "district", "state", "gender"),
    *("categories", "languages", "serves", "phones", "time_zone", *DAYS, "leave", "night"),
    *("calls_per_day", "minutes_per_day", "wrap_up_seconds"),
)

_RIGHT = {
    "categories": f"write {', '.join(get_args(Category))}, or a skill such as opd:heart, with ; between",
    "levels": f"write a level in brackets: {', '.join(get_args(Level))}, such as heart (specialist)",
    "languages": "write short names such as hi en mr",
    "gender": f"write {', '.join(get_args(Gender))}",
    "phones": "write telephone numbers with ; between, five at most",
    "registration_number": "it has at most 30 English letters, digits, spaces and . / ( ) -",
}
_ROWS_A_TURN = 25  # SQLite has one writer: the calls that go on must come in between
_BETWEEN = re.compile(r"\s*[;|]\s*")
_SPAN = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*[-–]\s*([0-9]{1,2}:[0-9]{2})")
_LEAVE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:to|\.\.|–)\s*(\d{4}-\d{2}-\d{2}))?")
_YES, _NO = ("yes", "y", "1", "true", "हाँ"), ("no", "n", "0", "false", "नहीं")
_IMPORTER = Principal("", "import", Role.ADMIN, None, None, "", Scope.ALL, "import")


class _Tried(Exception):
    """Everything of a row could be stored; in a dry run it is not."""


def import_doctors(
    path: Path,
    database: Database,
    settings: Settings,
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Take the doctors of a file on or bring them up to date; `Report.names` counts those who are new.

    ImportFault where the file as a whole cannot be read. `progress` hears (rows done, rows).
    """
    rows = read_table(path, NEEDED)
    strangers = sorted({column for row in rows if isinstance(row, Row) for column in row.cells} - set(COLUMNS))
    if strangers:
        raise ImportFault(f"{path}: there is no column {strangers[0]}; columns are {', '.join(COLUMNS)}")
    wake_up = WakeUp(database, settings.socket_dir)
    rules = load_rules(settings.routing_file, settings.time_zone)
    house = House(settings, rules, wake_up, _Later(settings, database, wake_up))
    faults: list[Fault] = []
    lines: dict[tuple[str, str], int] = {}
    done = new = 0
    for start in range(0, len(rows), _ROWS_A_TURN):
        progress(start, len(rows))
        with database.writing() as session:
            for row in rows[start : start + _ROWS_A_TURN]:
                try:
                    new += _import(session, row, house, lines, dry_run)
                    done += 1
                except DirectoryError as fault:
                    faults.append(Fault(row.line, str(fault)))
    progress(len(rows), len(rows))
    return Report(done, new, tuple(faults))


class _Later(Announcer):
    """Names are spoken when the list is in, not after each turn."""

    def soon(self) -> None:
        pass


def _import(session: Session, row: Row | BrokenRow, house: House, lines: dict[tuple[str, str], int], dry: bool) -> bool:
    """Store a row within a savepoint; whether the doctor is new. ImportFault says why it cannot be stored."""
    if isinstance(row, BrokenRow):
        raise ImportFault(row.reason)
    fields = _fields(row)
    key = (" ".join(row.need("registration_number").split()).casefold(), row.get("council").casefold())
    if key in lines:
        raise ImportFault(f"line {lines[key]} has this registration already")
    lines[key] = row.line
    known = repository.registered(session, " ".join(row.need("registration_number").split()), row.get("council"))
    try:
        with session.begin_nested():
            _store(session, known, fields, house)
            session.flush()
            if dry:
                raise _Tried
    except _Tried:
        pass
    except ValidationError as error:
        raise ImportFault(_in_words(error)) from None
    except Problem as problem:
        raise ImportFault(f"{problem.field}: {problem.detail}" if problem.field else problem.detail) from None
    return known is None


def _in_words(error: ValidationError) -> str:
    """What is wrong with the row's first wrong field, and what is right where the field's own pattern would say it."""
    first = error.errors()[0]
    column, said = str(first["loc"][0]), repr(first["input"])
    if right := _RIGHT.get(column):
        return f"{column}: {said} is not right; {right}"
    return f"{'.'.join(str(part) for part in first['loc'])}: {str(first['msg']).removeprefix('Value error, ')}"


def _store(session: Session, known: Doctor | None, fields: dict[str, Any], house: House) -> None:
    if known is None:
        service.create(session, _IMPORTER, NewDoctor.model_validate(fields), house)
        return
    phones = fields.get("phones")
    if phones is not None:
        fields["phones"] = [{"number": number} for number in phones] + _in_rooms(session, known.id)
    service.change(session, _IMPORTER, known.id, DoctorChange.model_validate(fields), house)


def _in_rooms(session: Session, doctor_id: str) -> list[dict[str, Any]]:
    """Telephones of control rooms stay: who sits there is kept at the console."""
    rooms = select(ControlRoom.number)
    query = select(DoctorPhone).where(DoctorPhone.doctor_id == doctor_id, DoctorPhone.number.in_(rooms))
    return [{"id": phone.id, "active": phone.active} for phone in session.scalars(query.order_by(DoctorPhone.position))]


def _fields(row: Row) -> dict[str, Any]:
    """What the row says, by the API's names; a cell that is empty says nothing."""
    fields: dict[str, Any] = {
        name: value
        for name in ("name", "registration_number", "council", "qualification", "address", "district", "state")
        if (value := row.get(name))
    }
    fields["phones"] = _list(row.need("phones"))
    fields["categories"], fields["levels"] = _categories(row.need("categories"))
    for name in ("gender", "time_zone"):
        if row.get(name):
            fields[name] = row.get(name)
    if row.get("gender"):
        fields["gender"] = row.get("gender").lower()
    if row.get("languages"):
        fields["languages"] = [part for part in re.split(r"[\s;|,]+", row.get("languages").lower()) if part]
    if row.get("serves"):
        fields["serves"] = None if row.get("serves").lower() == "all" else _list(row.get("serves"))
    for name in ("calls_per_day", "minutes_per_day", "wrap_up_seconds"):
        if row.get(name):
            fields[name] = _whole(name, row.get(name))
    if row.get("night"):
        fields["night"] = _yes_or_no(row.get("night"))
    if schedule := _schedule(row):
        fields["schedule"] = schedule
    return fields


def _list(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text.strip()) if part]


def _categories(text: str) -> tuple[list[str], dict[str, str]]:
    """`fever; heart (specialist)`: the categories, and the levels of those that have one named."""
    names, levels = [], {}
    for part in _list(text.replace(",", ";")):
        name, _, level = part.partition("(")
        names.append(name.strip().lower())
        if level:
            levels[name.strip().lower()] = level.rstrip(" )").strip().lower()
    return names, levels


def _whole(column: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ImportFault(f"{column} {text!r} is not a whole number")
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise ImportFault(f"night {text!r} is neither yes nor no")
    return text.lower() in _YES


def _schedule(row: Row) -> dict[str, Any] | None:
    weekly = {day: _spans(day, row.get(day)) for day in DAYS if row.get(day)}
    leave = [_leave(part) for part in _list(row.get("leave").replace(",", ";"))]
    return {"weekly": weekly, "leave": leave} if weekly or leave else None


def _spans(day: str, text: str) -> list[list[str]]:
    if _SPAN.sub("", text).strip(" ;|,"):
        raise ImportFault(f"{day} {text!r}: write hours as 09:00-14:00, several with a space between")
    return [[begin.zfill(5), end.zfill(5)] for begin, end in _SPAN.findall(text)]


def _leave(text: str) -> list[str]:
    match = _LEAVE.fullmatch(text)
    if match is None:
        raise ImportFault(f"leave {text!r}: write days as 2026-11-24 to 2026-11-28")
    return [match[1], match[2] or match[1]]
