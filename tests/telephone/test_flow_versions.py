"""A menu is changed while people are in it: who began in the old one hears it to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.clock import utc_now
from config.commands import send
from config.wakeup import WakeUp
from shelf import store
from shelf.editing import Editor
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(90)


@contextmanager
def another_version(house: House, old: str, new: str) -> Iterator[str]:
    """The line's menu with other words, until the test is over; as the web process does it."""
    database, flow = house.rehearsal.database, "smallest"

    def tell(what: str) -> str:
        with database.writing() as session:
            editor, at = Editor(session, {}), utc_now()
            active = store.active_of(session, flow)
            assert active is not None
            assert old in active.version.text or what == "back"
            if what == "back":
                editor.roll_back(flow, None, at)
                version = ""
            else:
                version = editor.upload(flow, active.version.text.replace(old, new), "", None, at)[0].version
                editor.activate(flow, version, None, at)
            send(session, "controller", "flows_changed", {}, at, WakeUp(database, house.settings.socket_dir))
        house.until(taken_up, 3, "the controller's taking up")
        return version

    def taken_up() -> bool:
        with database.reading() as session:
            active = store.active_of(session, flow)
        return active is not None and active.activation.taken_up_at is not None

    version = tell("forth")
    try:
        yield version
    finally:
        tell("back")


def test_a_call_that_goes_on_hears_the_old_menu_and_a_new_call_the_new_one(house: House) -> None:
    old = house.arrives(house.patient())
    with another_version(house, "prompt: [age.ask]", "prompt: [help.menu]") as version:
        new = house.arrives(house.patient())
        for call in (old, new):
            call.presses("1")
        old.hears("age.ask")
        new.hears("help.menu")
        for call in (old, new):
            call.hangs_up()
        assert house.record(new).flow_version == version
        assert house.record(old).flow_version != version


def test_a_call_ends_on_its_version_though_the_controller_is_started_anew(house: House) -> None:
    old = house.arrives(house.patient())
    with another_version(house, "prompt: [age.ask]", "prompt: [help.menu]"):
        house.kills_controller()
        house.starts_controller()
        old.presses("1")
        old.hears("age.ask", timeout=10)
        old.hangs_up()
