"""Everybody on the line talks without end, so that whoever is bridged with somebody hears somebody."""

from __future__ import annotations

import contextlib
import threading
import time
from types import TracebackType
from typing import Self

from phones.errors import PhoneError
from phones.network import PhoneNetwork
from phones.voice import murmur

_SECONDS = 20.0
_LOOK_EVERY = 0.3
_VOICE = murmur(_SECONDS)


class Voices:
    """A context manager: gives each telephone that is up something to say before it has said the last."""

    def __init__(self, net: PhoneNetwork) -> None:
        self._net = net
        self._until: dict[str, float] = {}  # by the leg's id: when it will have said everything
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voices", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY):
            for leg in self._net.switchboard.legs:
                if leg.line is None or leg.ended_at is not None:
                    continue
                now = time.monotonic()
                if self._until.get(leg.id, 0.0) < now + 3.0:
                    self._until[leg.id] = max(now, self._until.get(leg.id, 0.0)) + _SECONDS
                    with contextlib.suppress(PhoneError):
                        self._net.call_of(leg).murmurs(_VOICE)
