"""Callers who ask at the same moment never get one token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from config.database import Database
from config.schema import Opd
from directory.opds import Held, issue_token

DAY = date(2026, 11, 23)


def test_tokens_asked_for_at_once_are_all_different_and_end_with_the_last(database: Database, now: datetime) -> None:
    with database.writing() as session:
        opd = Opd(id="o", number=1, district="d", specialty="s", skill="k", calendar={}, closed_dates=[])
        opd.tokens_per_day = 20
        session.add(opd)

    def ask(n: int) -> Held | None:
        # Every call asks twice, as one whose controller died does.
        with database.writing() as session:
            return issue_token(session, "o", DAY, f"call-{n // 2}", f"+9198765{n // 2:05}", now)

    with ThreadPoolExecutor(8) as people:
        held = list(people.map(ask, range(60)))
    numbers = [each.number for each in held if each]
    assert sorted(set(numbers)) == list(range(1, 21))
    assert all(first == second for first, second in zip(held[::2], held[1::2], strict=True))
    assert sum(each is None for each in held) == 20
