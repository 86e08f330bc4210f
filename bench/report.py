"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.figures import Spread, percentile, short, spread
from bench.outcome import Outcome
from bench.plan import Plan
from bench.probes import KEY_SECONDS

# At few calls a second what is done for nobody weighs more: heartbeats, looks at the clock.
MOST_CPU_RATIO = {10: 2.0, 20: 2.0, 40: 1.5}
MOST_P99_MS = 250.0
RATES_WITHOUT_FAILURE = (20, 40)


@dataclass(frozen=True)
class Row:
    """One side at one rate: counts over all runs, and the runs' figures as spreads (CPU and delays in ms)."""

    rate: int
    side: str
    attempted: int
    failed: int
    cpu: dict[str, Spread]
    cpu_total: Spread
    p50: Spread | None
    p99: Spread | None
    p99_of_all: float | None
    probes: int


@dataclass(frozen=True)
class Verdict:
    """A target and whether it was reached."""

    target: str
    reached: bool
    found: str


def rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """One row for each rate and side, in the order they were measured."""
    keys = list(dict.fromkeys((item.segment.rate, item.side) for item in outcomes))
    return [_row([o for o in outcomes if (o.segment.rate, o.side) == key]) for key in keys]


def _row(runs: Sequence[Outcome]) -> Row:
    processes = list(runs[0].cpu)
    by_process = {name: spread([run.cpu_per_call[name] for run in runs]) for name in processes}
    total = spread([sum(run.cpu_per_call.values()) for run in runs])
    assert total is not None
    everything = [delay * 1000 for run in runs for delay in run.delays]
    return Row(
        rate=runs[0].segment.rate,
        side=runs[0].side,
        attempted=sum(run.attempted for run in runs),
        failed=sum(run.failed for run in runs),
        cpu={name: value for name, value in by_process.items() if value is not None},
        cpu_total=total,
        p50=_delays(runs, 50),
        p99=_delays(runs, 99),
        p99_of_all=percentile(everything, 99),
        probes=len(everything),
    )


def _delays(runs: Sequence[Outcome], percent: float) -> Spread | None:
    found = [percentile([delay * 1000 for delay in run.delays], percent) for run in runs]
    return spread([value for value in found if value is not None])


def ratios(table: Sequence[Row]) -> dict[int, float]:
    """The helpline's CPU per call as a multiple of native's, by rate (of the medians)."""
    totals = {(row.rate, row.side): row.cpu_total.median for row in table}
    return {rate: totals[rate, "helpline"] / totals[rate, "native"] for rate, side in totals if side == "helpline"}


def verdicts(table: Sequence[Row]) -> list[Verdict]:
    """The targets, each with what was found."""
    ours = {row.rate: row for row in table if row.side == "helpline"}
    found = []
    for row in (ours[rate] for rate in RATES_WITHOUT_FAILURE if rate in ours):
        found.append(
            Verdict(f"no failed call at {row.rate} a second", row.failed == 0, f"{row.failed} of {row.attempted}")
        )
    for rate, ratio in ratios(table).items():
        most = MOST_CPU_RATIO[rate]
        text = f"CPU per call at {rate} a second at most {most:g} times native"
        found.append(Verdict(text, ratio <= most, f"{ratio:.2f}"))
    for row in ours.values():
        text = f"accept → bridge p99 at {row.rate} a second below {MOST_P99_MS:g} ms"
        p99 = row.p99_of_all
        found.append(
            Verdict(text, p99 is not None and p99 < MOST_P99_MS, "none measured" if p99 is None else f"{p99:.0f} ms")
        )
    return found


def as_json(outcomes: Sequence[Outcome], plan: Plan) -> dict[str, Any]:
    """Everything, run by run."""
    table = rows(outcomes)
    return {
        "benchmark": "call",
        "at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": machine(),
        "plan": asdict(plan),
        "rows": [asdict(row) for row in table],
        "ratio": {str(rate): ratio for rate, ratio in ratios(table).items()},
        "targets": [asdict(verdict) for verdict in verdicts(table)],
        "key_ms": KEY_SECONDS * 1000,
        "runs": [asdict(outcome) | {"failed": outcome.failed} for outcome in outcomes],
    }


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """The table, the targets, and what went wrong first."""
    everything = rows(outcomes)
    ratio = ratios(everything)
    table = Table(title="bench call: one patient's call, the helpline beside native dialplan + app_queue")
    for heading in ("calls/s", "side", "calls", "failed", "CPU ms per call", "of which", "× native"):
        table.add_column(heading, justify="left" if heading in ("side", "of which") else "right")
    table.add_column("accept→bridge p50 ms", justify="right")
    table.add_column("p99 ms", justify="right")
    for row in everything:
        parts = (
            "  ".join(f"{name} {short(value.median)}" for name, value in row.cpu.items()) if len(row.cpu) > 1 else ""
        )
        times = f"{ratio[row.rate]:.2f}" if row.side == "helpline" else "1"
        table.add_row(
            *(str(row.rate), row.side, str(row.attempted), str(row.failed), str(row.cpu_total), parts, times),
            *("–" if value is None else str(value) for value in (row.p50, row.p99)),
        )
    console.print(table)
    console.print(f"median (lowest–highest) of the runs; {machine()}", style="dim")
    for verdict in verdicts(everything):
        console.print(f"{'reached' if verdict.reached else 'MISSED ':7}  {verdict.target}: {verdict.found}")
    for outcome in outcomes:
        for problem in outcome.problems[:2]:
            console.print(f"{outcome.side} at {outcome.segment.rate}/s: {problem[:300]}", style="dim", markup=False)


def machine() -> str:
    """What it ran on, in words."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, Linux {platform.release()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
