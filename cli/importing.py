"""`./helpline import`: a department's lists of places, OPDs, hubs and spokes, from its spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from admin_api.announcing import announced, speak, tell_controller, write_words
from cli.doctor_list import import_doctors
from cli.runtime import RuntimeUnavailable, espeak
from cli.runtime.progress import progress, say
from config.database import Database
from config.errors import ConfigError
from config.migrate import upgrade
from config.settings import Settings, load_settings
from config.wakeup import WakeUp
from directory.errors import DirectoryError
from directory.importing.importer import Report, import_list
from directory.importing.kinds import KINDS
from directory.importing.names import NameBook
from directory.samples import LISTS, sample
from prompts.catalogue import load_catalogues
from prompts.errors import PromptError
from routing.errors import RulesError

_FAULTS_SHOWN = 50
SAMPLES = "samples"
DOCTORS = "doctors"


def import_file(kind: str, path: Path | None, dry_run: bool) -> int:
    """Import a list, or with kind `samples` the samples into a helpline that has no places yet; the exit status.

    1 where a row was left out or the file cannot be read; what could be read is imported all the same.
    """
    try:
        settings = load_settings()
        if kind == SAMPLES:
            return _samples(settings)
        if path is None or kind not in (*KINDS, DOCTORS):
            kinds = "|".join((*KINDS, DOCTORS))
            say(f"Write: ./helpline import {kinds} FILE.csv [--dry-run], or ./helpline import {SAMPLES}")
            return 2
        with _opened(settings) as database, progress(f"Reading {path.name}", _rows_in(path), "rows") as bar:
            if kind == DOCTORS:
                report = import_doctors(path, database, settings, dry_run=dry_run, progress=lambda n, _total: bar.at(n))
            else:
                report = _import(settings, database, kind, path, dry_run, lambda done, _total: bar.at(done))
            if kind == DOCTORS and not dry_run:
                _announce(settings, database)
        return _told(path, report, dry_run, "new" if kind == DOCTORS else "")
    except (ConfigError, DirectoryError, PromptError, RulesError, RuntimeUnavailable, SQLAlchemyError) as problem:
        # Without SQLAlchemy's parameters, in which telephone numbers stand.
        say(str(getattr(problem, "orig", None) or problem))
        return 1


def load_samples(settings: Settings) -> bool:
    """Import the samples where there are no places at all; whether they were. For demonstrations and tests.

    Before the prompts are built, so that the samples' names are spoken. DirectoryError if a sample is broken.
    """
    with _opened(settings) as database:
        if not _is_empty(database):
            return False
        for kind in LISTS:
            report = _import(settings, database, kind, sample(kind))
            if report.faults:
                raise DirectoryError(f"{sample(kind)}:{report.faults[0].line}: {report.faults[0].reason}")
    return True


def _samples(settings: Settings) -> int:
    if load_samples(settings):
        say("The samples are there. They are made up: take them for tries only.")
        return 0
    say("This helpline has places already; samples are for an empty one.")
    return 1


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.effective_database_url)
    database = Database(settings.effective_database_url)
    try:
        yield database
    finally:
        database.close()


def _import(
    settings: Settings,
    database: Database,
    kind: str,
    path: Path,
    dry_run: bool = False,
    bar: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    shipped = load_catalogues(settings.prompt_catalogue_dir)
    worded = {prompt_id for catalogue in shipped.values() for prompt_id in catalogue.prompts}
    names = NameBook(settings.catalogue_dir, list(shipped), worded)
    return import_list(
        kind,
        path,
        database,
        names,
        time_zone=settings.time_zone,
        country=settings.country,
        dry_run=dry_run,
        progress=bar,
    )


def _rows_in(path: Path) -> int:
    """About; the reading itself says what is wrong with a file that cannot be read."""
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def _announce(settings: Settings, database: Database) -> None:
    """Say the names of those who sit in a control room, in a helpline that runs too."""
    with database.reading() as session:
        names = announced(session)
    if write_words(settings, names) and names:
        speak(settings, espeak().env)
        tell_controller(database, WakeUp(database, settings.socket_dir))


def _told(path: Path, report: Report, dry_run: bool, new: str = "") -> int:
    for fault in report.faults[:_FAULTS_SHOWN]:
        print(f"{path}:{fault.line}: {fault.reason}")
    if len(report.faults) > _FAULTS_SHOWN:
        print(f"and {len(report.faults) - _FAULTS_SHOWN} more rows that cannot be imported")
    done = "can be imported" if dry_run else "are in the database"
    say(f"{report.imported} rows {done}, {len(report.faults)} left out.")
    if new and report.names:
        verb = "would be" if dry_run else "are"
        say(f"{report.names} of them {verb} new doctors, off duty until they or somebody else puts them on.")
    elif report.names:
        say(f"{report.names} names are new; they are spoken at the next start of the helpline.")
    return 1 if report.faults else 0


def _is_empty(database: Database) -> bool:
    with database.reading() as session:
        return not any(session.scalar(select(func.count()).select_from(kind.table)) for kind in KINDS.values())
