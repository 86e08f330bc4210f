"""`./helpline soak`: a random day in minutes, repeated by its seed."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from cli.lines.errors import LineRefused
from cli.prepare import prepare_prompts
from cli.runtime import RuntimeUnavailable
from cli.runtime.progress import say
from cli.soak import invariants, report
from cli.soak.errors import SoakError
from cli.soak.plan import QUIET_SECONDS, make
from cli.soak.running import carry_out
from cli.supervisor import SupervisorError
from config.settings import RUNTIME_DIR, load_settings
from phones.errors import PhoneError

PROMPTS = RUNTIME_DIR / "soak" / "prompts"
_PROBLEMS = (
    SoakError,
    LineRefused,
    PhoneError,
    RuntimeUnavailable,
    SupervisorError,
    SQLAlchemyError,
    sqlite3.Error,
    OSError,
)


def soak(seed: int, minutes: float, only_plan: bool, folder: Path | None = None, prompts: Path | None = None) -> int:
    """Run the plan of `seed` for `minutes`; the exit status, 1 where a rule was broken.

    Logs, records and recordings stay in `folder` (new or empty); without one they are kept only where a rule was
    broken. `prompts` are spoken ones to use.
    """
    console = Console(width=None if sys.stdout.isatty() else 180)
    if minutes * 60 <= QUIET_SECONDS:
        say(f"A soak takes longer than {QUIET_SECONDS:g} s: its last {QUIET_SECONDS:g} s are for everybody to finish.")
        return 2
    plan = make(seed, minutes * 60)
    if only_plan:
        report.show_plan(plan, console)
        return 0
    place = folder or Path(tempfile.mkdtemp(prefix="soak-"))
    broken = True
    try:
        run = carry_out(plan, place, prompts or _spoken(), say)
        found = invariants.violations(run)
        report.show(plan, run, found, console)
        broken = bool(found)
    except _PROBLEMS as problem:
        say(f"The soak could not be carried out: {problem}")
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    finally:
        if broken:
            say(f"Everything of it is in {place}.")
        elif folder is None:
            shutil.rmtree(place, ignore_errors=True)
    return int(broken)


def _spoken() -> Path:
    """The prompts, kept from one run to the next: speaking them takes longer than most runs."""
    PROMPTS.parent.mkdir(parents=True, exist_ok=True)
    with (PROMPTS.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_prompts(load_settings({}, data_dir=PROMPTS.parent))
    return PROMPTS
