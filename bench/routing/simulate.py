"""A day, lived by the helpline on a database and by app_queue's strategies, as one call: `simulate(day, seed)`."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.routing.app_queue import STRATEGIES, AppQueue
from bench.routing.crowd import draw
from bench.routing.day import Day
from bench.routing.helpline_day import HelplineDay
from bench.routing.tally import Figures, figures
from cli.runtime.postgres_server import temporary_postgres
from config.database import Database
from config.migrate import upgrade
from routing.rules import DEFAULT_RULES, RoutingRules

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Outcome:
    """A day's figures, what happened and must not, and the real seconds it took. `database`: "" for a model.

    `cpu_seconds` are this process's own; a server's are not among them.
    """

    figures: Figures
    problems: tuple[str, ...]
    seconds: float
    database: str = ""
    cpu_seconds: float = 0.0


def simulate(
    day: Day | None = None, seed: int = 1, database: str = "sqlite", rules: RoutingRules = DEFAULT_RULES
) -> Outcome:
    """The day through the real policy, pool, store and journal on a database of its own that is thrown away."""
    day = day or Day()
    crowd = draw(day, seed)
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="day-")))
        server = database == "postgresql"
        url = open_.enter_context(temporary_postgres(folder)) if server else f"sqlite:///{folder}/day.db"
        upgrade(url)
        base = Database(url)
        open_.callback(base.close)
        begun, cpu = time.monotonic(), time.process_time()
        tally = HelplineDay(day, crowd, base, rules).run()
        lasted, used = time.monotonic() - begun, time.process_time() - cpu
        return Outcome(figures(tally), tuple(tally.problems), lasted, database, used)


def simulate_app_queue(day: Day | None = None, seed: int = 1, strategy: str = STRATEGIES[0]) -> Outcome:
    """The same day, lived by the model of one of app_queue's strategies."""
    day = day or Day()
    crowd = draw(day, seed)
    begun, cpu = time.monotonic(), time.process_time()
    tally = AppQueue(day, crowd, strategy).run()
    lasted, used = time.monotonic() - begun, time.process_time() - cpu
    return Outcome(figures(tally), tuple(tally.problems), lasted, cpu_seconds=used)
