"""The callers' time as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.caller.measure import Outcome
from bench.caller.scripts import SCRIPTS, Script, Way
from bench.figures import Spread, spread
from bench.report import machine
from phones import ears

Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Figure:
    """A script in one way over all runs. `seconds` is None where no call reached its goal."""

    script: str
    way: Way
    runs: int
    failed: int
    seconds: Spread | None
    limit: float | None

    @property
    def reached(self) -> bool | None:
        """Whether every run kept the limit; None: there is none."""
        if self.limit is None:
            return None
        return not self.failed and self.seconds is not None and self.seconds.high <= self.limit


def figures(outcomes: Sequence[Outcome]) -> dict[tuple[str, Way], Figure]:
    """What was measured, by script and way."""
    return {
        (item.trial.script.name, item.trial.way): Figure(
            item.trial.script.name,
            item.trial.way,
            len(item.walks) + len(item.failures),
            len(item.failures),
            spread([walk.seconds for walk in item.walks]),
            item.trial.limit,
        )
        for item in outcomes
    }


def ratio(found: Mapping[tuple[str, Way], Figure], script: str, way: Way) -> float | None:
    """A caller's time as a share of the time of one who must hear every question out (of the medians)."""
    ours, peer = found.get((script, way)), found.get((script, "everything"))
    if ours is None or peer is None or ours.seconds is None or peer.seconds is None:
        return None
    return ours.seconds.median / peer.seconds.median


def pauses(outcomes: Sequence[Outcome]) -> Spread | None:
    """The silence from a key to the next question's first sound, in seconds, over all rows but each table's first."""
    return spread([row.sound_after for item in outcomes for row in item.table[1:]])


def longest_silence(outcomes: Sequence[Outcome]) -> float:
    """The longest silence in any of the recordings, in seconds; issue 3 allows two."""
    return max((ears.longest_silence(walk.sound) for item in outcomes for walk in item.walks), default=0.0)


def as_json(outcomes: Sequence[Outcome], runs: int) -> dict[str, Any]:
    """Everything, run by run."""
    found = figures(outcomes)
    pause = pauses(outcomes)
    return {
        "benchmark": "caller",
        "at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": machine(),
        "runs": runs,
        "trials": [
            asdict(figure)
            | {
                "reached": figure.reached,
                "ratio": ratio(found, *key),
                "each": [round(walk.seconds, 3) for walk in item.walks],
                "failures": item.failures,
                "flow": item.trial.script.flow,
                "table": [asdict(row) for row in item.table],
            }
            for (key, figure), item in zip(found.items(), outcomes, strict=True)
        ],
        "silence_after_a_key": None if pause is None else asdict(pause),
        "longest_silence": longest_silence(outcomes),
    }


def show(outcomes: Sequence[Outcome], titles: Titles, console: Console) -> None:
    """A table for each caller, the limits, and what went wrong."""
    found = figures(outcomes)
    for item in outcomes:
        if item.table:
            console.print(_nodes(item, titles))
    console.print(_summary(found))
    console.print(
        f"median (lowest–highest) of the runs, in seconds; × heard out: of the medians; {machine()}", style="dim"
    )
    if (pause := pauses(outcomes)) is not None:
        console.print(
            f"from a key's end to the next word: {pause.median:.2f} s, at most {pause.high:.2f} s", style="dim"
        )
    console.print(f"longest silence in any recording: {longest_silence(outcomes):.2f} s", style="dim")
    for figure in found.values():
        if figure.reached is not None:
            assert figure.limit is not None
            console.print(f"{'reached' if figure.reached else 'MISSED ':7}  {_target(figure)}: {_found(figure)}")
    for item in outcomes:
        for failure in item.failures:
            console.print(f"{item.trial.name} failed: {failure[:400]}", style="dim", markup=False)


def _nodes(item: Outcome, titles: Titles) -> Table:
    script = item.trial.script
    table = Table(title=f"{script.title} ({script.flow})", title_justify="left")
    for heading, side in (("node", "left"), ("", "left"), ("words", "right"), ("seconds", "right"), ("total", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    table.add_column("pressed")
    for row in item.table:
        title = titles.get(script.flow, {}).get(row.node, "")
        table.add_row(row.node, title, f"{row.words:.0f}", f"{row.seconds:.1f}", f"{row.total:.1f}", row.keys)
    goal_at = item.median_walk.goal_at if item.median_walk else item.table[-1].total
    table.add_row(
        GOALS.get(script.goal, script.goal), "", "", f"{goal_at - item.table[-1].total:.1f}", f"{goal_at:.1f}"
    )
    return table


GOALS = {"doctor": "the doctor's phone rings", "ambulance": "the ambulance's phone rings"}


def _summary(found: Mapping[tuple[str, Way], Figure]) -> Table:
    table = Table(title="bench caller: how long callers are on their way")
    table.add_column("caller")
    for heading in ("listens", "limit", "hears all out", "× heard out", "interrupts", "limit", "calls failed"):
        table.add_column(heading, justify="right")
    for script in SCRIPTS:
        table.add_row(*_line(script, found))
    return table


def _line(script: Script, found: Mapping[tuple[str, Way], Figure]) -> list[str]:
    ways: tuple[Way, ...] = ("option", "everything", "first_sound")
    listens, hears_out, interrupts = (found.get((script.name, way)) for way in ways)
    share = ratio(found, script.name, "option")
    failed = sum(figure.failed for figure in (listens, hears_out, interrupts) if figure)
    runs = sum(figure.runs for figure in (listens, hears_out, interrupts) if figure)
    return [
        script.title,
        _found(listens),
        _limit(listens),
        _found(hears_out),
        "–" if share is None else f"{share:.2f}",
        _found(interrupts),
        _limit(interrupts),
        f"{failed} of {runs}",
    ]


def _found(figure: Figure | None) -> str:
    if figure is None or figure.seconds is None:
        return "–"
    return str(figure.seconds)


def _limit(figure: Figure | None) -> str:
    return "–" if figure is None or figure.limit is None else f"{figure.limit:g}"


def _target(figure: Figure) -> str:
    title = next(script.title for script in SCRIPTS if script.name == figure.script)
    how = {"option": "listens until the own option", "first_sound": "interrupts", "everything": "hears all out"}
    return f"{title}, {how[figure.way]}, at most {figure.limit:g} s"
