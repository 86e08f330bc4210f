"""Brings a database to today's tables: at every start, quickly when there is nothing to do, safely when two start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from config.database import Database
from config.errors import ConfigError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"

# Any number, the same in every process: PostgreSQL's advisory lock that one migration at a time holds.
_MIGRATION_LOCK = 104_0001


def head_revision() -> str:
    """The newest revision in the checkout, read from the file names (0001_….py): Alembic costs 0.2 s to import."""
    numbers = [
        match[1] for path in (MIGRATIONS / "versions").iterdir() if (match := re.match(r"(\d{4})_.*\.py$", path.name))
    ]
    return max(numbers)


def current_revision(database: Database) -> str | None:
    """The revision the database stands at, or None where it has no tables of ours."""
    with database.engine.connect() as connection:
        return _revision(connection)


def is_current(database: Database) -> bool:
    """Whether the database has exactly the tables this checkout expects."""
    return current_revision(database) == head_revision()


def upgrade(database_url: str) -> bool:
    """Bring the database to the head revision, all or nothing; True where there was something to do.

    ConfigError where the database is newer than this checkout: an older program would not know its tables.
    """
    database = Database(database_url)
    try:
        revision = current_revision(database)
        if revision == head_revision():
            return False
        if revision is not None and revision > head_revision():
            raise ConfigError(
                f"the database is at revision {revision}, this checkout knows {head_revision()} only: update it"
            )
        return _migrate(database)
    finally:
        database.close()


def _migrate(database: Database) -> bool:
    from alembic import command

    with database.engine.connect() as plain:
        connection = plain.execution_options(helpline_writes=True)
        if database.is_sqlite:
            # Re-making a table drops the old one, and with keys enforced that deletes what refers to it. The switch
            # works outside transactions only, hence past SQLAlchemy.
            _pragma(connection, "foreign_keys=OFF")
        with connection.begin():
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            if _revision(connection) == head_revision():  # somebody else was quicker
                return False
            command.upgrade(alembic_config(connection), "head")
            if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise ConfigError("the migration would break references between tables; nothing was changed")
    return True


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration without an alembic.ini: one connection, our revisions."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _pragma(connection: Connection, pragma: str) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA {pragma}")
