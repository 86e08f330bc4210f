"""Of several controllers one may claim doctors while the database is away: the one that held the lease when it went.

The lease is a row, renewed while the database answers. Its holder goes by the monotonic clock, from before the renewal
was asked for, so that it stops before anybody else may begin, whatever happens to the clocks on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.dialects import postgresql, sqlite

from config.clock import utc_now
from config.database import Database
from config.schema import Lease as LeaseRow

RENEW_EVERY_SECONDS = 10.0
_SECONDS = 300.0
# The others' clocks may be this far ahead of the holder's.
_GRACE = timedelta(seconds=30)


class Lease:
    """`renew()` every ten seconds, in a thread; `is_held` costs nothing."""

    def __init__(
        self,
        database: Database,
        holder: str,
        *,
        name: str = "claims",
        seconds: float = _SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._holder = holder
        self._name = name
        self._seconds = seconds
        self._monotonic = monotonic
        self._now = now
        self._held_until = float("-inf")

    @property
    def is_held(self) -> bool:
        return self._monotonic() < self._held_until

    def renew(self) -> bool:
        """Take the lease or keep it; whether we have it. SQLAlchemyError where that is not known."""
        asked, at = self._monotonic(), self._now()
        values = {"holder": self._holder, "until": at + timedelta(seconds=self._seconds)}
        free = or_(LeaseRow.holder == self._holder, LeaseRow.until < at - _GRACE)
        take = (
            update(LeaseRow)
            .execution_options(synchronize_session=False)
            .where(LeaseRow.name == self._name, free)
            .values(values)
        )
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        make = insert(LeaseRow).values({"name": self._name} | values).on_conflict_do_nothing()
        with self._database.writing() as session:
            mine = session.scalar(take.returning(LeaseRow.name)) or session.scalar(make.returning(LeaseRow.name))
        self._held_until = asked + self._seconds if mine else float("-inf")
        return bool(mine)
