"""The clock on the wall is set by an hour, forth and back, under Asterisk and controller: nobody's time is up by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.rehearsal import Rehearsal
from cli.runtime.faketime import faketime
from config.settings import CHECKOUT
from tests.telephone.conftest import open_house
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says by how many seconds the clock is wrong."""
    file = tmp_path_factory.mktemp("clock") / "offset"
    file.write_text("+0\n")
    return file


# libfaketime 0.9.10 answers EINVAL to clock_nanosleep with an absolute monotonic time, which time.sleep asks for.
_SLEEPS = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path, clock: Path) -> Iterator[Rehearsal]:
    wrong = faketime().env(clock)
    (clock.parent / "sitecustomize.py").write_text(_SLEEPS)
    environment = {"asterisk": wrong, "controller": wrong | {"PYTHONPATH": f"{clock.parent}:{CHECKOUT}"}}
    with open_house(tmp_path_factory.mktemp("clock"), spoken_prompts, environment=environment) as rehearsal:
        yield rehearsal


def test_a_clock_that_is_set_by_an_hour_ends_nobody_s_time(house: House, clock: Path) -> None:
    house.callers_hurry = False  # libfaketime slows everybody down
    talking, resting, late = house.doctor("heart"), house.doctor("skin"), house.doctor("neuro", duty="off")
    bridged, bridged_doctor = house.talks(house.patient(), talking, category="2")
    waiting = house.seeks(house.patient(), "3")
    for offset in ("+3600", "+0"):
        in_menu = house.arrives(house.patient())
        in_menu.presses("1")
        in_menu.hears("age.ask")
        other, other_doctor = house.talks(house.patient(), resting, category="4")
        clock.write_text(f"{offset}\n")
        new = house.patient().dials("104")
        new.answered()
        together(lambda: new.hears("welcome", timeout=5), lambda: house.hear_each_other(bridged, bridged_doctor))  # noqa: B023
        # Asterisk's own limits are up at once: the dialplan gives the controller another chance, which asks again.
        # Set back, they come later, and there is nothing to ask again.
        if offset != "+0":
            in_menu.hears("age.ask", timeout=12)
        in_menu.presses("45#")
        house.until(lambda: "seek.started" in house.kinds(in_menu), 5, "the search")  # noqa: B023
        other.hangs_up()
        other_doctor.hears("disposition.ask", timeout=5)
        other_doctor.presses("1")
        house.has_outcome(other, "advice")
        assert house.record(other).talk_ms is not None
        assert 0 < (house.record(other).talk_ms or 0) < 60_000
        assert all(call.is_up for call in (waiting, bridged))
        assert house.kinds(waiting).count("clock.set") >= 1
        new.hangs_up()
        in_menu.hangs_up()
    assert waiting.silence_longest() <= 3.0
    house.goes_on_duty(late)
    late_side = house.accepts(late, timeout=8)
    house.hear_each_other(waiting, late_side)
    log = (house.rehearsal.folder / "log" / "helpline.log").read_text(encoding="utf-8", errors="replace")
    assert "apologising" not in log
    assert "does not answer although it is running" not in log
