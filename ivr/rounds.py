"""Looks after rows of the database again and again: when woken, when something is due, every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

_BETWEEN_LOOKS_SECONDS = 0.1  # many hints at once are one


class Rounds:
    """`look()` does what is due, in the event loop, and says how many seconds the next look may wait.

    What it asks of the database it asks in one thread of its own, so that two askings never overtake each other.
    """

    def __init__(self, name: str, look: Callable[[], Awaitable[float]]) -> None:
        self._look = look
        self._due = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._hand = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            pause = await self._look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._due.wait()
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
            self._due.clear()

    def close(self) -> None:
        self._hand.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Look soon; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._due.set)

    def look_soon(self) -> None:
        """The same, from the event loop's own thread."""
        self._due.set()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do it in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._hand, work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on beside the looks."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
