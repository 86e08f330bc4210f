"""A call ends on the version of the menu it began with; a new version is heard without a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete, update

from config import commands
from config.clock import utc_now
from config.database import Database
from config.schema import FlowActivation, FlowVersion
from config.settings import Settings
from config.wakeup import WakeUp
from flows.errors import FlowError
from ivr.controller import Controller
from ivr.flow_book import FlowBook
from ivr.store import load_all
from routing.store import RoutingStore
from shelf import store
from shelf.editing import Editor
from shelf.files import take_in
from shelf.reading import Prompts
from tests.integration.ivr.conftest import on_uvloop
from tests.integration.ivr.fake_asterisk import Headers
from tests.integration.ivr.test_controller import Exchange
from tests.integration.shelf.menus import DISPOSITION, LINE, LONGER_LINE, OTHER_AMBULANCE, written

# 1 leads to a second question instead of the goodbye.
TWO_QUESTIONS = LONGER_LINE.replace("      1: bye\n      2: more\n", "      1: more\n")


@dataclass
class House:
    """A controller over a shelf of small menus, and a fake Asterisk with callers."""

    exchange: Exchange
    database: Database
    folder: Path
    answered: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def controller(self, sounds: Prompts | None = None) -> AsyncIterator[None]:
        settings = Settings(ami_port=self.exchange.port, ami_secret="secret", data_dir=self.folder)
        book = FlowBook(self.database, sounds or {})
        book.load()
        listings = len(self.exchange.named("CoreShowChannels"))
        work = asyncio.create_task(Controller(settings, self.database, book, {}).run())
        try:
            await self.exchange.until(lambda: len(self.exchange.named("CoreShowChannels")) > listings)
            yield
            assert not work.done(), work
        finally:
            work.cancel()
            await asyncio.wait({work})

    def change(self, text: str, name: str = "line_104") -> None:
        """Upload and activate, as the web process does."""
        with self.database.writing() as session:
            editor = Editor(session, {})
            version = editor.upload(name, text, "", None, utc_now())[0].version
            editor.activate(name, version, None, utc_now())
            commands.send(session, "controller", "flows_changed", {"flows": [name]}, utc_now())

    def activation(self, name: str = "line_104") -> FlowActivation:
        with self.database.reading() as session:
            item = store.active_of(session, name)
        assert item is not None
        return item.activation

    async def settled(self) -> FlowActivation:
        """The active version's activation, once the controller has said what it makes of it."""
        async with asyncio.timeout(3):
            while self.activation().taken_up_at is None and not self.activation().trouble:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return self.activation()

    def asked(self, channel: str) -> list[str]:
        """The AGI commands that one caller was sent."""
        return [action["command"] for action in self._agi(channel)]

    async def hears(self, channel: str, sound: str) -> None:
        await self.exchange.until(lambda: any(sound in command for command in self.asked(channel)))

    async def arrives(self, channel: str) -> None:
        """A caller who hears the first question."""
        await self.exchange.session.send_bytes(self.exchange.arrival(channel))
        await self.hears(channel, "welcome")

    async def presses(self, channel: str, key: str) -> None:
        await self.exchange.until(lambda: bool(self._open_questions(channel)))
        name, result = self._open_questions(channel)[-1], quote(f"200 result=1 (OK:{key})")
        self.answered.add(name)
        await self.exchange.session.send({"Event": "AsyncAGIExec", "CommandId": name, "Result": result})

    def _open_questions(self, channel: str) -> list[str]:
        """The names of the commands that read a key and have not been answered."""
        names = [a["commandid"] for a in self._agi(channel) if a["command"].startswith("GET FULL VARIABLE")]
        return [name for name in names if name not in self.answered]

    def _agi(self, channel: str) -> list[Headers]:
        return [a for a in self.exchange.named("AGI") if a["commandid"].startswith(f"{channel}|")]


Scene = Callable[[House], Awaitable[None]]
Play = Callable[[Scene], None]


@pytest.fixture
def database(sqlite_url: str, tmp_path: Path) -> Database:
    database = Database(sqlite_url)
    RoutingStore(database).ensure_line("104", "line_104")
    take_in(database, written(tmp_path / "menus"), {}, utc_now())
    return database


