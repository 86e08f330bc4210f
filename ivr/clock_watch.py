"""Notices that the clock on the wall was set: moments that were kept must move with it, or everybody's time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

# Corrections of a running time service are smaller; a caller notices none of either.
_SET_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 1.0


async def watch_clock(
    on_set: Callable[[timedelta], None],
    every: float = _LOOK_EVERY_SECONDS,
    wall: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Call `on_set` with how much the clock was set by (forward is positive), soon after. Never returns."""
    difference = wall() - monotonic()
    while True:
        await asyncio.sleep(every)
        now = wall() - monotonic()
        if abs(now - difference) > _SET_SECONDS:
            on_set(timedelta(seconds=now - difference))
        difference = now
