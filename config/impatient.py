"""psycopg waits for an answer for ever; this connection does not, even where the server is stopped or cut off.

PostgreSQL's own `statement_timeout` is kept by the server, and TCP's time-outs are satisfied by a kernel that goes on
acknowledging for a process that is stopped. So the limit has to be on this side.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")


@cache
def impatient(seconds: float) -> type[psycopg.Connection[Any]]:
    """A class of connections that wait so long for each answer, and are closed when it does not come."""

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except psycopg.errors._WaitTimeout:
                # What was asked may still be done: nobody may use this connection again, and SQLAlchemy sees that.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the database did not answer within {seconds:g} s") from None

    return Impatient
