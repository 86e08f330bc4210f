"""`./helpline report …`: figures over many calls and doctors, from the records."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.exc import SQLAlchemyError

from cdr import unanswered as report
from cdr.errors import CdrError
from cdr.unanswered import DoctorsDay
from cli.runtime.progress import say
from config.clock import utc_now
from config.database import Database
from config.errors import ConfigError
from config.settings import load_settings

app = typer.Typer(help="Figures over many calls and doctors, from the records.", no_args_is_help=True)

_COLUMNS = ("offers", "accepted", "declined", "no_answer", "unconfirmed", "busy", "unreachable", "let_go")
_A_WEEK = timedelta(days=6)

_DAYS = ["%Y-%m-%d"]
First = Annotated[
    datetime | None, typer.Option("--from", formats=_DAYS, help="The first day; default: six days before --to.")
]
Last = Annotated[datetime | None, typer.Option("--to", formats=_DAYS, help="The last day, included; default: today.")]


@app.callback()
def reports() -> None:
    """Figures over many calls and doctors, from the records."""


@app.command()
def unanswered(
    since: First = None,
    until: Last = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
) -> None:
    """Which doctors declined, did not answer or could not be reached, by day."""
    raise typer.Exit(show(since.date() if since else None, until.date() if until else None, json))


def show(since: date | None, until: date | None, json: bool) -> int:
    """Print the report; the exit status: 1 where it cannot be made."""
    try:
        settings = load_settings()
        zone = ZoneInfo(settings.time_zone)
        last = until or utc_now().astimezone(zone).date()
        first = since or last - _A_WEEK
        database = Database(settings.effective_database_url)
        with closing(database), database.reading() as session:
            found = report.unanswered(session, first, last, zone)
    except (CdrError, ConfigError, OverflowError, SQLAlchemyError) as problem:
        say(str(problem).splitlines()[0])
        return 1
    lines = map(_as_json, found) if json else _table(found, first, last)
    print("\n".join(lines))
    return 0


def _table(found: Sequence[DoctorsDay], first: date, last: date) -> Iterator[str]:
    if not found:
        yield f"From {first} to {last} every doctor took every call that was offered, or none was offered."
        return
    heads = [name.replace("_", " ") for name in _COLUMNS]
    yield "  ".join(["day       ", *heads, "doctor"])
    for row in found:
        counts = [f"{getattr(row, name):>{len(head)}}" for name, head in zip(_COLUMNS, heads, strict=True)]
        yield "  ".join([str(row.day), *counts, row.doctor_name])


def _as_json(row: DoctorsDay) -> str:
    return json_text.dumps(vars(row) | {"day": str(row.day)}, ensure_ascii=False)
