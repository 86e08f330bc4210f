"""The controller between a small AMI server and a real database: what is sent, and what never is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorCategory, DoctorPhone, ServiceLine
from config.settings import Settings
from config.wakeup import WakeUp
from ivr.controller import Controller
from ivr.flow_book import FlowBook
from ivr.store import load_all
from routing.store import RoutingStore
from shelf.files import take_in
from tests.integration.ivr.conftest import on_uvloop
from tests.integration.ivr.fake_asterisk import FakeAsterisk, Headers, Session, encoded

CALLER = "+919876543210"


@dataclass
class Exchange(FakeAsterisk):
    """A fake Asterisk with channels. `with_listing` is told in the same chunk as the end of a channel listing."""

    channels: dict[str, Headers] = field(default_factory=dict)
    with_listing: bytes = b""
    deaf_to: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answer = Exchange.reply
        self.listings_answered = asyncio.Event()
        self.listings_answered.set()
        self.listing: asyncio.Task[None] | None = None

    @staticmethod
    async def reply(session: Session, action: Headers) -> None:
        exchange = session.server
        assert isinstance(exchange, Exchange)
        if action["action"] == exchange.deaf_to:
            return
        if action["action"] != "CoreShowChannels":
            await session.success(action)
            return
        # Asterisk makes the list at once; when it arrives is another matter.
        rows = list(exchange.channels.values())
        exchange.listing = asyncio.create_task(exchange.list_channels(session, action["actionid"], rows))

    async def list_channels(self, session: Session, action_id: str, rows: list[Headers]) -> None:
        await self.listings_answered.wait()
        id = {"ActionID": action_id}
        head = encoded({"Response": "Success", **id, "EventList": "start", "Message": "Channels will follow"})
        body = b"".join(encoded({"Event": "CoreShowChannel", **id, **row}) for row in rows)
        end = encoded({"Event": "CoreShowChannelsComplete", **id, "EventList": "Complete"})
        await session.send_bytes(head + body + end + self.with_listing)
        self.with_listing = b""

    def arrival(self, channel: str = "1.1") -> bytes:
        environment = quote(f"agi_callerid: {CALLER}\nagi_extension: 104\n\n")
        place = {"Uniqueid": channel, "Linkedid": channel, "Channel": f"PJSIP/{channel}", "Context": "caller"}
        self.channels[channel] = {**place, "Exten": "104", "ChannelState": "6", "CallerIDNum": CALLER}
        return encoded({"Event": "AsyncAGIStart", **place, "Exten": "104", "Env": environment})

    def commands(self, *words: str) -> list[str]:
        """The AGI commands that hold one of the words."""
        return [a["command"] for a in self.named("AGI") if not words or any(word in a["command"] for word in words)]

    def readings(self) -> int:
        """How many questions were put so far: each ends by reading what was keyed."""
        return len(self.commands("GET FULL VARIABLE"))

    async def answers(self, result: str) -> None:
        """The last AGI command that somebody waits for is done."""
        name = [action for action in self.named("AGI") if not action["commandid"].endswith("|step")][-1]["commandid"]
        await self.session.send(
            {"Event": "AsyncAGIExec", "CommandId": name, "Result": quote(f"200 result=1 ({result})")}
        )

    async def keyed(self, keys: str) -> None:
        await self.answers(f"OK:{keys}")


def book_of(flows: Path, database: Database) -> FlowBook:
    """The flows of a folder, whatever prompts they say."""
    take_in(database, flows, {}, utc_now())
    book = FlowBook(database, {})
    book.load()
    return book


@asynccontextmanager
async def controller_of(exchange: Exchange, database: Database, folder: Path) -> AsyncIterator[Controller]:
    settings = Settings(ami_port=exchange.port, ami_secret="secret", data_dir=folder, database_url=database.url)
    controller = Controller(settings, database, book_of(settings.flows_dir, database), {})
    work = asyncio.create_task(controller.run())
    try:
        await exchange.until(lambda: bool(exchange.named("CoreShowChannels")))
        yield controller
        assert not work.done(), work
    finally:
        work.cancel()
        await asyncio.wait({work})


@dataclass
class House:
    exchange: Exchange
    database: Database
    folder: Path

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        await self.exchange.until(condition, seconds)

    def kinds(self) -> list[str]:
        return [line.entry.kind for line in Journal(self.database).since(0)]

    async def until_journal(self, kind: str) -> None:
        async with asyncio.timeout(5):
            while kind not in self.kinds():  # noqa: ASYNC110 - written in another thread
                await asyncio.sleep(0.02)

    def controller(self) -> Any:
        return controller_of(self.exchange, self.database, self.folder)


Scene = Callable[[House], Awaitable[None]]


@pytest.fixture
def play(sqlite_url: str, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], None]:
    """Runs a scene with the line 104 and one doctor for fever on duty."""
    # Its listener takes half a second to end, and a lost hint costs a second at most.
    monkeypatch.setattr(WakeUp, "subscribe", lambda *_: lambda: None)
    database = Database(sqlite_url)
    RoutingStore(database).ensure_line("104", "smallest")
    with database.writing() as session:
        session.add(Doctor(id="d1", name="d1", registration_number="1", council="MP", duty="on", created_at=now))
        session.flush()
        session.add(DoctorCategory(doctor_id="d1", category="fever"))
        session.add(DoctorPhone(id="d1-phone", doctor_id="d1", number="+919800000001"))

    def play(scene: Scene) -> None:
        async def run() -> None:
            exchange = Exchange()
            await exchange.start()
            try:
                await scene(House(exchange, database, tmp_path))
            finally:
                await exchange.stop()

        on_uvloop(run())
        database.close()

    return play


Play = Callable[[Scene], None]


async def waits_for_a_doctor(house: House) -> None:
    exchange = house.exchange
    await exchange.session.send_bytes(exchange.arrival())
    for asked, keys in enumerate(("1", "45"), 1):
        await house.until(lambda asked=asked: exchange.readings() == asked)  # type: ignore[misc]
        await exchange.keyed(keys)


def test_a_call_that_arrives_with_the_end_of_a_listing_is_not_declared_lost(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange = house.exchange
        exchange.with_listing = exchange.arrival()
        async with house.controller():
            await house.until(lambda: bool(exchange.commands("welcome")))
            await asyncio.sleep(0.2)
            assert "call.ended" not in house.kinds()
            assert "call.adopted" not in house.kinds()

    play(scene)


def test_a_caller_who_arrived_while_nobody_listened_is_taken_up(play: Play) -> None:
    async def scene(house: House) -> None:
        house.exchange.arrival()
        async with house.controller():
            await house.until(lambda: bool(house.exchange.commands("welcome")))

    play(scene)


def test_a_doctor_s_phone_is_not_rung_again_after_the_line_broke(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange = house.exchange
        exchange.deaf_to = "Originate"  # it is carried out, but its answer is lost with the line
        async with house.controller():
            await waits_for_a_doctor(house)
            await house.until(lambda: bool(exchange.named("Originate")))
            leg = exchange.named("Originate")[0]["channelid"]
            exchange.channels[leg] = {"Uniqueid": leg, "Context": "doctor", "Exten": "offer", "ChannelState": "5"}
            exchange.session.cut()
            await house.until(lambda: len(exchange.named("CoreShowChannels")) == 2)
            await house.until_journal("call.adopted")
            await asyncio.sleep(0.2)
            assert len(exchange.named("Originate")) == 1
            assert RoutingStore(house.database).claims()

    play(scene)


def test_a_doctor_s_phone_that_was_never_rung_frees_the_doctor_and_is_rung_then(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange = house.exchange
        exchange.deaf_to = "Originate"
        async with house.controller():
            await waits_for_a_doctor(house)
            await house.until(lambda: bool(exchange.named("Originate")))
            exchange.session.cut()
            await house.until_journal("offer.ended")
            async with asyncio.timeout(5):
                while RoutingStore(house.database).claims():  # noqa: ASYNC110 - the matchmaker's thread frees it
                    await asyncio.sleep(0.02)

    play(scene)


def test_a_phone_rung_after_the_listing_was_made_is_not_declared_lost(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange, doctors = house.exchange, RoutingStore(house.database)
        doctors.set_duty("d1", "off", utc_now())
        async with house.controller():
            await waits_for_a_doctor(house)
            await house.until_journal("seek.nobody_free")
            exchange.listings_answered.clear()
            exchange.session.cut()
            await house.until(lambda: len(exchange.named("CoreShowChannels")) == 2)
            doctors.set_duty("d1", "on", utc_now())
            await house.until(lambda: bool(exchange.named("Originate")))
            exchange.listings_answered.set()
            await house.until_journal("call.adopted")
            assert "offer.ended" not in house.kinds()
            assert doctors.claims()

    play(scene)


def test_the_next_controller_finds_the_menu_where_it_was_and_the_key_pressed_meanwhile(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange = house.exchange
        async with house.controller():
            await exchange.session.send_bytes(exchange.arrival())
            await house.until(lambda: exchange.readings() == 1)
            await house.until_journal("call.arrived")
        assert len(load_all(house.database)) == 1
        exchange.actions.clear()
        async with house.controller():
            await house.until(lambda: bool(exchange.commands()))
            assert exchange.commands() == ["GET FULL VARIABLE ${READSTATUS}:${HELPLINE_KEYS_1_1}"]
            assert exchange.named("AGI")[0]["commandid"] == "1.1|1|probe"
            await exchange.keyed("1")
            await house.until(lambda: bool(exchange.commands("age-ask")))

    play(scene)


def test_an_ambulance_number_that_may_not_be_dialled_leads_to_a_doctor_and_not_into_silence(play: Play) -> None:
    async def scene(house: House) -> None:
        with house.database.writing() as session:
            session.execute(update(ServiceLine).values(ambulance_number="108&PJSIP/0900"))
        exchange = house.exchange
        async with house.controller():
            await exchange.session.send_bytes(exchange.arrival())
            await house.until(lambda: exchange.readings() == 1)
            await exchange.keyed("8")
            await house.until(lambda: exchange.readings() == 2)
            await exchange.keyed("1")
            await house.until(lambda: bool(exchange.commands("ambulance-failed")))
            assert exchange.commands("Dial ") == []

    play(scene)


def test_a_number_that_is_no_line_is_hung_up_and_written_down(play: Play) -> None:
    async def scene(house: House) -> None:
        exchange = house.exchange
        async with house.controller():
            event = (
                exchange.arrival()
                .replace(b"Context: caller", b"Context: refused")
                .replace(b"Exten: 104", b"Exten: 0900x")
            )
            await exchange.session.send_bytes(event)
            await house.until(lambda: bool(exchange.named("Hangup")))
            await house.until_journal("call.ended")
            assert exchange.commands() == []

    play(scene)


def test_a_patient_on_a_line_without_a_flow_that_works_hears_the_apology(play: Play) -> None:
    async def scene(house: House) -> None:
        with house.database.writing() as session:
            session.execute(update(ServiceLine).values(flow="gone"))
        exchange = house.exchange
        async with house.controller():
            await exchange.session.send_bytes(exchange.arrival())
            await house.until(lambda: bool(exchange.named("Redirect")))
            assert exchange.named("Redirect")[0]["context"] == "down"
            await house.until_journal("call.ended")
            assert exchange.commands() == []

    play(scene)


def test_an_action_that_asterisk_does_not_answer_in_time_leads_to_a_new_line_and_a_survey(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.ami.connection.AmiConnection.action.__defaults__", (None, 0.2))

    async def scene(house: House) -> None:
        exchange = house.exchange
        exchange.deaf_to = "Originate"
        async with house.controller():
            await waits_for_a_doctor(house)
            await house.until(lambda: len(exchange.named("CoreShowChannels")) >= 2)
            await house.until_journal("offer.ended")

    play(scene)


def test_a_line_in_a_language_without_words_is_answered_in_the_helpline_s_own(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FlowBook, "speaks", lambda _book, language: language == "hi")

    async def scene(house: House) -> None:
        with house.database.writing() as session:
            session.execute(update(ServiceLine).values(language="xx"))
        exchange = house.exchange
        async with house.controller():
            await exchange.session.send_bytes(exchange.arrival())
            await house.until_journal("call.arrived")
            assert exchange.commands("CHANNEL(language)") == []
            await house.until(lambda: bool(exchange.commands("welcome")))

    play(scene)


def test_a_line_speaks_its_own_language_from_the_first_word(play: Play) -> None:
    async def scene(house: House) -> None:
        with house.database.writing() as session:
            session.execute(update(ServiceLine).values(language="en"))
        exchange = house.exchange
        async with house.controller():
            await exchange.session.send_bytes(exchange.arrival())
            await house.until(lambda: bool(exchange.commands("welcome")))
            assert exchange.commands()[0] == "SET VARIABLE CHANNEL(language) en"

    play(scene)
