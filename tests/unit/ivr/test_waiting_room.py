"""Who waits is told place and wait; a newcomer to a full queue is told so, but never somebody with a red flag."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from config.clock import utc_now
from ivr.events import Event, NobodyFree, Place
from ivr.waiting_room import WaitingRoom
from routing.ewt import Service
from routing.model import DoctorSnapshot, Phone, WaitingCall
from routing.queues import Need, Staff
from routing.rules import RoutingRules

DOCTORS = tuple(
    DoctorSnapshot(f"d{n}", {"fever": "general"}, "on", True, False, None, (Phone(f"p{n}", "+919810000001"),))
    for n in range(2)
)


class Room:
    """A waiting room and what it has told."""

    def __init__(self, limit: int = 10, of_line: int | None = None, talks: int = 3) -> None:
        self.told: list[tuple[str, Event]] = []
        past = [(Service(utc_now() - timedelta(minutes=5), 240.0), Need("fever"))] * talks
        self.room = WaitingRoom(
            lambda: Staff(DOCTORS, utc_now(), RoutingRules()),
            lambda: past,
            lambda call, event: self.told.append((call, event)),
            limit,
            lambda _: of_line,
        )

    def comes(self, id: str, ago: float = 0.0, priority: str = "", category: str = "fever") -> None:
        since = utc_now() - timedelta(seconds=ago)
        self.room.enters(WaitingCall(id, category, since, priority=priority, line="104"))

    @property
    def full_for(self) -> list[str]:
        assert all(isinstance(event, NobodyFree) and event.reason == "queue_full" for _, event in self.told)
        return [call for call, _ in self.told]


def lives(story: Callable[[Room, Callable[[str], Place | None]], None], room: Room) -> None:
    async def live() -> None:
        await room.room.learn()
        await room.room.count()
        room.comes("first", 60)
        story(room, lambda id: room.room.place(id, utc_now()))

    asyncio.run(live())


def test_place_and_wait_are_known_of_everybody_who_waits() -> None:
    def story(room: Room, place: Callable[[str], Place | None]) -> None:
        room.comes("second", 30)
        room.comes("urgent", 1, "red_flag")
        # A talk of four minutes, two doctors: one of them is free every two minutes.
        assert [place(id) for id in ("urgent", "first", "second")] == [Place(1, "2"), Place(2, "5"), Place(3, "10")]
        room.room.leaves("first")
        assert place("second") == Place(2, "5")
        assert place("first") is None

    lives(story, Room())


def test_without_talks_only_the_place_is_known() -> None:
    lives(lambda room, place: _same(place("first"), Place(1, "")), Room(talks=0))


def test_a_newcomer_finds_the_queue_full_and_whoever_waited_does_not() -> None:
    def story(room: Room, place: Callable[[str], Place | None]) -> None:
        room.comes("second", 30)
        room.comes("newcomer")
        room.comes("urgent", priority="red_flag")
        room.comes("cut off", priority="transfer")
        assert room.full_for == ["newcomer"]

    lives(story, Room(limit=2))


@pytest.mark.parametrize(("limit", "full"), [(None, []), (1, ["newcomer"]), (2, [])])
def test_a_line_may_have_a_limit_of_its_own(limit: int | None, full: list[str]) -> None:
    def story(room: Room, place: Callable[[str], Place | None]) -> None:
        room.comes("newcomer")
        assert room.full_for == full

    lives(story, Room(of_line=limit))


def _same(one: object, other: object) -> None:
    assert one == other
