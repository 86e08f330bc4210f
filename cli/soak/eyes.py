"""The witness's view while it grows: channels and bridges as another AMI client than the controller is told of them."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from cli.checks.witness import Witness, channels
from cli.soak.views import Channel, Seen, Span, Stay

_LOOK_EVERY = 0.5
_OUTGOING = re.compile(r"^(?:PJSIP/)?([+0-9]+)@")
_CAME_IN = frozenset({"from-trunk", "caller", "missed", "refused"})


class Eyes:
    """A context manager that watches Asterisk, again after each of its deaths. `now` gives the run's seconds."""

    def __init__(self, port: int, secret: str, now: Callable[[], float]) -> None:
        self.seen = Seen()
        self.now_bridged = 0
        self._address = (port, secret)
        self._now = now
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="eyes", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)

    def channels(self) -> list[str]:
        """The channels that exist now, asked anew. OSError when Asterisk does not answer."""
        return channels(*self._address)

    def _watch(self) -> None:
        seen_until = self._now()
        while not self._stop.is_set():
            with contextlib.suppress(OSError), Witness(*self._address, self._hear) as witness:
                if self._now() - seen_until > 2 * _LOOK_EVERY:
                    self._was_blind(Span(seen_until, self._now()))
                while not self._stop.wait(_LOOK_EVERY):
                    # Asterisk's AMI can keep an event until the next input; and a dead one does not answer.
                    witness.ask("Ping")
                    seen_until = self._now()
            self._stop.wait(0.2)

    def _was_blind(self, span: Span) -> None:
        """The line was lost: with Asterisk, so far as we know, and so everything that was has ended."""
        with self._lock:
            self.seen.blind.append(span)
            for channel in self.seen.channels.values():
                channel.died = channel.died if channel.died is not None else span.start
            for stay in self.seen.stays:
                stay.left = stay.left if stay.left is not None else span.start

    def _hear(self, event: Any) -> None:
        at, keys = self._now(), event.keys
        with self._lock:
            match event.name:
                case "Newchannel":
                    self._born(at, keys)
                case "DialBegin":
                    number = _OUTGOING.match(keys.get("DialString", ""))
                    channel = self.seen.channels.get(keys.get("DestUniqueid", ""))
                    if number and channel is not None:
                        channel.number, channel.incoming = number[1], False
                case "Hangup":
                    if (channel := self.seen.channels.get(keys["Uniqueid"])) is not None:
                        channel.died = at
                case "BridgeEnter":
                    self.seen.stays.append(Stay(keys["BridgeUniqueid"], keys["Uniqueid"], at))
                case "BridgeLeave":
                    self._left(at, keys["BridgeUniqueid"], keys["Uniqueid"])

    def _born(self, at: float, keys: Any) -> None:
        came_in = keys.get("Context", "") in _CAME_IN and keys.get("Exten", "") not in ("", "s")
        number = keys.get("CallerIDNum", "") if came_in else ""
        self.seen.channels[keys["Uniqueid"]] = Channel(keys["Uniqueid"], keys["Channel"], number, came_in, at)

    def _left(self, at: float, bridge: str, channel: str) -> None:
        for stay in reversed(self.seen.stays):
            if (stay.bridge, stay.channel) == (bridge, channel) and stay.left is None:
                stay.left = at
                return


def seconds_since(began: float) -> Callable[[], float]:
    """A clock that shows the seconds since `began` (time.monotonic())."""
    return lambda: time.monotonic() - began
