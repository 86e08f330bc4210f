"""Fixtures everybody shares: a fresh, migrated database per test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from config.database import Database
from config.migrate import upgrade
from tests.announcer import pytest_sessionstart
from tests.neighbours import (
    pytest_collection_modifyitems,
    pytest_configure_node,
    pytest_runtest_protocol,
    pytest_unconfigure,
)
from tests.second_try import SecondTry

# Hooks that pytest finds by their names.
__all__ = [
    "pytest_collection_modifyitems",
    "pytest_configure_node",
    "pytest_runtest_protocol",
    "pytest_sessionstart",
    "pytest_unconfigure",
]

BOTH_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SecondTry(), "second-try")


@pytest.fixture
def now() -> datetime:
    """A moment to build a test's times from: an evening in the second wave, 30 April 2021, 14:30 UTC."""
    return datetime(2021, 4, 30, 14, 30, tzinfo=UTC)


@pytest.fixture
def socket_dir() -> Iterator[Path]:
    """A short path: pytest's own folders are too deep for a Unix socket."""
    path = Path(tempfile.mkdtemp(prefix="wake-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database: each test runs once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(params=BOTH_DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=BOTH_DATABASES)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without a table, for tests of the migrations themselves."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'helpline.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    path = tmp_path / "helpline.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file to copy: migrating costs 0.1 s, copying 1 ms."""
    path = tmp_path_factory.mktemp("migrated") / "helpline.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    with _fresh_database(postgresql_server, template="template0") as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str, migrated_postgresql: str) -> Iterator[str]:
    with _fresh_database(postgresql_server, template=migrated_postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    """The name of a migrated database to copy; copies have their own NOTIFY channels and advisory locks."""
    with _fresh_database(postgresql_server, template="template0") as url:
        upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server on which databases may be made: HELPLINE_TEST_DATABASE_URL, or one of ours."""
    if given := os.environ.get("HELPLINE_TEST_DATABASE_URL"):
        yield given
        return
    # Here, because unit tests must not need the parts that start servers.
    from cli.runtime.postgres_server import temporary_postgres

    # Not below pytest's own folder, which is closed to the user that PostgreSQL runs as when root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with temporary_postgres(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _fresh_database(server: str, template: str) -> Iterator[str]:
    name = f"helpline_test_{uuid.uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    _administer(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield make_url(server).set(drivername="postgresql+psycopg", database=name).render_as_string(False)
    finally:
        _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(server: str, statement: sql.Composed) -> None:
    address = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)
