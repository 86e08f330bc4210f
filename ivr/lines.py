"""The service lines, kept in memory: a call that arrives does not wait for the database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from config.database import Database, DatabaseAway
from config.numbers import dialable
from config.schema import ServiceLine
from ivr.outage import words

log = logging.getLogger(__name__)

_OLD_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class Line:
    id: str
    dialled_number: str
    flow: str
    language: str
    ambulance_number: str
    hours: Mapping[str, Any] | None = None
    closed_dates: tuple[str, ...] = ()
    districts: tuple[str, ...] | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    queue_limit: int | None = None
    missed_call: bool = False

    def number_for(self, target: str) -> str | None:
        """What is dialled for a transfer to `target` (ambulance, tele_manas, …); None where nothing may be."""
        number = self.ambulance_number if target == "ambulance" else self.numbers.get(target)
        return number if number and dialable(number) else None


class LineBook:
    """Lines by dialled number, as of the last refresh."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines: dict[str, Line] = {}
        self._read_at = float("-inf")

    def get(self, dialled: str) -> Line | None:
        return self._lines.get(dialled)

    def by_id(self, line_id: str | None) -> Line | None:
        return next((line for line in self._lines.values() if line.id == line_id), None)

    def any(self) -> Line | None:
        """A line in service, the same whenever it is asked for."""
        return self._lines[min(self._lines)] if self._lines else None

    async def refresh(self) -> None:
        """Read the lines; while the database does not answer, the ones known stay in force."""
        try:
            lines = await asyncio.get_running_loop().run_in_executor(None, self._read)
        except SQLAlchemyError as error:
            level = logging.DEBUG if isinstance(error, DatabaseAway) else logging.ERROR  # the outage has been told
            log.log(level, "the service lines cannot be read for now: %s", words(error))
            return
        self._lines = {line.dialled_number: line for line in lines}
        self._read_at = time.monotonic()

    async def refresh_if_old(self) -> None:
        if time.monotonic() - self._read_at > _OLD_AFTER_SECONDS:
            await self.refresh()

    def _read(self) -> list[Line]:
        with self._database.reading() as session:
            rows = session.scalars(select(ServiceLine).where(ServiceLine.active)).all()
        for row in rows:
            for target, number in {"ambulance": row.ambulance_number, **row.numbers}.items():
                if not dialable(str(number)):
                    log.error("line %s: the number %r of %s may not be dialled", row.dialled_number, number, target)
        return [_line(row) for row in rows]


def _line(row: ServiceLine) -> Line:
    return Line(
        row.id,
        row.dialled_number,
        row.flow,
        row.language,
        row.ambulance_number,
        hours=row.hours,
        closed_dates=tuple(row.closed_dates or ()),
        districts=None if row.districts is None else tuple(row.districts),
        numbers={target: str(number) for target, number in row.numbers.items()},
        queue_limit=row.queue_limit,
        missed_call=row.missed_call,
    )
