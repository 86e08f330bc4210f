"""Waiting calls and free doctors come together, whatever the database does in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorCategory, DoctorPhone
from ivr import matchmaker
from ivr.commands import Release
from ivr.events import DoctorClaimed, Event, NobodyFree
from ivr.matchmaker import Matchmaker
from routing.policy import WaitingCall
from routing.store import RoutingStore
from tests.integration.ivr.conftest import on_uvloop


class TroubledStore(RoutingStore):
    """The real store; the next claims or releases may fail as they do when a database goes away."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.before_claim: list[Callable[[str], None]] = []
        self.claims_then_lost = 0  # written, but the answer never came
        self.failing_releases = 0
        self.released = 0

    def claim(self, doctor_id: str, offer_id: str, at: datetime, session: Session | None = None, **more: Any) -> bool:
        if self.before_claim:
            self.before_claim.pop(0)(doctor_id)
        won = super().claim(doctor_id, offer_id, at, session, **more)
        if self.claims_then_lost:
            self.claims_then_lost -= 1
            raise gone()
        return won

    def release(self, offer_id: str, at: datetime, *more: Any, **named: Any) -> bool:
        if self.failing_releases:
            self.failing_releases -= 1
            raise gone()
        self.released += 1
        return super().release(offer_id, at, *more, **named)


def gone() -> OperationalError:
    return OperationalError("UPDATE doctor", {}, Exception("server closed the connection"))


class Room:
    """A matchmaker at work, and what it told."""

    def __init__(self, database: Database) -> None:
        self.store = TroubledStore(database)
        self.told: list[tuple[str, Event]] = []
        self.matchmaker = Matchmaker(self.store, self._emit)

    def _emit(self, call_id: str, event: Event) -> None:
        self.told.append((call_id, event))

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the store's thread has no event to wait for
                await asyncio.sleep(0.01)

    def claimed(self) -> list[tuple[str, str]]:
        return [(call_id, event.doctor) for call_id, event in self.told if isinstance(event, DoctorClaimed)]

    def nobody(self) -> list[str]:
        return [event.reason for _, event in self.told if isinstance(event, NobodyFree)]

    def offers(self) -> list[str]:
        return [event.offer for _, event in self.told if isinstance(event, DoctorClaimed)]


Scene = Callable[[Room], Awaitable[None]]


@pytest.fixture
def play(database: Database) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        async def run() -> None:
            room = Room(database)
            work = asyncio.create_task(room.matchmaker.run())
            try:
                await scene(room)
                assert not work.done(), work
            finally:
                work.cancel()
                await asyncio.wait({work})
                room.matchmaker.close(wait=True)
                await asyncio.sleep(0.02)

        on_uvloop(run())

    return play


@pytest.fixture
def doctors(database: Database, now: datetime) -> Callable[..., None]:
    def doctors(*ids: str, duty: str = "on") -> None:
        with database.writing() as session:
            for number, id in enumerate(ids):
                values = {"registration_number": id, "council": "MP", "duty": duty, "created_at": now}
                session.add(Doctor(id=id, name=id, **values))
                session.flush()
                session.add(DoctorCategory(doctor_id=id, category="fever"))
                session.add(DoctorPhone(id=f"{id}-phone", doctor_id=id, number=f"+91980000000{number}"))

    return doctors


def waits(call_id: str, seconds: float = 0, **more: Any) -> WaitingCall:
    return WaitingCall(call_id, "fever", utc_now() + timedelta(seconds=seconds), **more)


Play = Callable[[Scene], None]
Doctors = Callable[..., None]


def test_first_come_first_served_and_each_doctor_once(play: Play, doctors: Doctors) -> None:
    doctors("d1", "d2")

    async def scene(room: Room) -> None:
        for call in (waits("late", 2), waits("first", 0), waits("second", 1)):
            room.matchmaker.add(call)
        await room.until(lambda: len(room.told) == 3)
        assert room.claimed() == [("first", "d1"), ("second", "d2")]
        assert room.nobody() == ["all_busy"]
        assert room.store.claims() == dict(zip(room.offers(), ["d1", "d2"], strict=True))

    play(scene)


def test_a_lost_race_leads_to_the_next_doctor(play: Play, doctors: Doctors) -> None:
    doctors("d1", "d2")

    async def scene(room: Room) -> None:
        def be_quicker(doctor: str) -> None:
            assert RoutingStore.claim(room.store, doctor, "another", utc_now())

        room.store.before_claim.append(be_quicker)
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: bool(room.told))
        assert room.claimed() == [("call-1", "d2")]

    play(scene)


def test_a_doctor_who_goes_off_duty_at_the_last_moment_is_not_claimed(play: Play, doctors: Doctors) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        room.store.before_claim.append(lambda doctor: room.store.set_duty(doctor, "off", utc_now()))
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: bool(room.told))
        assert room.claimed() == []
        assert room.nobody() == ["nobody_on_duty"]

    play(scene)


def test_nobody_free_is_told_once_a_reason(play: Play, doctors: Doctors) -> None:
    doctors("d1", duty="off")

    async def scene(room: Room) -> None:
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: room.nobody() == ["nobody_on_duty"])
        for _ in range(5):
            room.matchmaker.look()
            await asyncio.sleep(0.02)
        assert room.nobody() == ["nobody_on_duty"]
        room.store.set_duty("d1", "on", utc_now())
        room.store.claim("d1", "another", utc_now())
        room.matchmaker.look()
        await room.until(lambda: len(room.told) == 2)
        assert room.nobody() == ["nobody_on_duty", "all_busy"]

    play(scene)


