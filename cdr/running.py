"""Records of the calls that go on, kept beside the journal as it grows.

A record is made of its call's whole journal. Read again at each of a call's turns, that was half of what writing a call
cost; here each entry is told once. Others write about the same calls (the web process names the patient): what they
wrote since is read before the own lines are written. Under the journal's lock none can come in between.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from cdr import events, records
from cdr.events import JournalEntry
from cdr.journal import Checked, Journal
from cdr.projection import Projection

# Whoever finds more than this that others wrote begins anew.
_MOST_FROM_OTHERS = 500


class RunningRecords:
    """For one writer, who ends every transaction that failed with `forget`. Used by one thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._running: dict[str, Projection] = {}
        self._seen: int | None = None  # the journal's last line that is in them

    def append(self, session: Session, lines: Sequence[Checked]) -> None:
        """Write the lines in the caller's writing transaction, late in it (cdr/journal.py)."""
        if not lines:
            return
        self._journal.lock(session)
        self._take_in_others(session)
        self._journal.append_checked(session, lines)
        self._seen = self._journal.last_id(session)
        for line in lines:
            if line.entry.kind == events.CALL_ARRIVED and line.entry.call_id not in self._running:
                self._running[line.entry.call_id] = Projection(line.entry)
            else:
                self._tell(line.entry)

    def store(self, session: Session, call_ids: Collection[str]) -> None:
        """Bring the rows of `call`, `leg` and `offer` of these calls up to the journal."""
        if not call_ids:
            return
        self._journal.lock(session)
        self._take_in_others(session)
        found = {id: self._running[id] for id in call_ids if id in self._running}
        if len(found) < len(call_ids):
            read = self._journal.projections(session, [id for id in call_ids if id not in found])
            found |= read
            # A call of an earlier controller goes on; of one that has ended nothing more is expected.
            self._running |= {id: item for id, item in read.items() if item.record().call.ended_at is None}
        records.store(session, [projection.record() for projection in found.values()])

    def close(self, call_ids: Collection[str]) -> None:
        """These calls are over."""
        for id in call_ids:
            self._running.pop(id, None)

    def forget(self) -> None:
        """What was told is not in the journal after all: all records are made of it anew."""
        self._running.clear()
        self._seen = None

    def _take_in_others(self, session: Session) -> None:
        if self._seen is None or self._journal.last_id(session) == self._seen:
            return
        lines = self._journal.since(self._seen, _MOST_FROM_OTHERS, session)
        if len(lines) == _MOST_FROM_OTHERS:
            self.forget()
            return
        for line in lines:
            self._tell(line.entry)
            self._seen = line.id

    def _tell(self, entry: JournalEntry) -> None:
        if (projection := self._running.get(entry.call_id)) is not None:
            projection.tell(entry)
