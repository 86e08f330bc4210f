"""The database is away: calls go on, new ones find their doctor, and afterwards everything is on record, once.

The faults last eight seconds here; `FAULT_SECONDS=60` gives them the minute of which the promise is.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.rehearsal import Rehearsal
from cli.runtime.postgres_server import TemporaryServer
from phones.call import PhoneCall
from tests.telephone.conftest import open_house
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(400)

_SECONDS = float(os.environ.get("FAULT_SECONDS", "8"))


@pytest.fixture(scope="module")
def server() -> Iterator[TemporaryServer]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with TemporaryServer(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def rehearsal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path
) -> Iterator[Rehearsal]:
    """A helpline on each of the databases."""
    options = {}
    if request.param == "postgresql":
        options["database_url"] = request.getfixturevalue("server").url
    with open_house(tmp_path_factory.mktemp(request.param), spoken_prompts, **options) as rehearsal:
        yield rehearsal


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Another process holds SQLite's write lock."""
    connection = sqlite3.connect(str(house.rehearsal.database.engine.url.database), isolation_level=None, timeout=5)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def stopped(server: TemporaryServer) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


@contextmanager
def killed(server: TemporaryServer) -> Iterator[None]:
    server.kill()
    try:
        yield
    finally:
        server.start_again()


Faults = list[Callable[[], object]]


@pytest.fixture
def faults(house: House, request: pytest.FixtureRequest) -> Faults:
    """The ways in which this house's database can be away: context managers."""
    if house.rehearsal.database.is_sqlite:
        return [lambda: locked(house)]
    server: TemporaryServer = request.getfixturevalue("server")
    return [lambda: stopped(server), lambda: killed(server)]


def said(house: House, words: str) -> int:
    path = house.rehearsal.folder / "log" / "helpline.log"
    return path.read_text(encoding="utf-8", errors="replace").count(words)


def consults(house: House, call: PhoneCall, doctors_side: PhoneCall, one: float, two: float) -> None:
    """They talk, the patient leaves and the outcome is keyed; nothing is asked of the database."""
    house.hear_each_other(call, doctors_side, one, two)
    call.hangs_up()
    doctors_side.hears("disposition.ask", timeout=5)
    doctors_side.presses("1")
    doctors_side.ended()


def test_calls_go_on_and_new_ones_are_served_while_the_database_is_away(house: House, faults: Faults) -> None:
    talking, serving, late = house.doctor("heart"), house.doctor("skin"), house.doctor("neuro", duty="off")
    bridged, bridged_doctor = house.talks(house.patient(), talking, category="2")
    waiting = [house.seeks(house.patient(), "3") for _ in range(2)]
    house.until(lambda: all("seek.nobody_free" in house.kinds(call) for call in waiting), 8, "the wait")
    backs = said(house, "the database is back after")
    with faults[0]():  # type: ignore[attr-defined]
        began = time.monotonic()
        house.hear_each_other(bridged, bridged_doctor)
        calls: list[PhoneCall] = []
        while len(calls) < 2 or time.monotonic() - began < _SECONDS - 5:
            call = house.seeks(house.patient(), "4")
            consults(house, call, house.accepts(serving, timeout=10), 600, 900)
            calls.append(call)
        in_menu = house.arrives(house.patient())
        house.hear_each_other(bridged, bridged_doctor, 600, 900)
        in_menu.presses("1")
        in_menu.hears("age.ask", timeout=3)
        time.sleep(max(0.0, _SECONDS - (time.monotonic() - began)))
    house.until(lambda: said(house, "the database is back after") > backs, 15, "the end of the outage")
    house.hear_each_other(bridged, bridged_doctor, 700, 1000)
    assert serving.rang == len(calls)
    for call in calls:
        house.has_outcome(call, "advice")
        assert house.record(call).result == "consulted"
        kinds = house.kinds(call)
        once = ("call.arrived", "doctor.offered", "doctor.accepted", "call.bridged", "disposition", "call.ended")
        assert [kinds.count(kind) for kind in once] == [1] * len(once)
        moments = [line.entry.at for line in house.detail(call).journal]
        assert moments == sorted(moments)
        assert [offer.result for offer in house.detail(call).offers] == ["accepted"]
    assert all(call.silence_longest() <= 3.0 for call in (*waiting, in_menu))
    house.goes_on_duty(late)
    for call in waiting:  # in the order in which they came
        consults(house, call, house.accepts(late), 600, 900)
        house.has_outcome(call, "advice")
    assert house.kinds(waiting[0]).count("seek.started") == 1
    together(bridged.hangs_up, in_menu.hangs_up)
    bridged_doctor.hears("disposition.ask", timeout=5)
    bridged_doctor.presses("4")
    house.has_outcome(bridged, "emergency")


def test_a_controller_that_is_killed_while_the_database_is_away_knows_what_happened_meanwhile(
    house: House, faults: Faults
) -> None:
    talking = house.doctor("heart")
    in_menu = house.arrives(house.patient())
    in_menu.hears("menu.main", timeout=12)  # by then the controller has read that there is a doctor
    sign_ins = house.sign_ins()
    with faults[-1]():  # type: ignore[attr-defined]
        bridged = house.seeks(house.patient(), "2")
        other = house.accepts(talking, timeout=10)
        house.hear_each_other(bridged, other)
        in_menu.presses("3")
        in_menu.hears("age.ask", timeout=4)
        house.supervisor.kill("controller")
        house.hear_each_other(bridged, other, 600, 900)
    house.until(lambda: house.sign_ins() > sign_ins, 15, "the next controller")
    in_menu.presses("45#")
    house.until(lambda: "seek.started" in house.kinds(in_menu), 6, "the search")
    assert house.entries(in_menu, "menu.choice")[0]["choice"] == "neuro"
    house.hear_each_other(bridged, other)
    bridged.hangs_up()
    other.hears("disposition.ask", timeout=6)
    other.presses("1")
    house.has_outcome(bridged, "advice")
    assert [offer.result for offer in house.detail(bridged).offers] == ["accepted"]
    assert talking.rang == 1