def test_the_first_doctor_who_becomes_free_is_claimed_at_once(
    play: Play, doctors: Doctors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matchmaker, "_LOOK_EVERY_SECONDS", 60.0)
    doctors("d1")

    async def scene(room: Room) -> None:
        room.store.claim("d1", "earlier", utc_now())
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: room.nobody() == ["all_busy"])
        room.matchmaker.release(Release("earlier", utc_now()))
        await room.until(lambda: room.claimed() == [("call-1", "d1")])

    play(scene)


def test_a_rest_after_a_talk_ends_by_the_clock(play: Play, doctors: Doctors) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        room.store.claim("d1", "earlier", utc_now())
        room.matchmaker.release(Release("earlier", utc_now() + timedelta(seconds=1.5)))
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: room.nobody() == ["all_busy"])
        await room.until(lambda: room.claimed() == [("call-1", "d1")], 8)

    play(scene)


def test_a_release_that_fails_is_tried_until_it_works(play: Play, doctors: Doctors) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        room.store.claim("d1", "earlier", utc_now())
        room.store.failing_releases = 1
        room.matchmaker.release(Release("earlier", utc_now()))
        await room.until(lambda: room.store.claims() == {})
        assert room.store.failing_releases == 0

    play(scene)


def test_doctors_claimed_before_the_database_failed_are_told_and_the_doubtful_one_is_let_go(
    play: Play, doctors: Doctors
) -> None:
    doctors("d1", "d2")

    async def scene(room: Room) -> None:
        def fail_the_second(_doctor: str) -> None:
            room.store.before_claim.append(lambda _: setattr(room.store, "claims_then_lost", 1))

        room.store.before_claim.append(fail_the_second)
        room.matchmaker.add(waits("first", 0))
        room.matchmaker.add(waits("second", 1))
        await room.until(lambda: room.claimed()[:1] == [("first", "d1")])
        await room.until(lambda: room.claimed() == [("first", "d1"), ("second", "d2")], 4)
        assert room.store.claims() == dict(zip(room.offers(), ["d1", "d2"], strict=True))

    play(scene)


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_call_that_left_while_it_was_matched_gets_nobody_by_that_match(
    play: Play, doctors: Doctors, comes_back: bool
) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        loop = asyncio.get_running_loop()

        def leave(_doctor: str) -> None:
            loop.call_soon_threadsafe(room.matchmaker.remove, "call-1")
            if comes_back:
                loop.call_soon_threadsafe(room.matchmaker.add, WaitingCall("call-1", "heart", utc_now()))

        room.store.before_claim.append(leave)
        room.matchmaker.add(waits("call-1"))
        await room.until(lambda: room.store.released == 1)
        await room.until(lambda: room.store.claims() == {})
        if comes_back:
            await room.until(lambda: bool(room.told))
        assert room.claimed() == []
        assert room.nobody() == (["nobody_on_duty"] if comes_back else [])

    play(scene)


@pytest.mark.parametrize("turns", range(6))
def test_it_can_be_stopped_in_the_very_moment_it_has_something_to_do(database: Database, turns: int) -> None:
    """On SIGTERM the controller would not have ended: until Python 3.12 `wait_for` may forget a cancellation."""

    async def scene() -> None:
        room = Room(database)
        work = asyncio.create_task(room.matchmaker.run())
        await asyncio.sleep(0.01)
        room.matchmaker.look()
        for _ in range(turns):
            await asyncio.sleep(0)
        work.cancel()
        done, _ = await asyncio.wait({work}, timeout=0.5)
        work.cancel()
        room.matchmaker.close(wait=True)
        assert done

    on_uvloop(scene())


def test_a_duty_that_is_over_is_switched_off(
    play: Play, doctors: Doctors, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matchmaker, "_END_DUTIES_EVERY_SECONDS", 0.0)
    doctors("doc-1")
    with database.writing() as session:
        session.get_one(Doctor, "doc-1").duty_until = utc_now()

    def duty() -> str:
        with database.reading() as session:
            return session.get_one(Doctor, "doc-1").duty

    async def scene(room: Room) -> None:
        room.matchmaker.look()
        await room.until(lambda: duty() == "off")
        monkeypatch.undo()

    play(scene)


def test_an_error_that_nobody_foresaw_keeps_no_doctor_and_no_caller(
    play: Play, doctors: Doctors, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctors("d1")

    async def scene(room: Room) -> None:
        def fails(*_: Any, **__: Any) -> str:
            raise KeyError("what nobody foresaw")

        release = room.store.release
        monkeypatch.setattr(room.store, "last_doctor", fails)
        monkeypatch.setattr(matchmaker, "_TRY_AGAIN_SECONDS", 0.05)
        monkeypatch.setattr(room.store, "release", fails)
        room.matchmaker.add(waits("first"), "+919876543210")
        await room.until(lambda: len(room.claimed()) == 1)
        room.matchmaker.remove("first")
        room.matchmaker.release(Release(room.offers()[0], utc_now()))
        await asyncio.sleep(0.1)
        assert room.store.claims()
        monkeypatch.setattr(room.store, "release", release)
        await room.until(lambda: not room.store.claims())
        room.matchmaker.add(waits("second"), "+919876543210")
        await room.until(lambda: [call for call, _ in room.claimed()] == ["first", "second"])

    play(scene)
