"""`bench call`: the helpline and native Asterisk take turns under the same load, and real phones measure among it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench.outcome import Outcome
from bench.plan import Plan, segments
from bench.side import Parts, Side
from bench.sides import HelplineSide, NativeSide
from cli.prepare import prepare_prompts
from cli.runtime import asterisk
from cli.runtime.sipp import sipp
from config.free_ports import FreePorts
from config.settings import RUNTIME_DIR, load_settings

PROMPTS = RUNTIME_DIR / "bench" / "prompts"


def measure(plan: Plan, tell: Callable[[str], None], folder: Path | None = None) -> list[Outcome]:
    """Every segment's outcome on both sides, in order. `folder` keeps logs and records; default: a temporary one.

    The sides alternate without a pause: while one side's last calls are still talking the other's begin, so the
    machine is under the same load all along and both are measured under it. BenchError when it cannot be done.
    """
    with ExitStack() as open_:
        if folder is None:
            folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        prepare_prompts(load_settings({}, data_dir=PROMPTS.parent))
        free = FreePorts()
        parts = Parts(asterisk(), sipp(), folder, PROMPTS, free)
        sides = [open_.enter_context(side(parts, plan)) for side in (HelplineSide, NativeSide)]
        tell("both are up")
        return _alternate(sides, plan, tell)


def _alternate(sides: list[Side], plan: Plan, tell: Callable[[str], None]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(2 * len(sides), thread_name_prefix="segment") as pool:
        for rate in plan.rates:
            running: list[Future[Outcome]] = []
            for segment in (item for item in segments(plan) if item.rate == rate):
                for side in sides:
                    tell(f"{rate} calls a second to {side.name}, run {segment.run + 1} of {plan.runs}")
                    running.append(pool.submit(side.run, segment))
                    _sleep(segment.seconds, running)
            outcomes += [future.result() for future in running]
    return outcomes


def _sleep(seconds: float, running: list[Future[Outcome]]) -> None:
    """Wait, unless something has gone wrong already."""
    wake = threading.Event()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for future in running:
            if future.done() and future.exception():
                future.result()
        wake.wait(min(left, 0.5))
