"""Threads of one process take turns at writing SQLite, also when a transaction ends in another thread than it began."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from config.database import Database


def test_a_write_may_end_in_another_thread_than_it_began(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        first = database.writing()
        session = one.submit(first.__enter__).result(5)
        one.submit(session.execute, text("create table t (n integer)")).result(5)
        other.submit(first.__exit__, None, None, None).result(5)
        second = database.writing()
        one.submit(second.__enter__).result(5).execute(text("insert into t values (1)"))
        other.submit(second.__exit__, None, None, None).result(5)
    with database.reading() as reader:
        assert reader.execute(text("select count(*) from t")).scalar() == 1
    database.close()


def test_writers_at_once_all_get_their_turn(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.writing() as session:
        session.execute(text("create table t (n integer)"))

    def write(number: int) -> None:
        with database.writing() as session:
            session.execute(text("insert into t values (:n)"), {"n": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with database.reading() as reader:
        assert reader.execute(text("select count(*) from t")).scalar() == 40
    database.close()


def test_a_write_that_failed_gives_its_turn_back(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    for _ in range(2):
        with pytest.raises(OperationalError, match="nowhere"), database.writing() as session:
            session.execute(text("insert into nowhere values (1)"))
    database.close()
