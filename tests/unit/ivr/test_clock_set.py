"""The clock on the wall is set while calls live: who waits has waited for as long as before."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from cdr.events import JournalEntry
from cdr.projection import project
from cli.supervisor.readiness import Heart
from config.frozen import replace
from ivr import commands as do
from ivr import events as ev
from ivr.clock_watch import watch_clock
from ivr.consultation.draft import Draft
from ivr.consultation.restart import clock_set
from ivr.moments import moved
from ivr.state import Search
from tests.unit.ivr.conftest import new_call

HOUR = timedelta(hours=1)


def test_a_waiting_call_keeps_its_place_and_its_rests(now: datetime) -> None:
    search = Search("fever", now, tried={"d1": now}, preferred_until=now + timedelta(minutes=5))
    call = replace(new_call(), search=search)
    draft = Draft(call, now - HOUR, rules=None)  # type: ignore[arg-type]
    clock_set(draft, -HOUR)
    after = draft.call.search
    assert after is not None
    assert (after.since, after.tried) == (now - HOUR, {"d1": now - HOUR})
    assert after.preferred_until == now - HOUR + timedelta(minutes=5)
    assert draft.call.arrived_at == call.arrived_at
    assert do.FindDoctor() in draft.commands


def test_every_moment_moves_and_nothing_else(now: datetime) -> None:
    event = ev.KeysCollected(now, "1.1", 3, "45")
    assert moved(event, HOUR) == replace(event, at=now + HOUR)
    assert moved({"a": (now, "x", None, 3)}, HOUR) == {"a": (now + HOUR, "x", None, 3)}


@pytest.mark.parametrize("by", [3600.0, -3600.0, 2.0])
def test_a_set_clock_is_noticed_and_a_corrected_one_is_not(by: float) -> None:
    told: list[timedelta] = []
    walls = iter([100.0, 101.0, 102.0 + by, 103.0 + by])
    monotonics = iter([0.0, 1.0, 2.0, 3.0])

    async def scene() -> None:
        watching = watch_clock(told.append, every=0, wall=lambda: next(walls), monotonic=lambda: next(monotonics))
        with pytest.raises(RuntimeError):  # the clocks have run out
            await watching

    asyncio.run(scene())
    assert told == ([timedelta(seconds=by)] if abs(by) > 5 else [])


def test_a_talk_in_which_the_clock_was_set_is_as_long_as_it_was(now: datetime) -> None:
    arrived = {"dialled": "104", "caller": None, "linkedid": "1", "line": "l"}
    arrived |= {"flow": "smallest", "flow_version": "1", "language": "hi"}
    minute = timedelta(minutes=1)
    entries = [
        JournalEntry("call-1", now, "call.arrived", arrived),
        JournalEntry("call-1", now, "call.bridged", {"offer": "o", "doctor": "d"}),
        JournalEntry("call-1", now + minute + HOUR, "clock.set", {"seconds": 3600.0}),
        JournalEntry("call-1", now + 2 * minute + HOUR, "call.unbridged", {"offer": "o", "by": "patient"}),
    ]
    record = project(entries)
    assert record is not None
    assert record.call.talk_ms == 120_000


def test_a_heart_that_beats_is_alive_whatever_its_clock_shows() -> None:
    heart = Heart()
    assert heart.beats(1000, wall=1002.0, monotonic=0.0)
    assert not heart.beats(1000, wall=4600.0, monotonic=8.0)
    assert heart.beats(1010, wall=4602.0, monotonic=10.0)
    assert not heart.beats(1010, wall=4612.0, monotonic=20.0)
