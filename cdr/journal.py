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
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from cdr import records
from cdr.events import JournalEntry, check
from cdr.projection import CallRecord, Projection, project
from config.bulk import Bulk
from config.database import Database
from config.schema import JournalRow, Leg, Offer

# Any number, the same in every process; migrations have their own.
_JOURNAL_LOCK = 104_0002
_CALLS_AT_A_TIME = 200


@dataclass(frozen=True)
class JournalLine:
    """An entry as it stands in the journal. `id` only grows; ask for what came `since` it."""

    id: int
    entry: JournalEntry


@dataclass(frozen=True)
class Checked:
    """An entry that is fit for the journal. `text` is its data as JSON."""

    entry: JournalEntry
    text: str

    @classmethod
    def of(cls, entry: JournalEntry) -> Checked:
        """CdrError where it is not fit."""
        return cls(entry, check(entry))


class Journal:
    """Append-only. Nothing here changes or removes an entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, session: Session, entries: Sequence[JournalEntry]) -> None:
        """Write the entries, in their order, in the caller's writing transaction; CdrError where one is malformed."""
        self.append_checked(session, [Checked.of(entry) for entry in entries])

    def append_checked(self, session: Session, lines: Sequence[Checked]) -> None:
        """`append` for entries that are known to be fit."""
        if lines:
            self.lock(session)
            rows = ((line.entry.at, line.entry.call_id, line.entry.kind, line.text) for line in lines)
            _APPEND.execute(session, rows)

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
        if session is not None:
            return int(session.connection().exec_driver_sql(_LAST_ID).scalar_one())
        with self._database.reading() as own:
            return self.last_id(own)

    def record(self, session: Session, call_id: str) -> CallRecord | None:
        """Bring the call's rows in `call`, `leg` and `offer` up to its journal; None where the journal has nothing.

        Includes what this transaction has appended. Cheap enough to be called at each turn of a call.
        """
        self.lock(session)
        record = project(self.entries_of(call_id, session))
        if record is not None:
            records.store(session, [record])
        return record

    def record_all(self, session: Session, call_ids: Collection[str]) -> None:
        """`record` for several calls at once, which costs each of them a third."""
        self.lock(session)
        records.store(session, [item.record() for item in self.projections(session, call_ids).values()])

    def projections(self, session: Session, call_ids: Collection[str]) -> dict[str, Projection]:
        """What the journal has of each of these calls, to be told the rest; calls it does not know are left out."""
        query = _LINES.where(JournalRow.call_id.in_(call_ids)).order_by(JournalRow.call_id, JournalRow.id)
        found: dict[str, Projection] = {}
        for line in _as_lines(session.execute(query)):
            if (projection := found.get(line.entry.call_id)) is not None:
                projection.tell(line.entry)
            else:
                found[line.entry.call_id] = Projection(line.entry)
        return found

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
        self.lock(session)
        session.execute(delete(Leg).where(Leg.call_id.in_(call_ids)))
        session.execute(delete(Offer).where(Offer.call_id.in_(call_ids)))
        projections = self.projections(session, call_ids)
        records.store(session, [item.record() for item in projections.values()])
        return len(projections)

    def lock(self, session: Session) -> None:
        """Nobody else appends or records until the transaction's end."""
        if not self._database.is_sqlite:
            session.execute(select(func.pg_advisory_xact_lock(_JOURNAL_LOCK)))


def lines_of(session: Session, call_id: str) -> list[JournalLine]:
    """Everything that happened in the call, in order, with line numbers."""
    return _as_lines(session.execute(_LINES.where(JournalRow.call_id == call_id).order_by(JournalRow.id)))


_TABLE = cast(Table, JournalRow.__table__)
_APPEND = Bulk(_TABLE, ("at", "call_id", "kind", "data"), lambda _: insert(_TABLE).inline(), ready=("data",))
_LAST_ID = "SELECT coalesce(max(id), 0) FROM journal"
_LINES = select(JournalRow.id, JournalRow.call_id, JournalRow.at, JournalRow.kind, JournalRow.data)


def _as_lines(rows: Iterable[Any]) -> list[JournalLine]:
    return [JournalLine(id, JournalEntry(call_id, at, kind, data)) for id, call_id, at, kind, data in rows]
