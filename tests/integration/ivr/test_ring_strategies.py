"""Several phones for one call, the same doctor for the same complaint, and two controllers who share the doctors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from config.clock import utc_now
from config.database import Database
from config.schema import Call, Doctor, DoctorCategory, DoctorPhone
from ivr.commands import Release
from ivr.events import DoctorClaimed, Event
from ivr.matchmaker import Matchmaker
from routing.model import WaitingCall
from routing.rules import RoutingRules
from routing.store import RoutingStore
from tests.integration.ivr.conftest import on_uvloop

CALLER = "+919876543210"


class Room:
    """Matchmakers at work, each for a controller, and what they told."""

    def __init__(self, database: Database, rules: RoutingRules, nodes: int) -> None:
        self.store = RoutingStore(database)
        self.told: list[DoctorClaimed] = []
        self.calls: list[str] = []
        self.makers = [Matchmaker(self.store, self._emit, rules, f"node-{number}") for number in range(nodes)]

    def _emit(self, call_id: str, event: Event) -> None:
        if isinstance(event, DoctorClaimed):
            self.told.append(event)
            self.calls.append(call_id)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - the store's thread has no event to wait for
                await asyncio.sleep(0.01)


def play(
    database: Database, scene: Callable[[Room], Awaitable[None]], ring: dict[str, Any] | None = None, nodes: int = 1
) -> None:
    async def run() -> None:
        room = Room(database, RoutingRules.model_validate({"ring": ring or {}}), nodes)
        works = [asyncio.create_task(maker.run()) for maker in room.makers]
        try:
            await scene(room)
        finally:
            for work in works:
                work.cancel()
            await asyncio.wait(works)
            for maker in room.makers:
                maker.close(wait=True)

    on_uvloop(run())


@pytest.fixture
def doctors(database: Database, now: datetime) -> Callable[..., None]:
    def doctors(*ids: str, **more: Any) -> None:
        with database.writing() as session:
            for number, id in enumerate(ids):
                values = {"registration_number": id, "council": "MP", "duty": "on", "created_at": now}
                session.add(Doctor(id=id, name=id, **values | more))
                session.flush()
                session.add(DoctorCategory(doctor_id=id, category="fever"))
                session.add(DoctorPhone(id=f"{id}-phone", doctor_id=id, number=f"+91980000000{number}"))

    return doctors


def waits(call_id: str, **more: Any) -> WaitingCall:
    return WaitingCall(call_id, "fever", utc_now(), **more)


def test_as_many_phones_ring_as_the_strategy_says_and_one_that_fails_is_replaced(
    database: Database, doctors: Callable[..., None]
) -> None:
    doctors("d1", "d2", "d3", "d4")

    async def scene(room: Room) -> None:
        [maker] = room.makers
        maker.add(waits("call-1"))
        await room.until(lambda: len(room.told) == 2)
        assert [event.doctor for event in room.told] == ["d1", "d2"]
        first = room.told[0]
        maker.add(
            waits("call-1", declined_by=frozenset({"d1"}), offered=frozenset({"d2"})),
            seen=frozenset(event.offer for event in room.told),
        )
        maker.release(Release(first.offer, utc_now(), result="declined"))
        await room.until(lambda: len(room.told) == 3)
        assert room.told[2].doctor == "d3"
        await asyncio.sleep(0.1)
        assert len(room.told) == 3, "two phones at a time"
        maker.remove("call-1")

    play(database, scene, {"usual": "two"})


def test_nobody_gets_a_second_phone_while_somebody_waits_for_a_first(
    database: Database, doctors: Callable[..., None]
) -> None:
    doctors("d1", "d2", "d3")

    async def scene(room: Room) -> None:
        [maker] = room.makers
        for call_id in ("call-1", "call-2", "call-3"):
            maker.add(waits(call_id))
        await room.until(lambda: len(room.told) == 3)
        assert sorted(room.calls) == ["call-1", "call-2", "call-3"]

    play(database, scene, {"usual": "all"})


def test_what_was_told_but_not_heard_yet_counts_as_a_phone_that_rings(
    database: Database, doctors: Callable[..., None]
) -> None:
    doctors("d1", "d2")

    async def scene(room: Room) -> None:
        [maker] = room.makers
        maker.add(waits("call-1"))
        await room.until(lambda: len(room.told) == 1)
        maker.add(waits("call-1"))  # as it stood before it heard
        await asyncio.sleep(0.2)
        assert len(room.told) == 1

    play(database, scene)


def test_the_same_doctor_is_rung_for_the_same_complaint(database: Database, doctors: Callable[..., None]) -> None:
    doctors("d1", "d2", "d3")
    at = utc_now() - timedelta(days=30)
    with database.writing() as session:
        talk = {"caller_number": CALLER, "category": "fever", "doctor_id": "d3", "bridged_at": at}
        session.add(Call(id="call-0", arrived_at=at, **talk))

    async def scene(room: Room) -> None:
        room.makers[0].add(waits("call-1"), CALLER)
        await room.until(lambda: len(room.told) == 1)
        assert room.told[0].doctor == "d3"
        assert room.told[0].why["points"]["preferred"] == 200
        assert room.told[0].why["preferred"] == "d3"

    play(database, scene)


def test_two_doctors_never_answer_one_call_and_no_doctor_two(database: Database, doctors: Callable[..., None]) -> None:
    """Two controllers, twelve callers, ten doctors: every doctor is claimed once, for one call."""
    doctors(*(f"d{number}" for number in range(10)))

    async def scene(room: Room) -> None:
        for number in range(12):
            room.makers[number % 2].add(waits(f"call-{number:02}"))
        await room.until(lambda: len(room.told) == 10)
        assert len({event.doctor for event in room.told}) == 10
        assert len(set(room.calls)) == 10
        assert room.store.claims() == {event.offer: event.doctor for event in room.told}
        # Whoever is let go by one is found by the other.
        waiting = [f"call-{number:02}" for number in range(12) if f"call-{number:02}" not in room.calls]
        for event in room.told[:2]:
            room.makers[0].release(Release(event.offer, utc_now()))
        await room.until(lambda: set(waiting) <= set(room.calls))

    play(database, scene, nodes=2)


def test_two_who_share_a_telephone_are_rung_one_after_the_other(
    database: Database, doctors: Callable[..., None]
) -> None:
    doctors("d1", "d2")
    with database.writing() as session:
        for id in ("d1", "d2"):
            session.get_one(DoctorPhone, f"{id}-phone").number = "+917551234567"

    async def scene(room: Room) -> None:
        [maker] = room.makers
        maker.add(waits("call-1"))
        maker.add(waits("call-2"))
        await room.until(lambda: len(room.told) == 1)
        await asyncio.sleep(0.2)
        assert len(room.told) == 1
        maker.release(Release(room.told[0].offer, utc_now()))
        await room.until(lambda: len(room.told) == 2)
        assert room.told[1].doctor == "d2"

    play(database, scene)


def test_a_doctor_who_did_not_answer_cools_down_for_everybody(database: Database, doctors: Callable[..., None]) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        [maker] = room.makers
        maker.add(waits("call-1"))
        await room.until(lambda: len(room.told) == 1)
        maker.remove("call-1")
        maker.release(Release(room.told[0].offer, utc_now(), result="no_answer"))
        await room.until(lambda: room.store.claims() == {})
        maker.add(waits("call-2"))
        await asyncio.sleep(0.3)
        assert len(room.told) == 1

    play(database, scene)
