"""The numbers whose callers doctors do not want to be called by any more, at hand when a call arrives."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.database import Database, DatabaseAway
from routing.strikes import blocked_numbers

log = logging.getLogger(__name__)

_OLD_AFTER_SECONDS = 30.0
# A strike is on disk within this, at most: its page is written before it is carried out.
_SOON_SECONDS = 1.0


class BlockedNumbers:
    """Blocked numbers (E.164) as of the last refresh; a strike counts for `lasting`."""

    def __init__(self, database: Database, lasting: timedelta) -> None:
        self._database = database
        self._lasting = lasting
        self._numbers: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, number: object) -> bool:
        return number in self._numbers

    def soon(self) -> None:
        """A strike is being written: look again when it is."""
        self._task = asyncio.get_running_loop().create_task(self._refresh_soon())

    async def refresh(self) -> None:
        """Read them; while the database does not answer, the ones known stay blocked."""
        try:
            self._numbers = await asyncio.get_running_loop().run_in_executor(None, self._read)
        except SQLAlchemyError as error:
            level = logging.DEBUG if isinstance(error, DatabaseAway) else logging.ERROR  # the outage has been told
            log.log(level, "blocked numbers cannot be read for now: %s", type(error).__name__)
            return
        self._read_at = time.monotonic()

    async def refresh_if_old(self) -> None:
        if time.monotonic() - self._read_at > _OLD_AFTER_SECONDS:
            await self.refresh()

    async def _refresh_soon(self) -> None:
        await asyncio.sleep(_SOON_SECONDS)
        await self.refresh()

    def _read(self) -> frozenset[str]:
        with self._database.reading() as session:
            return blocked_numbers(session, utc_now(), self._lasting)
