"""What `./helpline line` does: look, add, change, switch; the database first, then whoever runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin_api import audit
from cli.lines import dialplan
from cli.lines.errors import LineRefused
from cli.lines.known import known
from cli.lines.table import table
from cli.lines.wishes import Wish, fields, line_number
from cli.runtime.progress import say
from config.clock import utc_now
from config.commands import send
from config.database import Database
from config.errors import ConfigError
from config.migrate import upgrade
from config.schema import CommandRow, ServiceLine
from config.settings import Settings, load_settings
from config.wakeup import WakeUp
from flows.errors import FlowError
from prompts.errors import PromptError
from routing import lines
from routing.errors import RoutingError

_PROBLEMS = (ConfigError, FlowError, LineRefused, PromptError, RoutingError)
_CHANGED = "lines_changed"
_CONTROLLER_SECONDS = 3.0


def show() -> int:
    """Print every line; the exit status."""
    return _told(lambda settings: _show(settings))


def add(number: str, wish: Wish) -> int:
    """Make a line of a number; the exit status."""
    return _told(lambda settings: add_line(settings, number, wish))


def change(number: str, wish: Wish) -> int:
    """Change what is wished of a line and leave the rest; the exit status."""
    return _told(lambda settings: _change(settings, number, wish))


def switch(number: str, on: bool) -> int:
    """Take a line into service or out of it; the exit status."""
    return _told(lambda settings: _switch(settings, number, on))


def add_line(settings: Settings, number: str, wish: Wish) -> str:
    """Make a line and let whoever runs know of it; what to tell. Raises what `_PROBLEMS` names."""
    number = line_number(number, settings.country)
    with _opened(settings) as database:
        with _writing(settings, database) as session:
            _made(session, settings, number, fields(wish, known(session, settings, dialplan.may_run(settings))))
        return f"{number} is a service line. {_let_in(settings, database, number, bool(wish.missed_call))}"


def ensure_lines(settings: Settings, wishes: Mapping[str, Wish]) -> None:
    """Make lines of the numbers that are none, for a helpline that is about to start. Raises as `add_line`."""
    with _opened(settings) as database, database.writing() as session:
        there = {line.dialled_number for line in lines.lines(session)}
        missing = {number: wish for number, wish in wishes.items() if number not in there}
        material = known(session, settings, running=False) if missing else None
        for number, wish in missing.items():
            assert material is not None
            _made(session, settings, number, fields(wish, material))


def _show(settings: Settings) -> str:
    with _opened(settings) as database, database.reading() as session:
        return table(lines.lines(session))


def _change(settings: Settings, number: str, wish: Wish) -> str:
    number = line_number(number, settings.country)
    with _opened(settings) as database, _writing(settings, database) as session:
        line = lines.line_of(session, number)
        wanted = fields(wish, known(session, settings, dialplan.may_run(settings)), line.numbers)
        if not wanted:
            raise LineRefused("say what to change: --flow, --name, --language, --hours, --districts, …")
        changed = lines.change_line(line, wanted)
        if not changed:
            return f"{number} is like that already."
        _audit(session, line, "line.changed", *changed)
        rung_only, active = line.missed_call, line.active
    if "missed_call" in changed and active:
        with _opened(settings) as database:
            told = _let_in(settings, database, number, rung_only)
        return f"{number} has changed ({', '.join(changed)}). {told}"
    return f"{number} has changed ({', '.join(changed)}); the next call finds it so."


def _switch(settings: Settings, number: str, on: bool) -> str:
    number = line_number(number, settings.country)
    with _opened(settings) as database:
        with _writing(settings, database) as session:
            line = lines.line_of(session, number)
            if lines.change_line(line, {"active": on}):
                _audit(session, line, "line.switched_on" if on else "line.switched_off")
            missed_call = line.missed_call
        if on:
            return f"{number} is in service. {_let_in(settings, database, number, missed_call)}"
        return f"{number} is out of service. {_keep_out(settings, number)}"


# --- whoever runs ---------------------------------------------------------------------------------------------------


def _let_in(settings: Settings, database: Database, number: str, missed_call: bool) -> str:
    # The controller first: a caller whom Asterisk hands on must find a controller that knows the line.
    if dialplan.may_run(settings):
        _wait_for_the_controller(database)
    return {
        "learned": "It can be dialled now.",
        "not running": "It can be dialled when the helpline is started.",
        "unreachable": "Asterisk could not be told: it can be dialled when Asterisk is started the next time.",
    }[dialplan.let_in(settings, number, missed_call)]


def _keep_out(settings: Settings, number: str) -> str:
    return {
        "learned": "New calls are refused; calls that are going on go on.",
        "not running": "",
        "unreachable": "Asterisk could not be told: until it is started the next time, callers hear an apology.",
    }[dialplan.keep_out(settings, number)].strip()


def _wait_for_the_controller(database: Database) -> None:
    """Until the controller has taken the command; it takes none where it does not run."""
    waiting = select(func.count()).where(CommandRow.kind == _CHANGED, CommandRow.taken_at.is_(None))
    deadline = time.monotonic() + _CONTROLLER_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as session:
            if not session.scalar(waiting):
                return
        time.sleep(0.05)


# --- how it is done -------------------------------------------------------------------------------------------------


def _told(work: Callable[[Settings], str]) -> int:
    try:
        print(work(load_settings()))
    except _PROBLEMS as problem:
        say(str(problem))
        return 1
    except SQLAlchemyError as problem:
        say(str(getattr(problem, "orig", None) or problem))  # without the parameters, in which numbers stand
        return 1
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.effective_database_url)
    database = Database(settings.effective_database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _writing(settings: Settings, database: Database) -> Iterator[Session]:
    """A transaction with which the controller is told to look at the lines anew."""
    with database.writing() as session:
        yield session
        send(session, "controller", _CHANGED, {}, utc_now(), WakeUp(database, settings.socket_dir))


def _made(session: Session, settings: Settings, number: str, wanted: Mapping[str, Any]) -> None:
    line = lines.add_line(session, number, wanted["flow"], {"language": settings.language, **wanted})
    _audit(session, line, "line.added", *wanted)


def _audit(session: Session, line: ServiceLine, action: str, *changed: str) -> None:
    detail = {"number": line.dialled_number} | ({"fields": sorted(changed)} if changed else {})
    # From the machine's own shell: nobody is signed in there.
    audit.record_from(session, None, "shell", action, "line", line.id, **detail)