@pytest.fixture
def play(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    # Its listener takes half a second to end, and a lost hint costs a second at most.
    monkeypatch.setattr(WakeUp, "subscribe", lambda *_: lambda: None)

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


def test_a_new_version_is_heard_by_new_calls_and_the_old_one_by_those_that_go_on(play: Play) -> None:
    async def scene(house: House) -> None:
        async with house.controller():
            await house.arrives("1.1")
            house.change(TWO_QUESTIONS)
            assert (await house.settled()).taken_up_at is not None
            await house.arrives("2.2")
            for channel in ("1.1", "2.2"):
                await house.presses(channel, "1")
            await house.hears("1.1", "goodbye-patient")
            await house.hears("2.2", "menu-wrong")
            assert not any("menu-wrong" in command for command in house.asked("1.1"))
            assert not any("goodbye-patient" in command for command in house.asked("2.2"))

    play(scene)


def test_after_a_restart_a_call_goes_on_in_the_version_it_began_with(play: Play) -> None:
    async def scene(house: House) -> None:
        async with house.controller():
            await house.arrives("1.1")
            async with asyncio.timeout(3):
                while not load_all(house.database):  # noqa: ASYNC110 - written in another thread
                    await asyncio.sleep(0.02)
        house.change(TWO_QUESTIONS)
        async with house.controller():
            await house.presses("1.1", "1")
            await house.hears("1.1", "goodbye-patient")
            assert not any("menu-wrong" in command for command in house.asked("1.1"))
            await house.arrives("2.2")
            await house.presses("2.2", "1")
            await house.hears("2.2", "menu-wrong")

    play(scene)


def test_a_part_that_changes_is_heard_in_the_flow_that_uses_it(play: Play) -> None:
    async def scene(house: House) -> None:
        async with house.controller():
            house.change(OTHER_AMBULANCE, "helping")
            await house.settled()
            await house.arrives("1.1")
            await house.presses("1.1", "8")
            await house.hears("1.1", "ambulance-confirm")
            await house.presses("1.1", "1")
            await house.hears("1.1", "please-hold")
            assert house.activation("helping").taken_up_at is not None

    play(scene)


def test_a_version_with_a_prompt_that_has_no_sound_is_not_taken_up_and_people_see_why(play: Play) -> None:
    sounds = {"welcome", "goodbye.patient", "ambulance.confirm", "ambulance.connecting"}
    sounds |= {"please.hold", "disposition.ask", "disposition.thanks"}

    async def scene(house: House) -> None:
        async with house.controller({"hi": sounds}):
            house.change(TWO_QUESTIONS)
            activation = await house.settled()
            assert activation.taken_up_at is None
            assert "menu.wrong" in activation.trouble
            await house.arrives("1.1")
            await house.presses("1.1", "1")
            await house.hears("1.1", "goodbye-patient")

    play(scene)


def test_a_controller_that_cannot_use_the_active_version_starts_with_the_one_before(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(house: House) -> None:
        house.change(TWO_QUESTIONS)
        with house.database.writing() as session:  # as after an update that does not know a field any more
            item = store.active_of(session, "line_104")
            assert item is not None
            text = item.version.text.replace("kind: goodbye", "kind: farewell")
            session.execute(update(FlowVersion).where(FlowVersion.id == item.version.id).values(text=text))
        async with house.controller():
            await house.arrives("1.1")
            await house.presses("1.1", "1")
            await house.hears("1.1", "goodbye-patient")
        assert "kind" in house.activation().trouble
        assert "instead" in caplog.text

    play(scene)


def test_a_live_call_s_version_that_the_shelf_does_not_know_is_an_error_and_the_present_one_is_heard(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(house: House) -> None:
        async with house.controller():
            await house.arrives("1.1")
            async with asyncio.timeout(3):
                while not load_all(house.database):  # noqa: ASYNC110 - written in another thread
                    await asyncio.sleep(0.02)
        with house.database.writing() as session:
            session.execute(delete(FlowActivation))
            session.execute(delete(FlowVersion))
        take_in(house.database, written(house.folder / "menus", line_104=TWO_QUESTIONS), {}, utc_now())
        async with house.controller():
            await house.presses("1.1", "1")
            await house.hears("1.1", "menu-wrong")
        assert any("not on the shelf" in r.message for r in caplog.records if r.levelno == logging.ERROR)

    play(scene)


def test_without_a_flow_that_every_call_needs_the_controller_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    folder = written(tmp_path / "menus")
    (folder / "disposition.yaml").unlink()
    take_in(database, folder, {}, utc_now())
    with pytest.raises(FlowError, match="disposition"):
        FlowBook(database, {}).load()
    written(folder, disposition=DISPOSITION, line_104=LINE)
    take_in(database, folder, {}, utc_now())
    FlowBook(database, {}).load()
    database.close()
