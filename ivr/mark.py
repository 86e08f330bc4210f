"""A mark that moves with each transaction of a writer: one whose outcome nobody saw is found out, and not done twice.

A server that is killed, or stops answering, in the moment of a COMMIT may have committed. Each transaction first moves
the writer's mark, a row that is locked from then on: whoever tries the same transaction again waits for the outcome of
the first try and sees it. SQLite says itself whether it has committed, and needs none of this.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.ids import new_id
from config.schema import Replayed


@dataclass(frozen=True)
class Mark:
    """Before the writer's transaction `number`."""

    writer: str = field(default_factory=lambda: new_id("writer"))
    number: int = 1

    @property
    def next(self) -> Mark:
        return replace(self, number=self.number + 1)

    def move(self, session: Session) -> bool:
        """To be called first in the transaction. False: it was committed by an earlier try."""
        here = f"{self.writer}-{self.number}"
        forth = update(Replayed).where(Replayed.id == f"{self.writer}-{self.number - 1}").values(id=here, at=utc_now())
        moved = session.execute(forth.execution_options(synchronize_session=False))
        if cast(CursorResult[Any], moved).rowcount == 1:
            return True
        if session.scalar(select(Replayed.id).where(Replayed.id == here)) is not None:
            return False
        first = postgresql.insert(Replayed).values(id=here, at=utc_now()).on_conflict_do_nothing()
        return session.scalar(first.returning(Replayed.id)) is not None
