"""Who calls back, between a real database and a matchmaker and desks that only take notes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import update

from config.clock import utc_now
from config.database import Database
from config.frozen import replace
from config.schema import CallbackRequest
from config.settings import CHECKOUT, load_settings
from flows.loader import load_flows
from ivr import events as ev
from ivr.callbacks import Callbacks
from ivr.desks import Desks
from ivr.flow_book import FlowBook
from ivr.lines import Line, LineBook
from ivr.matchmaker import Matchmaker
from ivr.state import Call, Kept, Leg, Search
from routing.agenda import AgendaRules, Order
from routing.policy import WaitingCall
from routing.store import RoutingStore

FLOWS = load_flows(CHECKOUT / "flows" / "definitions")
LINE = Line("line-104", "104", "smallest", "hi", "108")


@dataclass
class Shop:
    """What the runner works with. `waiting` are the searches, `calls` the calls that are live."""

    database: Database
    order: Order = "doctor_first"
    node: str = "one"
    waiting: dict[str, WaitingCall] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    told: list[tuple[str, ev.Event]] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    active = FLOWS

    def __post_init__(self) -> None:
        rules = AgendaRules(order=self.order, night=(0, 0))
        self.runner = Callbacks(
            load_settings({}),
            self.database,
            cast(Desks, self),
            cast(Matchmaker, self),
            cast(LineBook, self),
            cast(FlowBook, self),
            rules,
            self.node,
            self.blocked,
        )

    # --- the lines, the matchmaker, the desks ---

    def by_id(self, line_id: str | None) -> Line | None:
        return LINE if line_id == LINE.id else None

    def any(self) -> Line:
        return LINE

    def add(self, call: WaitingCall, caller: str = "", seen: frozenset[str] = frozenset()) -> None:
        self.waiting[call.call_id] = call

    def remove(self, call_id: str) -> None:
        self.waiting.pop(call_id, None)

    def find(self, call_id: str) -> Call | None:
        return next((call for call in self.calls if call.id == call_id), None)

    def open(self, call: Call) -> None:
        self.calls.append(call)

    def emit(self, call_id: str, event: ev.Event) -> None:
        self.told.append((call_id, event))

    # --- what happens ---

    def standing(self) -> dict[str, str]:
        """The priority in the search of each number that is to be called back and has no doctor yet."""
        pending = self.runner._pending
        return {pending[id].request.number: call.priority for id, call in self.waiting.items() if id in pending}

    async def until(self, met: Callable[[], bool], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not met():
                self.runner.wake()
                await asyncio.sleep(0.02)

    def finds_a_doctor(self, call_id: str) -> None:
        claim = ev.DoctorClaimed(utc_now(), f"offer-{call_id}", "d1", "p1", "+919800000001", f"leg-{call_id}")
        if not self.runner.hears(call_id, claim):
            self.emit(call_id, claim)

    def callback_of(self, number: str) -> str:
        """The id of the call to be made to the number."""
        return next(id for id, pending in self.runner._pending.items() if pending.request.number == number)

    def live(self, number: str, waits: bool = True) -> Call:
        search = Search("fever", utc_now()) if waits else None
        at = utc_now()
        call = Call(f"live-{number}", "1", LINE.id, "104", number, "108", "hi", at, Leg("p", "p"), search=search)
        self.calls.append(call)
        return call


Scene = Callable[[Shop], Awaitable[None]]


def play(shop: Shop, scene: Scene) -> None:
    async def run() -> None:
        work = asyncio.create_task(shop.runner.run())
        try:
            await scene(shop)
            assert not work.done()
        finally:
            work.cancel()
            await asyncio.wait({work})
            shop.runner.close()

    asyncio.run(run())


def number(n: int) -> str:
    return f"+9198765000{n:02}"


@pytest.fixture
def asked(database: Database) -> list[str]:
    """Three people who asked one after the other, a minute apart."""
    store = RoutingStore(database)
    at = utc_now() - timedelta(minutes=10)
    return [
        store.request_callback(
            call_id=f"call-{n}", number=number(n), category="fever", at=at + timedelta(minutes=n), line_id=LINE.id
        ).id
        for n in (1, 2, 3)
    ]


def test_callbacks_do_not_starve_live_callers_and_are_not_starved_by_them(database: Database, asked: list[str]) -> None:
    async def scene(shop: Shop) -> None:
        for n in (11, 12, 13, 14):
            shop.live(number(n))
        await shop.until(lambda: shop.standing() == {number(n): "spare" for n in (1, 2, 3)})
        for n in (11, 12):
            shop.finds_a_doctor(f"live-{number(n)}")
        # Two live callers have got a doctor: the third is for who has waited longest.
        await shop.until(lambda: shop.standing()[number(1)] == "callback")
        assert [shop.standing()[number(n)] for n in (2, 3)] == ["spare", "spare"]
        shop.finds_a_doctor(shop.callback_of(number(1)))
        await shop.until(lambda: shop.standing() == {number(2): "spare", number(3): "spare"})
        shop.calls = [call for call in shop.calls if call.direction == "out"]
        await shop.until(lambda: shop.standing() == {number(2): "callback", number(3): "callback"})

    play(Shop(database), scene)


def test_a_doctor_who_is_found_makes_a_call_of_the_request(database: Database, asked: list[str]) -> None:
    async def scene(shop: Shop) -> None:
        await shop.until(lambda: len(shop.waiting) == 3)
        call_id = shop.callback_of(number(1))
        shop.finds_a_doctor(call_id)
        await shop.until(lambda: bool(shop.calls))
        [call] = shop.calls
        assert (call.id, call.callback, call.caller, call.reach) == (call_id, asked[0], number(1), "to_ring")
        assert [type(event).__name__ for id, event in shop.told if id == call_id] == ["CallbackBegun", "DoctorClaimed"]
        with database.reading() as session:
            assert session.get_one(CallbackRequest, asked[0]).attempt == call_id

    play(Shop(database), scene)


def test_two_controllers_never_call_the_same_number(database: Database, asked: list[str]) -> None:
    async def scene(shop: Shop) -> None:
        other = Shop(database, node="two")
        work = asyncio.create_task(other.runner.run())
        await shop.until(lambda: len(shop.waiting) == 3)
        await other.until(lambda: len(other.waiting) == 3)
        late = other.callback_of(number(1))
        shop.finds_a_doctor(shop.callback_of(number(1)))
        other.finds_a_doctor(late)
        await shop.until(lambda: bool(shop.told))
        await other.until(lambda: bool(other.told))
        assert len(shop.calls) + len(other.calls) == 1
        work.cancel()
        await asyncio.wait({work})
        other.runner.close()

    play(Shop(database), scene)


def test_who_is_on_the_line_is_not_called_back_and_has_the_old_place(database: Database, asked: list[str]) -> None:
    async def scene(shop: Shop) -> None:
        await shop.until(lambda: len(shop.waiting) == 3)
        place = shop.runner.place_of(number(1), LINE)
        assert place is not None
        assert (place.request, place.priority) == (asked[0], "")
        assert place == Kept(asked[0], shop.runner._requests[asked[0]].place, "")
        assert number(1) not in shop.standing()
        assert shop.runner.place_of(number(1), replace(LINE, flow="opd_line")) is None
        shop.live(number(1), waits=False)
        await shop.until(lambda: set(shop.standing()) == {number(2), number(3)})

    play(Shop(database), scene)


def test_whoever_was_called_for_nothing_gives_the_doctor_back(database: Database, asked: list[str]) -> None:
    """Withdrawn in the moment between the search and the row."""

    async def scene(shop: Shop) -> None:
        await shop.until(lambda: len(shop.waiting) == 3)
        call_id = shop.callback_of(number(1))
        with database.writing() as session:
            session.execute(update(CallbackRequest).values(state="withdrawn"))
        shop.finds_a_doctor(call_id)
        await shop.until(lambda: any(id == call_id for id, _ in shop.told))
        assert shop.calls == []  # the desks let go of a doctor for whom there is no call
        await shop.until(lambda: shop.waiting == {})

    play(Shop(database), scene)


def test_patients_are_not_rung_first_while_no_doctor_is_on_duty(database: Database, asked: list[str]) -> None:
    async def scene(shop: Shop) -> None:
        await shop.until(lambda: bool(shop.runner._requests))
        await asyncio.sleep(0.3)
        assert (shop.waiting, shop.calls) == ({}, [])

    play(Shop(database, "patient_first"), scene)


def test_a_missed_call_is_rung_back_whoever_waits(database: Database) -> None:
    RoutingStore(database).request_callback(
        call_id="call-1", number=number(1), category="general", at=utc_now(), kind="missed_call", line_id=LINE.id
    )

    async def scene(shop: Shop) -> None:
        shop.live(number(9))
        await shop.until(lambda: any(call.direction == "out" for call in shop.calls))
        call = shop.calls[-1]
        assert (call.then, call.search, call.patient.flow and call.patient.flow.flow) == (
            "smallest",
            None,
            "missed_call",
        )

    play(Shop(database), scene)


@pytest.mark.parametrize("order", ["doctor_first", "patient_first"])
def test_a_blocked_number_is_not_rung_whatever_it_asked_for(database: Database, order: Order) -> None:
    store = RoutingStore(database)
    for n, kind in ((1, "missed_call"), (2, "asked"), (3, "cut_off"), (9, "missed_call")):
        store.request_callback(
            call_id=f"call-{n}", number=number(n), category="fever", at=utc_now(), kind=kind, line_id=LINE.id
        )

    async def scene(shop: Shop) -> None:
        await shop.until(lambda: [call.caller for call in shop.calls] == [number(9)])  # the look that rings others, too
        assert shop.waiting == {}

    play(Shop(database, order, blocked={number(1), number(2), number(3)}), scene)


def test_numbers_that_cost_or_lead_abroad_are_never_dialled(database: Database) -> None:
    store = RoutingStore(database)
    for n, foreign in enumerate(("+447911123456", "+911800112000", "104")):
        store.request_callback(
            call_id=f"call-{n}", number=foreign, category="general", at=utc_now(), kind="missed_call", line_id=LINE.id
        )

    async def scene(shop: Shop) -> None:
        await shop.until(lambda: len(shop.runner._requests) == 3)
        await asyncio.sleep(0.3)
        assert (shop.waiting, shop.calls) == ({}, [])

    play(Shop(database), scene)
