"""One event loop in a thread of its own, so that tests and the demo read like a story, without `await`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from phones.errors import PhoneError

T = TypeVar("T")


class Background:
    """Runs coroutines for a synchronous caller, and lets that caller wait for what they change."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="phones", daemon=True)
        self._changed = threading.Condition()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        """The result of `work`; PhoneError when it takes longer than `timeout` seconds."""
        if not self._thread.is_alive():
            work.close()
            raise PhoneError("the telephone network is not running")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise PhoneError(f"the network did not do it within {timeout:g} s") from None

    def changed(self) -> None:
        """Called in the loop after each change that somebody may wait for."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, met: Callable[[], bool], timeout: float) -> bool:
        """Whether `met` came true within `timeout` seconds; it is asked after each change, and every 0.05 s."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not met():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
        return True
