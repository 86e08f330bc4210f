"""PURE: the parts of `bench routing` as tables for people and JSON for programs, each figure beside its peer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Spread, percentile, short, spread
from bench.report import Verdict, machine
from bench.routing.decision import Timed
from bench.routing.freed_plan import Freed
from bench.routing.simulate import Outcome
from bench.routing.waiting_plan import Window

MOST_DECISION_MS = 2.0
MOST_FREED_MS = 150.0
LEAST_FREED = 1_000
MOST_WAITING_SHARE = 0.2
MOST_DAY_SECONDS = 300.0


@dataclass(frozen=True)
class Results:
    """What was measured; None for a part that was not."""

    decision: Sequence[Timed] | None = None
    freed: Sequence[Freed] | None = None
    waiting: Sequence[Window] | None = None
    day: Sequence[Outcome] | None = None


@dataclass(frozen=True)
class DecisionRow:
    kind: str
    decisions: int
    p50_ms: float
    p99_ms: float
    cpu_p99_ms: float
    scan_p50_ms: float | None
    times_faster: float | None


def decision_rows(timed: Sequence[Timed]) -> list[DecisionRow]:
    found = []
    for one in timed:
        p50, p99, cpu = percentile(one.pool, 50), percentile(one.pool, 99), percentile(one.cpu, 99)
        scan = percentile(one.scan, 50)
        if p50 is None or p99 is None or cpu is None:
            continue
        times = scan / p50 if scan is not None else None
        found.append(DecisionRow(one.kind, len(one.pool), p50 * 1e3, p99 * 1e3, cpu * 1e3, scan and scan * 1e3, times))
    return found


def waiting_shares(windows: Sequence[Window]) -> dict[str, Spread]:
    """The share of a core that each side used, over its runs."""
    sides = dict.fromkeys(window.side for window in windows)
    shares = {side: spread([window.share for window in windows if window.side == side]) for side in sides}
    return {side: share for side, share in shares.items() if share is not None}


def waiting_ratio(windows: Sequence[Window]) -> float | None:
    """What the helpline's queue costs beyond the same sounds, as a share of what app_queue's does (medians)."""
    shares = {side: share.median for side, share in waiting_shares(windows).items()}
    theirs = shares["app_queue"] - shares["plain dialplan"]
    return (shares["helpline"] - shares["plain dialplan"]) / theirs if theirs > 0 else None


def verdicts(results: Results) -> list[Verdict]:
    """The targets of the parts that were measured, each with what was found."""
    found = []
    for row in decision_rows(results.decision or ()):
        target = f"decision p99 below {MOST_DECISION_MS:g} ms: {row.kind}"
        found.append(Verdict(target, row.p99_ms < MOST_DECISION_MS, f"{short(row.p99_ms)} ms"))
    for side in results.freed or ():
        if side.side == "helpline":
            p99 = percentile(side.delays, 99)
            n = len(side.delays)
            target = f"freed → ringing p99 below {MOST_FREED_MS:g} ms, n at least {LEAST_FREED}"
            reached = p99 is not None and p99 * 1000 < MOST_FREED_MS and n >= LEAST_FREED
            found.append(Verdict(target, reached, f"{short((p99 or 0) * 1000)} ms, n = {n}"))
    if results.waiting:
        ratio = waiting_ratio(results.waiting)
        target = f"CPU of waiting at most {MOST_WAITING_SHARE:g} of app_queue's"
        said = "app_queue costs nothing measurable" if ratio is None else f"{ratio:.2f}"
        found.append(Verdict(target, ratio is not None and ratio <= MOST_WAITING_SHARE, said))
    for outcome in results.day or ():
        if outcome.database:
            calls = f"{outcome.figures.calls:,} calls on {outcome.database}"
            within = outcome.seconds < MOST_DAY_SECONDS
            took = f"{outcome.seconds:.0f} s ({outcome.cpu_seconds:.0f} s of the processor)"
            found.append(Verdict(f"{calls} in less than {MOST_DAY_SECONDS:g} s", within, took))
            broken = f"{len(outcome.problems)} broken{': ' + outcome.problems[0] if outcome.problems else ''}"
            found.append(Verdict(f"{calls}: no rule broken", not outcome.problems, broken))
    return found


def show(results: Results, console: Console, load: str) -> None:
    """The tables, then the targets."""
    if results.decision:
        _show_decisions(results.decision, console)
    if results.freed:
        _show_freed(results.freed, console)
    if results.waiting:
        _show_waiting(results.waiting, console)
    if results.day:
        _show_day(results.day, console)
    console.print(f"{machine()}; {load}", style="dim")
    for verdict in verdicts(results):
        console.print(f"{'reached' if verdict.reached else 'MISSED ':7}  {verdict.target}: {verdict.found}")
    for problem in _problems(results)[:8]:
        console.print(problem[:300], style="dim", markup=False)


def _problems(results: Results) -> list[str]:
    found = [f"{window.side}: {problem}" for window in results.waiting or () for problem in window.problems]
    found += [f"{side.side}: {problem}" for side in results.freed or () for problem in side.problems]
    return found + [f"{day.figures.name}: {problem}" for day in results.day or () for problem in day.problems]


def _table(title: str, words: int, *headings: str) -> Table:
    """The first `words` columns are words, the others figures."""
    table = Table(title=title)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="left" if index < words else "right")
    return table


def _show_decisions(timed: Sequence[Timed], console: Console) -> None:
    table = _table(
        "one decision", 1, "what happens", "n", "p50 ms", "p99 ms", "CPU p99 ms", "plain scan p50 ms", "× faster"
    )
    for row in decision_rows(timed):
        scan = "–" if row.scan_p50_ms is None else short(row.scan_p50_ms)
        times = "–" if row.times_faster is None else short(row.times_faster)
        found = (short(value) for value in (row.p50_ms, row.p99_ms, row.cpu_p99_ms))
        table.add_row(row.kind, str(row.decisions), *found, scan, times)
    console.print(table)


def _show_freed(sides: Sequence[Freed], console: Console) -> None:
    title = "from the last disposition key leaving the phone to the next INVITE reaching the trunk"
    table = _table(title, 1, "side", "n", "p50 ms", "p99 ms", "waiting", "× app_queue's p50")
    medians = {side.side: percentile(side.delays, 50) for side in sides}
    theirs = medians.get("app_queue")
    for side in sides:
        p50, p99 = percentile(side.delays, 50), percentile(side.delays, 99)
        times = "–" if p50 is None or not theirs else short(p50 / theirs)
        figures = ("–" if value is None else short(value * 1000) for value in (p50, p99))
        table.add_row(side.side, str(len(side.delays)), *figures, f"{side.waiting[0]}–{side.waiting[1]}", times)
    console.print(table)


def _show_waiting(windows: Sequence[Window], console: Console) -> None:
    callers = max(window.callers for window in windows)
    title = f"{callers} callers wait: share of a core"
    table = _table(title, 1, "side", "runs", "% of a core", "beyond the sounds", "× app_queue's")
    shares = waiting_shares(windows)
    plain = shares["plain dialplan"].median
    theirs = shares["app_queue"].median - plain
    for side, share in shares.items():
        percent = Spread(share.median * 100, share.low * 100, share.high * 100)
        more = share.median - plain
        beyond = "–" if side == "plain dialplan" else short(more * 100)
        times = f"{more / theirs:.2f}" if side != "plain dialplan" and theirs > 0 else "–"
        table.add_row(side, str(sum(window.side == side for window in windows)), str(percent), beyond, times)
    console.print(table)


def _show_day(days: Sequence[Outcome], console: Console) -> None:
    calls = days[0].figures.calls
    table = _table(
        f"one day of {calls:,} calls: shares in %",
        1,
        *("who lives it", "in 20 s", "in 60 s", "answered", "left", "call back", "ASA s", "p95 s", "Gini", "per hour"),
        *("offers a talk", "wasted", "own language", "most waiting", "took s", "CPU s"),
    )
    for one in days:
        its = one.figures
        name = f"{its.name} on {one.database}" if one.database else f"{its.name} (model)"
        shares = (its.within_20, its.within_60, its.answered, its.abandoned, its.called_back)
        table.add_row(
            name,
            *(f"{share * 100:.1f}" for share in shares),
            *(short(its.mean_wait), short(its.p95_wait), f"{its.gini:.3f}", f"{its.gini_per_hour:.3f}"),
            *(f"{its.offers_per_talk:.2f}", f"{its.wasted * 100:.0f}", f"{its.own_language * 100:.1f}"),
            *(str(its.most_waiting), f"{one.seconds:.0f}", f"{one.cpu_seconds:.0f}"),
        )
    console.print(table)


def as_json(results: Results, load: str) -> dict[str, Any]:
    """Everything, run by run; the single decisions as rows only."""
    return {
        "benchmark": "routing",
        "machine": machine(),
        "load": load,
        "decision": [asdict(row) for row in decision_rows(results.decision)] if results.decision else None,
        "freed": [asdict(side) for side in results.freed] if results.freed else None,
        "waiting": [asdict(window) for window in results.waiting] if results.waiting else None,
        "waiting_ratio": waiting_ratio(results.waiting) if results.waiting else None,
        "day": [asdict(outcome) for outcome in results.day] if results.day else None,
        "targets": [asdict(verdict) for verdict in verdicts(results)],
    }
