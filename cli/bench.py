"""`./helpline bench NAME`: figures, each beside its peer's."""

from __future__ import annotations

import json as json_
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from cli.runtime import RuntimeUnavailable
from cli.runtime.progress import say
from cli.supervisor import SupervisorError

_WIDTH = 180


def bench(
    name: str, json: bool = False, quick: bool = False, folder: Path | None = None, part: str | None = None
) -> int:
    """Run the benchmark `name` and print its table, or with `json` one JSON object; the exit status.

    `quick` shows in a few minutes that it works. `folder` (new or empty) keeps logs and records. `part` is one of
    `bench routing`'s (bench/routing/parts.py); all without it.
    """
    if name not in (*_BENCHMARKS, "routing"):
        say(f"There is no benchmark {name!r}; there are: {', '.join((*_BENCHMARKS, 'routing'))}.")
        return 2
    from bench.errors import BenchError
    from phones.errors import PhoneError

    try:
        if name == "routing":
            return _routing(json, quick, folder, part)
        return _BENCHMARKS[name](json, quick, folder)
    except (BenchError, PhoneError, RuntimeUnavailable, SupervisorError) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


def _call(json: bool, quick: bool, folder: Path | None) -> int:
    from bench.call import measure
    from bench.plan import Plan
    from bench.report import as_json, show

    plan = Plan.quick() if quick else Plan()
    outcomes = measure(plan, say, folder)
    if json:
        print(json_.dumps(as_json(outcomes, plan), ensure_ascii=False))
    else:
        show(outcomes, Console(width=_WIDTH))
    return 0


def _caller(json: bool, quick: bool, folder: Path | None) -> int:
    from bench.caller.measure import QUICK_RUNS, RUNS, measure, titles
    from bench.caller.report import as_json, show

    runs = QUICK_RUNS if quick else RUNS
    called = titles()
    outcomes = measure(runs, say, folder)
    if json:
        print(json_.dumps(as_json(outcomes, runs), ensure_ascii=False))
    else:
        show(outcomes, called, Console(width=_WIDTH))
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _routing(json: bool, quick: bool, folder: Path | None, part: str | None) -> int:
    from bench.routing.parts import PARTS, load, measure
    from bench.routing.report import as_json, show

    if part is not None and part not in PARTS:
        say(f"There is no part {part!r}; there are: {', '.join(PARTS)}.")
        return 2
    results = measure([part] if part else PARTS, quick, say, folder)
    if json:
        print(json_.dumps(as_json(results, load()), ensure_ascii=False, default=str))
    else:
        show(results, Console(width=_WIDTH), load())
    return 0


def _messaging(json: bool, quick: bool, folder: Path | None) -> int:
    from bench.messaging.measure import measure
    from bench.messaging.plan import Plan
    from bench.messaging.report import as_json, show

    plan = Plan.quick() if quick else Plan()
    outcomes = measure(plan, say, folder)
    if json:
        print(json_.dumps(as_json(outcomes, plan), ensure_ascii=False))
    else:
        show(outcomes, plan, Console(width=_WIDTH))
    return 0


_BENCHMARKS: dict[str, Callable[[bool, bool, Path | None], int]] = {
    "call": _call,
    "caller": _caller,
    "messaging": _messaging,
}
