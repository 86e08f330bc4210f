"""The migrations make the tables that the models describe, and two starts at once do not trip over each other."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from config import migrate
from config.database import Database
from config.errors import ConfigError
from config.schema import (
    TRANSFER_NUMBERS,
    Base,
    CallbackRequest,
    Doctor,
    DoctorCategory,
    DoctorPhone,
    Patient,
    PatientPhone,
    ServiceLine,
)

CHECKOUT = Path(__file__).resolve().parents[3]


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_revision_by_file_name_is_alembics_head(database: Database) -> None:
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrate.alembic_config(connection))
    assert script.get_current_head() == migrate.head_revision()


def test_an_empty_database_is_brought_up_once(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert migrate.current_revision(database) is None
    assert not migrate.is_current(database)
    assert migrate.upgrade(empty_database_url)
    assert migrate.is_current(database)
    assert not migrate.upgrade(empty_database_url)
    database.close()


def test_a_current_database_costs_a_start_nothing(database: Database) -> None:
    def seconds() -> float:
        started = time.perf_counter()
        migrate.upgrade(database.url)
        return time.perf_counter() - started

    assert min(seconds() for _ in range(3)) < 0.15  # the quickest: the others measure who else uses the machine


def test_a_database_newer_than_the_checkout_is_refused(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999"):
        migrate.upgrade(database.url)


def test_processes_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    program = "import sys; from config.migrate import upgrade; print(upgrade(sys.argv[1]))"
    argv = [sys.executable, "-W", "error", "-c", program, empty_database_url]
    started = [subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert sorted(answers) == ["False", "False", "False", "True"]


def test_what_stood_in_the_first_tables_is_kept_and_gets_todays_defaults(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    _upgrade_to(database, "0001")
    line = "INSERT INTO service_line VALUES ('l', '104', '104', 'line_104', 'hi', NULL, NULL, '108', '', true)"
    patient = "INSERT INTO patient VALUES ('p', 'Ram', NULL, NULL, NULL, NULL, '', '', '', '2026-01-01 00:00:00+00')"
    phone = "INSERT INTO patient_phone VALUES ('p', '+919876500001')"
    with database.writing() as session:
        for statement in (line, patient, phone):
            session.execute(text(statement))
    assert migrate.upgrade(empty_database_url)
    with database.reading() as session:
        assert session.get_one(ServiceLine, "l").numbers == TRANSFER_NUMBERS
        assert session.get_one(Patient, "p").name_recording == ""
        assert session.get(PatientPhone, ("p", "+919876500001"))
    database.close()


def test_doctors_keep_their_phones_and_nobody_is_surprised_by_a_very_old_callback(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    _upgrade_to(database, "0003")
    at = "'2026-01-01 00:00:00+00'"
    doctor = (
        "INSERT INTO doctor (id, name, qualification, registration_number, council, address, district, state, active,"
        f" duty, created_at) VALUES ('d', 'Dr Rao', '', 'R1', 'MP', '', '', '', true, 'on', {at})"
    )
    phone = "INSERT INTO doctor_phone VALUES ('f', 'd', '+919700000001', 0, true)"
    category = "INSERT INTO doctor_category VALUES ('d', 'fever')"
    request = f"INSERT INTO callback_request VALUES ('c', 'call', '+919876500001', 'fever', {at}, 'open', NULL)"
    with database.writing() as session:
        for statement in (doctor, phone, category, request):
            session.execute(text(statement))
    assert migrate.upgrade(empty_database_url)
    with database.reading() as session:
        kept = session.get_one(Doctor, "d")
        assert (kept.duty, kept.schedule, kept.night, kept.languages) == ("on", None, True, ["hi", "en"])
        assert kept.changed_at == kept.created_at
        assert session.get_one(DoctorPhone, "f").quarantined_at is None
        assert session.get_one(DoctorCategory, ("d", "fever")).level == "general"
        assert session.get_one(CallbackRequest, "c").state == "expired"
    database.close()


def _upgrade_to(database: Database, revision: str) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(migrate.alembic_config(connection), revision)


def test_a_migration_that_fails_leaves_nothing_behind(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_way(config: object, revision: str) -> None:
        connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.execute(text("CREATE TABLE doctor (id TEXT)"))
        raise RuntimeError("the machine went down")

    monkeypatch.setattr("alembic.command.upgrade", half_way)
    with pytest.raises(RuntimeError):
        migrate.upgrade(empty_database_url)
    monkeypatch.undo()
    assert migrate.upgrade(empty_database_url)
