"""PURE: the figures of `bench messaging` as tables for people and JSON for programs, each beside its peer's."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import percentile, short
from bench.messaging.plan import Outcome, Plan
from bench.report import Verdict, machine

MOST_MENU_MS = 20.0
_KEPT_UP = 1.02  # promised in a minute, taken 1.2 s after it


def verdicts(outcomes: Sequence[Outcome], plan: Plan) -> list[Verdict]:
    """The issue's targets, and whether each was reached."""
    found = []
    for one in outcomes:
        rate = one.sent.taken / one.sent.seconds if one.sent.seconds else 0.0
        kept_up = rate * _KEPT_UP >= plan.rate and one.sent.taken == one.sent.promised == one.sent.recorded
        found.append(
            Verdict(
                f"{plan.rate} SMS/s for {plan.seconds:g} s on {one.database}, each once",
                kept_up and not one.sent.twice,
                f"{rate:.0f}/s, {one.sent.taken} of {one.sent.promised} taken, {one.sent.twice} twice",
            )
        )
        later = menu_delay(one)
        found.append(
            Verdict(
                f"a menu later by less than {MOST_MENU_MS:g} ms on {one.database}",
                later is not None and later < MOST_MENU_MS,
                "not measured" if later is None else f"{later:+.1f} ms (of the medians, at the worst key)",
            )
        )
    return found


def menu_delay(one: Outcome) -> float | None:
    """How much later the next sentence begins while messages are sent, in ms: of the medians, at the worst step."""
    later = [
        statistics.median(one.busy.delays[step]) - statistics.median(delays)
        for step, delays in one.quiet.delays.items()
        if one.busy.delays.get(step)
    ]
    return max(later) * 1000 if later else None


def as_json(outcomes: Sequence[Outcome], plan: Plan) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "benchmark": "messaging",
        "machine": machine(),
        "plan": asdict(plan),
        "outcomes": [asdict(one) | {"menu_later_ms": menu_delay(one)} for one in outcomes],
        "verdicts": [asdict(one) for one in verdicts(outcomes, plan)],
    }


def show(outcomes: Sequence[Outcome], plan: Plan, console: Console) -> None:
    """Two tables, the targets, and what went wrong."""
    console.print(_messages(outcomes))
    console.print(_menus(outcomes))
    console.print(machine(), style="dim")
    for verdict in verdicts(outcomes, plan):
        console.print(f"{'reached' if verdict.reached else 'MISSED ':7}  {verdict.target}: {verdict.found}")
    for one in outcomes:
        for problem in (*one.quiet.problems, *one.busy.problems):
            console.print(f"{one.database}: a caller: {problem[:300]}", style="dim", markup=False)


def _messages(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="bench messaging: from the promise to the operator")
    table.add_column("database")
    for heading in (
        *("SMS/s", "p50 ms", "p99 ms", "twice"),
        *("backlog, SMS/s", "without outbox, SMS/s", "× without outbox", "CPU s per 1,000: web", "controller"),
    ):
        table.add_column(heading, justify="right")
    for one in outcomes:
        p50, p99 = (percentile(one.sent.latencies, percent) for percent in (50, 99))
        table.add_row(
            one.database,
            f"{one.sent.taken / one.sent.seconds:.0f}" if one.sent.seconds else "–",
            _ms(p50),
            _ms(p99),
            str(one.sent.twice),
            f"{one.backlog:.0f}",
            f"{one.straight:.0f}",
            f"{one.backlog / one.straight:.2f}",
            short(one.cpu.get("web", 0.0)),
            short(one.cpu.get("controller", 0.0)),
        )
    return table


def _menus(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="from a caller's key to the next sentence's first sound, in ms")
    for heading in ("database", "messages", "key"):
        table.add_column(heading)
    for heading in ("times", "p50", "p95", "p99", "× without messages", "failed calls"):
        table.add_column(heading, justify="right")
    for one in outcomes:
        for messages, menu in (("none", one.quiet), ("all the time", one.busy)):
            for step, delays in sorted(menu.delays.items()):
                figures = _step(delays, one.quiet.delays.get(step, ()))
                table.add_row(one.database, messages, step, *figures, str(len(menu.problems)))
    return table


def _step(delays: Sequence[float], peer: Sequence[float]) -> list[str]:
    figures = [_ms(percentile(delays, percent)) for percent in (50, 95, 99)]
    times = f"{statistics.median(delays) / statistics.median(peer):.2f}" if peer else "–"
    return [str(len(delays)), *figures, times]


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f}"
