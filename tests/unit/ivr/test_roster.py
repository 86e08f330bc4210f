"""What is read of the doctors each second, and what is not read again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ivr import roster
from ivr.roster import Roster
from routing.pool import Pool
from routing.rules import RoutingRules
from routing.store import Changes, RoutingStore

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class _Store:
    """Remembers from which mark on it was read."""

    def __init__(self, newest: datetime) -> None:
        self.newest = newest
        self.marks: list[datetime | None] = []

    def changes(self, mark: datetime | None = None, also: Any = ()) -> Changes:
        self.marks.append(mark)
        return Changes((), max(filter(None, (mark, self.newest))), 0)


@pytest.mark.parametrize(
    ("age", "expected"), [(timedelta(hours=2), timedelta(seconds=30)), (timedelta(seconds=3),) * 2]
)
def test_thousands_of_rows_of_one_moment_are_not_read_each_second_for_ever(
    monkeypatch: pytest.MonkeyPatch, age: timedelta, expected: timedelta
) -> None:
    monkeypatch.setattr(roster, "utc_now", lambda: AT)
    store = _Store(AT - age)
    book = Roster(cast(RoutingStore, store), Pool(RoutingRules()))

    async def read_twice() -> None:
        await book.refresh()
        await book.refresh()

    try:
        asyncio.run(read_twice())
    finally:
        book.close()
    assert store.marks == [None, AT - expected]
