"""The journal in the database: appended to in the transaction of the deed, read in order, projected into records.

**Order.** PostgreSQL hands out row numbers when a row is written but shows it when its transaction commits, so a
reader who remembers "seen up to 17" could miss 16. Therefore whoever appends holds one advisory lock until commit:
numbers become visible in their order (with gaps where a transaction was undone). SQLite has one writer at a time
anyway. The same lock lets two processes project the same call without losing each other's entries. So that the lock
is held briefly, append **last** in a transaction, after every other row has been changed, and never touch
`config.schema.JournalRow` past this class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cdr.events import JournalEntry, check
from cdr.projection import CallRecord, project
from config.database import Database
from config.schema import Base, Call, JournalRow, Leg, Offer

# Any number, the same in every process; migrations have their own.
_JOURNAL_LOCK = 104_0002
_CALLS_AT_A_TIME = 200


@dataclass(frozen=True)
class JournalLine:
    """An entry as it stands in the journal. `id` only grows; ask for what came `since` it."""

    id: int
    entry: JournalEntry


class Journal:
    """Append-only. Nothing here changes or removes an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, session: Session, entries: Sequence[JournalEntry]) -> None:
        """Write the entries, in their order, in the caller's writing transaction; CdrError where one is malformed."""
        for entry in entries:
            check(entry)
        if not entries:
            return
        self._lock(session)
        rows = [{"at": e.at, "call_id": e.call_id, "kind": e.kind, "data": dict(e.data)} for e in entries]
        session.execute(_INSERT, rows)

    def entries_of(self, call_id: str, session: Session | None = None) -> list[JournalEntry]:
        """Everything that happened in the call, in order."""
        if session is not None:
            return [line.entry for line in lines_of(session, call_id)]
        with self._database.reading() as own:
            return [line.entry for line in lines_of(own, call_id)]

    def since(self, id: int, limit: int = 500, session: Session | None = None) -> list[JournalLine]:
        """Up to `limit` lines after line `id` (0: from the start), in order; none is skipped (see above)."""
        query = _LINES.where(JournalRow.id > id).order_by(JournalRow.id).limit(limit)
        if session is not None:
            return _as_lines(session.execute(query))
        with self._database.reading() as own:
            return _as_lines(own.execute(query))

    def last_id(self, session: Session | None = None) -> int:
        """The number of the newest line, where a tail begins; 0 in an empty journal."""
        query = select(func.coalesce(func.max(JournalRow.id), 0))
        if session is not None:
            return session.scalars(query).one()
        with self._database.reading() as own:
            return own.scalars(query).one()

    def record(self, session: Session, call_id: str) -> CallRecord | None:
        """Bring the call's rows in `call`, `leg` and `offer` up to its journal; None where the journal has nothing.

        Includes what this transaction has appended. Cheap enough to be called at each turn of a call.
        """
        self._lock(session)
        record = project(self.entries_of(call_id, session))
        if record is not None:
            self._store(session, [record])
        return record

    def record_all(self, session: Session, call_ids: Collection[str]) -> None:
        """`record` for several calls at once, which costs each of them a third."""
        self._lock(session)
        query = _LINES.where(JournalRow.call_id.in_(call_ids)).order_by(JournalRow.call_id, JournalRow.id)
        entries = [line.entry for line in _as_lines(session.execute(query))]
        calls = (list(of_call) for _, of_call in groupby(entries, key=lambda entry: entry.call_id))
        self._store(session, [record for of_call in calls if (record := project(of_call))])

    def rebuild(self, call_id: str | None = None) -> int:
        """Make the records of one call, or of all, anew from the journal alone; how many calls there were."""
        with self._database.reading() as session:
            every = select(JournalRow.call_id).distinct().order_by(JournalRow.call_id)
            call_ids = [call_id] if call_id is not None else list(session.scalars(every))
        rebuilt = 0
        for start in range(0, len(call_ids), _CALLS_AT_A_TIME):
            with self._database.writing() as session:
                rebuilt += self._replace(session, call_ids[start : start + _CALLS_AT_A_TIME])
        return rebuilt

    def _replace(self, session: Session, call_ids: Sequence[str]) -> int:
        self._lock(session)
        session.execute(delete(Leg).where(Leg.call_id.in_(call_ids)))
        session.execute(delete(Offer).where(Offer.call_id.in_(call_ids)))
        records = [record for id in call_ids if (record := project(self.entries_of(id, session)))]
        self._store(session, records)
        return len(records)

    def _store(self, session: Session, records: Sequence[CallRecord]) -> None:
        self._upsert(session, Call, [vars(record.call) for record in records])
        self._upsert(session, Leg, [vars(leg) for record in records for leg in record.legs])
        self._upsert(session, Offer, [vars(offer) for record in records for offer in record.offers])

    def _upsert(self, session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
        if rows:
            session.execute(_upsert_into(model, self._database.is_sqlite), rows)

    def _lock(self, session: Session) -> None:
        if not self._database.is_sqlite:
            session.execute(select(func.pg_advisory_xact_lock(_JOURNAL_LOCK)))


@cache  # building the statement costs more than executing it
def _upsert_into(model: type[Base], is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    table = cast(Table, model.__table__)
    statement = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    changes = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=[*table.primary_key], set_=changes)


def lines_of(session: Session, call_id: str) -> list[JournalLine]:
    """Everything that happened in the call, in order, with line numbers."""
    return _as_lines(session.execute(_LINES.where(JournalRow.call_id == call_id).order_by(JournalRow.id)))


_INSERT = insert(cast(Table, JournalRow.__table__))  # not the mapped class, whose bulk insert costs three times as much
_LINES = select(JournalRow.id, JournalRow.call_id, JournalRow.at, JournalRow.kind, JournalRow.data)


def _as_lines(rows: Iterable[Any]) -> list[JournalLine]:
    return [JournalLine(id, JournalEntry(call_id, at, kind, data)) for id, call_id, at, kind, data in rows]
