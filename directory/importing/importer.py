"""Imports a list: the good rows go in, in one transaction, and every bad one is named by its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Base, Hub, Pincode
from directory.errors import DirectoryError
from directory.importing.kinds import KINDS, Entry, Kind, Known
from directory.importing.names import NameBook
from directory.importing.table import BrokenRow, Row, read_table

_ROWS_AT_A_TIME = 500
_ROWS_BETWEEN_WORDS = 100


@dataclass(frozen=True)
class Fault:
    """Why the row on this line was left out."""

    line: int
    reason: str


@dataclass(frozen=True)
class Report:
    """What became of a file: how many rows are in the database now, how many names are new, what was left out."""

    imported: int
    names: int
    faults: tuple[Fault, ...]


def import_list(
    kind: str,
    path: Path,
    database: Database,
    names: NameBook,
    *,
    time_zone: str,
    country: str,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Import a list of `kind` (see KINDS); a dry run looks at everything and writes nothing.

    Rows with the same key replace what was there, so a list can be imported again; nothing is ever deleted.
    ImportFault where the file as a whole cannot be read. `progress` hears (rows done, rows).
    """
    what = KINDS[kind]
    rows = read_table(path, what.needed)
    with database.reading() as session:
        known = _known(session, names, ZoneInfo(time_zone), country)
    entries: dict[str, tuple[int, Entry]] = {}
    faults = []
    for done, row in enumerate(rows):
        if done % _ROWS_BETWEEN_WORDS == 0:
            progress(done, len(rows))
        try:
            entry = _entry(row, what, known)
            _refuse_second(entries, row.line, entry, what)
        except DirectoryError as fault:
            faults.append(Fault(row.line, str(fault)))
        else:
            entries.setdefault(entry.key, (row.line, entry))
            for theme, prompt_id, said in entry.names:
                names.add(theme, prompt_id, said)
    good = [entry for _, entry in entries.values()]
    added = 0 if dry_run else _write(database, what, good, names)
    progress(len(rows), len(rows))
    return Report(len(good), added, tuple(faults))


def _entry(row: Row | BrokenRow, what: Kind, known: Known) -> Entry:
    if isinstance(row, BrokenRow):
        raise DirectoryError(row.reason)
    return what.entry(row, known)


def _refuse_second(entries: dict[str, tuple[int, Entry]], line: int, entry: Entry, what: Kind) -> None:
    """India Post's list has a pincode once for each of its offices, which mostly are in one district."""
    earlier = entries.get(entry.key)
    if earlier is None:
        return
    first, before = earlier
    differing = [column for column in what.same if before.values[column] != entry.values[column]]
    if not what.same:
        raise DirectoryError(f"line {first} has {entry.key} already")
    if differing:
        column = differing[0]
        raise DirectoryError(f"line {first} has {entry.key} already, with {column} {before.values[column]}")


def _write(database: Database, what: Kind, entries: list[Entry], names: NameBook) -> int:
    with database.writing() as session:
        for some in _batches(entries):
            session.execute(_upsert(session, what.table, some), some)
        # In the transaction: rows without their names would be left out of what callers hear.
        return names.write()


def _batches(entries: list[Entry]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(entries), _ROWS_AT_A_TIME):
        yield [dict(entry.values) for entry in entries[start : start + _ROWS_AT_A_TIME]]


def _upsert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> sqlite.Insert | postgresql.Insert:
    """Columns that a list does not have, such as a spoke's lock, keep what they hold."""
    table = cast(Table, model.__table__)
    insert = postgresql.insert(table) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(table)
    keys = {column.name for column in table.primary_key}
    changes = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    return insert.on_conflict_do_update(index_elements=[*table.primary_key], set_=changes)


def _known(session: Session, names: NameBook, zone: ZoneInfo, country: str) -> Known:
    districts = {row.pincode: row.district for row in session.execute(select(Pincode.pincode, Pincode.district))}
    return Known(names, districts, frozenset(session.scalars(select(Hub.id))), zone, country)
