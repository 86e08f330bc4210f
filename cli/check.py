"""`./helpline check`: what stands between this machine and a working helpline, each line ok or what to do."""

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TextIO

from cli.checks import CheckResult, bad, good, machine, network, parts, running
from cli.checks.messages import messages
from config.errors import ConfigError
from config.settings import Settings, load_settings

Check = tuple[str, Callable[[Settings], CheckResult]]

CHECKS: tuple[Check, ...] = (
    ("python", lambda _: machine.python()),
    ("packages", lambda _: machine.packages()),
    ("disk", machine.disk),
    ("clock", machine.clock),
    ("asterisk", parts.asterisk_and_modules),
    ("voice", parts.voice),
    ("prompts", parts.prompts),
    ("menus", parts.flows),
    ("routing", parts.routing),
    ("messages", messages),
    ("database", parts.database),
    ("ports", network.ports),
    ("trunk", network.trunk),
    ("controller", running.witness),
    ("console", running.web),
)


def check(more: Sequence[Check] = ()) -> int:
    """Ask everything, print one line for each, and return 0 when all of it is in order, else 1."""
    try:
        settings = load_settings()
    except ConfigError as error:
        return report([("settings", bad("wrong", str(error)))])
    return report(
        chain([("settings", good("valid"))], ((n, ask(question, settings)) for n, question in (*CHECKS, *more)))
    )


def ask(question: Callable[[Settings], CheckResult], settings: Settings) -> CheckResult:
    """One check's result; a check that breaks is a finding too, not the end of the list."""
    try:
        return question(settings)
    except Exception as error:
        return bad(f"could not be checked: {type(error).__name__}: {error}", "please report this")


def report(results: Iterable[tuple[str, CheckResult]], out: TextIO | None = None) -> int:
    """Print the results as they come; 0 when all are in order, else 1."""
    out = out or sys.stdout
    status = 0
    for name, result in results:
        print(f"{'ok ' if result.ok else 'NOT'}  {name:<11}{result.what}", file=out, flush=True)
        if not result.ok:
            status = 1
            print(f"     {'':<11}→ {result.do}", file=out, flush=True)
    return status
