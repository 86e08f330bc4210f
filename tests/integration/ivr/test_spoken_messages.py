"""Who is rung to hear a message, between a real database and desks that only take notes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from config.clock import utc_now
from config.database import Database
from config.schema import Message
from config.settings import CHECKOUT, load_settings
from flows.loader import load_flows
from ivr import events as ev
from ivr import spoken_messages
from ivr.desks import Desks
from ivr.flow_book import FlowBook
from ivr.lines import Line, LineBook
from ivr.spoken_messages import FOLDER, SpokenMessages
from ivr.state import Call
from messaging import spoken
from messaging.outbox import send_again
from routing.agenda import AgendaRules

FLOWS = load_flows(CHECKOUT / "flows" / "definitions")
LINE = Line("line-104", "104", "smallest", "hi", "108")
NUMBER = "+917552661234"


@dataclass
class Shop:
    """What the runner works with. `calls` are those that are live."""

    database: Database
    data_dir: Path
    night: tuple[int, int] = (0, 0)
    calls: list[Call] = field(default_factory=list)
    told: list[tuple[str, ev.Event]] = field(default_factory=list)
    ringing: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    active = FLOWS

    def __post_init__(self) -> None:
        self.folder = self.data_dir / FOLDER
        self.folder.mkdir()
        self.runner = SpokenMessages(
            load_settings({}, data_dir=self.data_dir),
            self.database,
            cast(Desks, self),
            cast(LineBook, self),
            cast(FlowBook, self),
            AgendaRules(night=self.night),
            self.ringing,
            "one",
            self.blocked,
        )

    # --- the lines, the flows, the desks ---

    def by_id(self, line_id: str | None) -> Line | None:
        return None

    def any(self) -> Line:
        return LINE

    def speaks(self, language: str) -> bool:
        return language == "hi"

    def open(self, call: Call) -> None:
        self.calls.append(call)

    def emit(self, call_id: str, event: ev.Event) -> None:
        self.told.append((call_id, event))

    # --- messages ---

    def promised(
        self, message_id: str = "m1", number: str = NUMBER, language: str = "hi", at: datetime | None = None
    ) -> None:
        (self.folder / f"{message_id}.alaw").touch()
        with self.database.writing() as session:
            session.add(
                Message(
                    id=message_id,
                    purpose="slip",
                    recipient=number,
                    key=message_id,
                    template="advice_slip",
                    language=language,
                    text="नमस्ते",
                    encoding="ucs2",
                    parts=1,
                    channel="voice",
                    spoken={"text": "नमस्ते", "file": message_id, "ready": True},
                    created_at=at or utc_now(),
                )
            )

    def row(self, message_id: str = "m1") -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message_id)

    def looks(self, times: int = 1) -> None:
        async def look() -> None:
            for _ in range(times):
                await self.runner._look()
                while self.runner._rounds._tasks:
                    await asyncio.gather(*self.runner._rounds._tasks)

        asyncio.run(look())


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return Shop(database, tmp_path)


def test_a_message_is_rung_for_once_however_often_we_look(shop: Shop) -> None:
    shop.promised()
    shop.looks(3)
    [call] = shop.calls
    assert (call.caller, call.message, call.dialled, call.direction) == (NUMBER, "m1", "104", "out")
    assert [type(event).__name__ for _, event in shop.told] == ["CallbackBegun"]
    assert (shop.row().state, shop.row().provider_id, shop.row().claimed_by) == ("sending", call.id, "one")
    assert shop.ringing == set()


def test_whose_number_somebody_else_is_about_to_ring_is_left_alone(shop: Shop) -> None:
    shop.promised()
    shop.ringing.add(NUMBER)  # as a callback does
    shop.looks()
    assert shop.calls == []
    shop.ringing.clear()
    shop.looks()
    assert len(shop.calls) == 1


def test_nobody_is_rung_at_night(database: Database, tmp_path: Path) -> None:
    hour = utc_now().hour
    shop = Shop(database, tmp_path, night=(hour, (hour + 2) % 24))
    shop.promised()
    shop.looks()
    assert (shop.calls, shop.row().state) == ([], "queued")


def test_a_blocked_caller_is_not_rung_and_a_number_that_may_cost_never(shop: Shop) -> None:
    shop.promised("blocked")
    shop.blocked.add(NUMBER)
    for number in ("+4915112345678", "+911900123456", "18001037378", "+91108&PJSIP"):
        shop.promised(number.strip("+"), number)
    shop.looks()
    assert shop.calls == []
    assert shop.row("blocked").state == "queued"
    refused = shop.row("4915112345678")
    assert (refused.state, refused.receipt_reason) == ("failed", "number_invalid")
    assert shop.row("91108&PJSIP").state == "failed"


def test_a_sound_that_is_gone_is_asked_for_again(shop: Shop) -> None:
    shop.promised()
    (shop.folder / "m1.alaw").unlink()
    shop.looks()
    assert (shop.calls, shop.row().spoken) == ([], {"text": "नमस्ते"})


def test_a_language_without_menus_is_spoken_between_the_deployments_words(shop: Shop) -> None:
    shop.promised(language="gon")
    shop.looks()
    assert shop.calls[0].language == "hi"


def test_after_a_day_nobody_is_rung(shop: Shop) -> None:
    shop.promised(at=utc_now() - timedelta(hours=25))
    shop.looks()
    assert (shop.calls, shop.row().state, shop.row().receipt_reason) == ([], "expired", "expired")


def test_what_a_person_sends_again_is_rung_for_another_day(shop: Shop) -> None:
    shop.promised(at=utc_now() - timedelta(days=3))
    with shop.database.writing() as session:
        session.get_one(Message, "m1").state = "failed"
    with shop.database.writing() as session:
        assert send_again(session, "m1", "staff-1", utc_now())
    shop.looks()
    assert [call.message for call in shop.calls] == ["m1"]


def test_a_message_whose_call_never_came_to_be_is_tried_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.promised()
    with shop.database.writing() as session:
        assert spoken.take(session, "m1", "call-that-never-was", "one", utc_now())
    shop.looks(2)
    assert shop.row().state == "sending"  # its call's last page may be on its way
    monkeypatch.setattr(spoken_messages, "_LOST_AFTER", timedelta())
    shop.looks()
    assert (shop.row().state, shop.row().attempts) == ("queued", 0)


def test_at_the_start_only_messages_whose_call_is_gone_are_freed(shop: Shop) -> None:
    shop.promised("gone")
    shop.promised("live", "+917552660000")
    with shop.database.writing() as session:
        for name in ("gone", "live"):
            assert spoken.take(session, name, f"call-{name}", "one", utc_now())
    shop.runner.free_orphans(frozenset({"call-live"}))
    assert (shop.row("gone").state, shop.row("live").state) == ("queued", "sending")
