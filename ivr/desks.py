"""Live calls: each sits at a desk of its own, where its events are taken one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cdr.events import JournalEntry
from ivr import commands as do
from ivr import events as ev
from ivr.consultation import Decision
from ivr.hands import Hands
from ivr.ledger import Ledger, Page
from ivr.offer_records import ended_in
from ivr.state import Call

log = logging.getLogger(__name__)

# A decision is on disk before it is carried out, so that a successor knows it; but no caller waits for a slow disk.
_MOST_SECONDS_FOR_DISK = 0.05


def numbers_on_the_line(calls: Iterable[Call]) -> frozenset[str]:
    """Who must not be rung now: the patients' numbers of these calls, as long as they are there."""
    return frozenset(call.caller for call in calls if call.caller and not call.patient_gone)


def live_waiting(calls: Iterable[Call]) -> int:
    """How many of those who called us wait for a doctor while no phone rings for them."""
    return sum(1 for call in calls if call.direction == "in" and call.wants_a_doctor and not call.offers)


@dataclass
class _Desk:
    """A live call and the events it has not seen yet."""

    call: Call
    inbox: asyncio.Queue[ev.Event] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None


class Desks:
    """Each event is decided, what was decided is kept and then carried out. All of it in the event loop's thread."""

    def __init__(self, decide: Callable[[Call, ev.Event], Decision], ledger: Ledger, hands: Hands) -> None:
        self._decide = decide
        self._ledger = ledger
        self._hands = hands
        self._desks: dict[str, _Desk] = {}
        self._call_of: dict[str, str] = {}  # channel -> call id

    def open(self, call: Call) -> None:
        """The call lives from now on, until it is over."""
        desk = self._desks[call.id] = _Desk(call)
        self._know_channels(call)
        desk.task = asyncio.get_running_loop().create_task(self._serve(desk), name=call.id)

    def emit(self, call_id: str, event: ev.Event) -> None:
        """Something happened to a call; a doctor claimed for one that is over is let go."""
        desk = self._desks.get(call_id)
        if desk is not None:
            desk.inbox.put_nowait(event)
        else:
            self._unheard(event)

    def emit_on(self, channel: str, event: ev.Event) -> None:
        """Something happened on a channel; that of none of our calls is nobody's business."""
        call_id = self._call_of.get(channel)
        if call_id is not None:
            self.emit(call_id, event)

    def find(self, call_id: str) -> Call | None:
        """The live call of this id."""
        desk = self._desks.get(call_id)
        return desk.call if desk is not None else None

    @property
    def calls(self) -> list[Call]:
        return [desk.call for desk in self._desks.values()]

    @property
    def channels(self) -> frozenset[str]:
        """All channels of live calls, also those that are hung up."""
        return frozenset(self._call_of)

    def knows(self, channel: str) -> bool:
        return channel in self._call_of

    def is_live(self, channel: str) -> bool:
        """Whether it is a leg we dialled that has not ended yet."""
        desk = self._desks.get(self._call_of.get(channel, ""))
        return desk is not None and desk.call.rings_or_talks(channel)

    async def _serve(self, desk: _Desk) -> None:
        while not desk.call.over:
            event = await desk.inbox.get()
            try:
                await self._take(desk, event)
            except Exception:
                # A fault in one decision must not end the call: the dialplan's time-out is the net below.
                log.exception("%s: %s could not be decided", desk.call.id, type(event).__name__)
        self._close(desk)

    async def _take(self, desk: _Desk, event: ev.Event) -> None:
        before = desk.call
        desk.call, commands = self._decide(before, event)
        if (commands or desk.call != before) and not _goes_on_waiting(commands):
            kept = self._ledger.write(_page(desk.call, event, commands))
            if not all(_may_be_done_twice(item) for item in commands):
                await _within(kept, _MOST_SECONDS_FOR_DISK)
        self._know_channels(desk.call)
        self._hands.carry_out(desk.call, commands)

    def _know_channels(self, call: Call) -> None:
        for channel in call.channels:
            self._call_of[channel] = call.id

    def _close(self, desk: _Desk) -> None:
        self._hands.forget(desk.call.id)
        self._desks.pop(desk.call.id, None)
        for channel in desk.call.channels:
            self._call_of.pop(channel, None)
        while not desk.inbox.empty():
            self._unheard(desk.inbox.get_nowait())

    def _unheard(self, event: ev.Event) -> None:
        if isinstance(event, ev.DoctorClaimed):
            self._hands.give_back(event)


async def _within(kept: asyncio.Future[None], seconds: float) -> None:
    """Wait for `kept`, but no longer than that: then it counts as done. Cheaper than what asyncio has for it."""
    timer = asyncio.get_running_loop().call_later(seconds, _done, kept)
    try:
        await kept
    finally:
        timer.cancel()


def _done(kept: asyncio.Future[None]) -> None:
    if not kept.done():
        kept.set_result(None)


def _may_be_done_twice(command: do.Command) -> bool:
    """Whether a successor who does not know of it may do it again: then it need not wait for the disk.

    A leg that is down cannot be hung up, and an offer that holds nobody lets nobody go. But an offer that was not taken
    is counted on its page (two of them pause a doctor), so that comes first. The doctor who has keyed the outcome is
    free two waits earlier for it.
    """
    match command:
        case do.Write() | do.HangUp() | do.Finish():
            return True
        case do.Release(result=result):
            return result == "accepted"
    return False


def _goes_on_waiting(commands: list[do.Command]) -> bool:
    """Whether somebody in the queue only hears the next of many things: a successor may begin with an earlier one.

    Hundreds may wait, and each of them hears two things a minute.
    """
    return bool(commands) and all(isinstance(item, do.Perform) and item.wait.passing for item in commands)


def _page(call: Call, event: ev.Event, commands: list[do.Command]) -> Page:
    """What the ledger keeps of a decision."""
    entries = (JournalEntry(call.id, event.at, item.kind, item.data) for item in commands if isinstance(item, do.Write))
    wish = next((item for item in commands if isinstance(item, do.StoreCallback)), None)
    messages = tuple(item for item in commands if isinstance(item, do.SendSms))
    changes = tuple(item for item in commands if isinstance(item, do.EndAttempt | do.WithdrawCallback))
    offers = tuple(ended_in(call, commands))
    spoken = tuple(item for item in commands if isinstance(item, do.TellMessage))
    strike = next((item for item in commands if isinstance(item, do.Strike)), None)
    return Page(call.id, tuple(entries), None if call.over else call, wish, messages, changes, strike, offers, spoken)
