"""What the supervisor has to know about a process to look after it."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


def _always() -> bool:
    return True


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Service:
    """One process. Times are in seconds.

    `ready` is asked in the supervisor's thread, so it must answer within about a second; an exception counts as no.
    `env` is the whole environment (None: the supervisor's own). `hung_restart_seconds` restarts a service whose
    `ready` has said no for that long; None only reports it, which is right where a restart would cost calls. `unask` is
    called once, when `ready` will not be asked any more.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    ready: Callable[[], bool] = _always
    unask: Callable[[], None] = _nothing
    ready_seconds: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    hung_restart_seconds: float | None = None
    restart: bool = True
