"""`./helpline bench NAME`: figures, each beside its peer's."""

from __future__ import annotations

import json as json_
from pathlib import Path

from rich.console import Console

from cli.runtime import RuntimeUnavailable
from cli.runtime.progress import say
from cli.supervisor import SupervisorError

NAMES = ("call",)


def bench(name: str, json: bool = False, quick: bool = False, folder: Path | None = None) -> int:
    """Run the benchmark `name` and print its table, or with `json` one JSON object; the exit status.

    `quick` shows in under two minutes that it works. `folder` (new or empty) keeps logs and records.
    """
    if name not in NAMES:
        say(f"There is no benchmark {name!r}; there are: {', '.join(NAMES)}.")
        return 2
    from bench.call import measure
    from bench.errors import BenchError
    from bench.plan import Plan
    from bench.report import as_json, show

    plan = Plan.quick() if quick else Plan()
    try:
        outcomes = measure(plan, say, folder)
    except (BenchError, RuntimeUnavailable, SupervisorError) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    if json:
        print(json_.dumps(as_json(outcomes, plan), ensure_ascii=False))
    else:
        show(outcomes, Console(width=180))
    return 0
