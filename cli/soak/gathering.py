"""Takes down what each telephone did and heard once its call is over, and lets go of the sound: long soaks are long."""

from __future__ import annotations

import math
import threading
import time
from types import TracebackType
from typing import Self

from cli.soak.records import of_phone
from cli.soak.views import PhoneLeg
from phones.network import PhoneNetwork

_LOOK_EVERY = 1.0
_LAST_FRAMES_SECONDS = 1.5


class Gathering:
    """A context manager; `began` is time.monotonic() at the run's beginning."""

    def __init__(self, net: PhoneNetwork, began: float) -> None:
        self._net = net
        self._began = began
        self._done: dict[str, PhoneLeg] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def all(self) -> list[PhoneLeg]:
        """Every call of every telephone; those that are not over end now."""
        self._gather(math.inf)
        return sorted(self._done.values(), key=lambda leg: leg.began)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY):
            self._gather(time.monotonic() - _LAST_FRAMES_SECONDS)

    def _gather(self, until: float) -> None:
        for leg in self._net.switchboard.legs:
            over = leg.ended_at if leg.ended_at is not None else time.monotonic()
            if leg.id not in self._done and over <= until:
                self._done[leg.id] = of_phone(leg, self._began, over)
                leg.line = None
