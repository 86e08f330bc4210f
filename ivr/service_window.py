"""Where a flow's wish for a service is handed to the thread that serves it, and the answer comes back in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from config.clock import utc_now
from ivr.events import Event, ServiceAnswered
from ivr.services import Answer, Who
from ivr.state import Call, Wait

log = logging.getLogger(__name__)

# Nobody is left in silence for two seconds, and the next prompt has to begin in them, too.
MOST_SECONDS = 1.5
_HANDS = 4


class Desk(Protocol):
    """Whoever serves; blocking. ivr/services has the real one."""

    def serve(self, name: str, arguments: Mapping[str, str], who: Who, /) -> Answer: ...


class ServiceWindow:
    """`ask()` from the event loop; `emit(call_id, event)` gets ServiceAnswered, `failed` where it took too long."""

    def __init__(self, desk: Desk, emit: Callable[[str, Event], None], duty_changed: Callable[[], None]) -> None:
        self._desk = desk
        self._emit = emit
        self._duty_changed = duty_changed
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="service")
        self._asked: set[asyncio.Task[None]] = set()

    def ask(self, call: Call, channel: str, wait: Wait) -> None:
        """Have `wait`'s service done for the call."""
        who = Who(call.id, call.caller, call.line, call.dialled, call.language, utc_now())
        task = asyncio.get_running_loop().create_task(self._serve(channel, wait, who))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def close(self) -> None:
        self._hands.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, channel: str, wait: Wait, who: Who) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(MOST_SECONDS):
                answer = await loop.run_in_executor(self._hands, self._desk.serve, wait.service, wait.arguments, who)
        except Exception as error:
            # Its words may hold what the caller keyed.
            log.error("%s: the service %s failed: %s", who.call_id, wait.service, type(error).__name__)
            answer = Answer("failed")
        self._emit(
            who.call_id,
            ServiceAnswered(utc_now(), channel, wait.seq, answer.outcome, answer.values, answer.lists, answer.notes),
        )
        if answer.duty_changed:
            self._duty_changed()
