"""The queue: place, wait, tips, key 1; and nobody rings for ever when it is full, or nobody is on duty."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cli.rehearsal import Rehearsal
from config.clock import utc_now
from config.commands import send
from config.schema import Call, CallbackRequest, Doctor, ServiceLine
from config.settings import CHECKOUT
from config.wakeup import WakeUp
from routing.schedule import DAYS
from tests.telephone.conftest import open_house
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(150)

# Announcements as often as their words allow, and no more than two of them.
_HURRIED = r"\g<0>\1every: 10\n\1give_up: 2\n"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[Rehearsal]:
    folder = tmp_path_factory.mktemp("queue")
    flows = Path(shutil.copytree(CHECKOUT / "flows" / "definitions", folder / "flows"))
    smallest = flows / "smallest.yaml"
    text = re.sub(r"^( +)kind: route\n", _HURRIED, smallest.read_text("utf-8"), flags=re.MULTILINE)
    smallest.write_text(text, "utf-8")
    with open_house(folder, spoken_prompts, flows_dir=flows) as rehearsal:
        yield rehearsal


def talked_about(house: House, category: str, seconds: int) -> None:
    """Talks of that length in the last hour, which a controller that starts knows of."""
    with house.rehearsal.database.writing() as session:
        for minutes in (10, 20, 30, 40):
            at = utc_now() - timedelta(minutes=minutes)
            id = f"past-{category}-{minutes}"
            session.add(Call(id=id, category=category, arrived_at=at, bridged_at=at, talk_ms=seconds * 1000))


def test_who_waits_hears_place_and_wait_and_a_tip_and_one_keeps_the_place(house: House) -> None:
    talked_about(house, "skin", 240)
    house.kills_controller()
    house.starts_controller()
    doctor = house.doctor("skin")
    talking, doctors_side = house.talks(house.patient(), doctor, category="4")
    first = house.seeks(house.patient(), category="4")
    first.hears("seek.busy", timeout=12)
    second = house.seeks(house.patient(), category="4")

    def waits_and_asks_to_be_called_back() -> None:
        for prompt in ("wait.position", "minutes.5", "wait.keys"):
            first.hears(prompt, timeout=12)
        assert house.entries(first, "wait.told") == [{"position": 1, "wait": "5"}]
        first.hears_music(timeout=10)
        first.hears("tip.hands", timeout=15)
        first.hears_music(timeout=15)
        first.presses("1")
        first.hears("callback.stored", timeout=5)
        first.ended(timeout=10)

    def waits_for_the_doctor() -> None:
        for prompt in ("seek.busy", "minutes.10", "wait.keys", "tip.hands"):
            second.hears(prompt, timeout=20)

    def hears_only_the_place_where_nobody_can_tell_the_wait() -> None:
        other, _ = house.talks(house.patient(), house.doctor("neuro"), category="3")
        third = house.seeks(house.patient(), category="3")
        for prompt in ("seek.busy", "wait.position", "wait.unknown", "wait.keys"):
            third.hears(prompt, timeout=12)
        assert house.entries(third, "wait.told") == [{"position": 1, "wait": ""}]
        third.hangs_up()
        other.hangs_up()

    together(
        waits_and_asks_to_be_called_back, waits_for_the_doctor, hears_only_the_place_where_nobody_can_tell_the_wait
    )
    assert house.entries(second, "wait.told") == [{"position": 2, "wait": "10"}]
    request = house.callbacks(first.number)[0]
    since = house.detail(first).call.sought_at
    assert (request.kind, request.state, request.waiting_since) == ("asked", "open", since)
    # The next announcement has the better place, and the doctor comes in the middle of it.
    second.hears("wait.position", timeout=25)
    second.hears("minutes.5", timeout=8)
    forget_callbacks(house)
    talking.hangs_up()
    doctors_side.hears("disposition.ask")
    doctors_side.presses("1")
    joined = house.accepts(doctor, timeout=10)
    house.until(lambda: "call.bridged" in house.kinds(second), 3, "the bridge")
    house.hear_each_other(second, joined)
    assert second.silence_longest() <= 2.0
    assert first.silence_longest() <= 2.0
    joined.hangs_up()
    second.hears("goodbye.doctor_left", timeout=3)  # and nothing that was to be heard before the talk
    second.hangs_up()
    # What is heard while one waits leaves nothing in the journal.
    kinds = house.kinds(second)
    assert kinds.count("wait.told") == 1
    assert "flow.went" not in kinds[kinds.index("wait.told") : kinds.index("doctor.offered")]


def test_endless_ringing_with_nobody_on_duty(house: House) -> None:
    """Said at once, with when a doctor is there again; who stays on the line is called back in the end.

    Meanwhile somebody else finds the queue full, which is said at once, too.
    """
    doctor = house.doctor("heart", duty="off")
    with house.rehearsal.database.writing() as session:
        windows = {day: [["00:00", "00:01"]] for day in DAYS}
        session.get_one(Doctor, house.doctor_id(doctor)).schedule = {"weekly": windows}
    call = house.seeks(house.patient(), category="2")
    for prompt in ("seek.nobody", "when.tomorrow", "nobody.keys"):
        call.hears(prompt, timeout=12)

    def waits_on() -> None:
        call.hears_music(timeout=20)
        call.hears("seek.nobody", timeout=30)
        call.hears("callback.stored", timeout=60)
        call.ended(timeout=10)
        record = house.record(call)
        assert (record.result, record.ended_by) == ("callback", "system")
        assert call.silence_longest() <= 2.0
        assert doctor.rang == 0

    def finds_the_queue_full() -> None:
        late = house.seeks(house.patient(), category="2")
        late.hears("queue.full", timeout=15)
        late.presses("1")
        late.hears("callback.stored", timeout=5)
        late.ended(timeout=10)
        assert house.entries(late, "seek.nobody_free")[0] == {"reason": "queue_full"}
        assert [request.kind for request in house.callbacks(late.number)] == ["asked"]

    limit_of_the_line(house, 1)
    try:
        together(waits_on, finds_the_queue_full)
    finally:
        limit_of_the_line(house, None)


def forget_callbacks(house: House) -> None:
    """Nobody is to be called back in the middle of a test."""
    with house.rehearsal.database.writing() as session:
        session.execute(update(CallbackRequest).where(CallbackRequest.state == "open").values(state="withdrawn"))


def limit_of_the_line(house: House, limit: int | None) -> None:
    database = house.rehearsal.database
    with database.writing() as session:
        session.execute(update(ServiceLine).values(queue_limit=limit))
        send(session, "controller", "lines_changed", {}, utc_now(), WakeUp(database, house.settings.socket_dir))
