"""What the web process wants of the controller: rows of a table; the hint only makes it quick."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.commands import Command, take
from config.database import Database, DatabaseAway
from config.wakeup import WakeUp
from ivr.outage import words

log = logging.getLogger(__name__)

_RECIPIENT = "controller"
_LOOK_EVERY_SECONDS = 1.0


class Errands:
    """`listen()` and then `next()`, again and again, in the event loop."""

    def __init__(self, database: Database, wake_up: WakeUp) -> None:
        self._database = database
        self._wake_up = wake_up
        self._due = asyncio.Event()

    def listen(self) -> Callable[[], None]:
        """Be woken by hints, until the returned function is called."""
        loop = asyncio.get_running_loop()
        return self._wake_up.subscribe(_RECIPIENT, lambda: _wake(loop, self._due))

    async def next(self) -> list[Command]:
        """What there is to do after a hint, or after a second; nothing while the database does not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                await self._due.wait()
        self._due.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(None, take, self._database, _RECIPIENT, utc_now())
        except SQLAlchemyError as error:
            if not isinstance(error, DatabaseAway):
                log.error("commands cannot be read for now: %s", words(error))
            return []
        except Exception:
            log.exception("commands cannot be read for now")
            return []


def _wake(loop: asyncio.AbstractEventLoop, due: asyncio.Event) -> None:
    loop.call_soon_threadsafe(due.set)
