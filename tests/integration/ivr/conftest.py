"""An AMI connection to a small server of our own, in an event loop of each test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from ivr.ami import connection
from ivr.ami.connection import AmiConnection, Event
from tests.integration.ivr.fake_asterisk import FakeAsterisk

Scene = Callable[["Line"], Awaitable[None]]


@pytest.fixture(autouse=True)
def short_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken line is built anew at once; how long the distances really are has a test of its own."""
    monkeypatch.setattr(connection, "_FIRST_RETRY_SECONDS", 0.02)


def on_uvloop(scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene on the event loop that the controller runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene)


@dataclass
class Line:
    """Both ends of a connection, and what our end was told."""

    asterisk: FakeAsterisk
    ups: int = 0
    downs: int = 0
    events: list[Event] = field(default_factory=list)
    on_event: Callable[[Event], None] = lambda event: None

    def __post_init__(self) -> None:
        self.changed = asyncio.Event()
        self.ami = AmiConnection(
            "127.0.0.1",
            self.asterisk.port,
            "controller",
            "secret",
            on_event=self._event,
            on_up=self._up,
            on_down=self._down,
        )

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something our end was told makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event["Event"] == name]

    def _event(self, event: Event) -> None:
        self.changed.set()
        self.events.append(event)
        self.on_event(event)

    def _up(self) -> None:
        self.ups += 1
        self.changed.set()

    def _down(self) -> None:
        self.downs += 1
        self.changed.set()


@asynccontextmanager
async def connected(asterisk: FakeAsterisk, timeout: float | None = 5.0) -> AsyncIterator[Line]:
    await asterisk.start()
    line = Line(asterisk)
    try:
        await line.ami.start(timeout=timeout)
        yield line
    finally:
        await line.ami.stop()
        await asterisk.stop()


@pytest.fixture
def play() -> Callable[[Scene], None]:
    """Runs a scene between a connection that is up and its server."""

    def play(scene: Scene) -> None:
        async def run() -> None:
            async with connected(FakeAsterisk()) as line:
                await scene(line)

        on_uvloop(run())

    return play
