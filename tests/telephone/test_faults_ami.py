"""The line between controller and Asterisk is cut, stalls or loses a direction: noticed, built anew, nothing twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.rehearsal import Rehearsal
from phones.ami_proxy import AmiProxy
from tests.telephone.conftest import open_house
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(180)

_NOTICED_SECONDS = 10.0


@pytest.fixture(scope="module")
def proxy() -> Iterator[AmiProxy]:
    with AmiProxy() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path, proxy: AmiProxy) -> Iterator[Rehearsal]:
    """A helpline whose controller reaches its Asterisk through the proxy."""
    through = {"controller": {"HELPLINE_AMI_PORT": str(proxy.port)}}
    rehearsal = open_house(tmp_path_factory.mktemp("frayed"), spoken_prompts, environment=through, ring_seconds=30)
    proxy.target_port = rehearsal.settings.ami_port
    with rehearsal:
        yield rehearsal


def notices(house: House, proxy: AmiProxy) -> float:
    """Seconds until the controller has given the line up."""
    path = house.rehearsal.folder / "log" / "helpline.log"

    def losses() -> int:
        return path.read_text(encoding="utf-8", errors="replace").count("the line to Asterisk is down; callers")

    before, began = losses(), time.monotonic()
    house.until(lambda: losses() > before, _NOTICED_SECONDS, "the notice of a broken line")
    return time.monotonic() - began


def test_a_line_that_is_cut_stalls_or_loses_a_direction_is_built_anew_and_nothing_is_done_twice(
    house: House, proxy: AmiProxy
) -> None:
    talking, ringing = house.doctor("skin"), house.doctor("heart")
    bridged, bridged_doctor = house.talks(house.patient(), talking, category="4")
    waiting = house.seeks(house.patient(), "1")
    in_menu = house.arrives(house.patient())
    sought = house.seeks(house.patient(), "2")
    ring = ringing.rings()
    for fault in ("cut", "both", "up", "down"):
        listings, sign_ins = len(proxy.sent("CoreShowChannels")), house.sign_ins()
        if fault == "cut":
            proxy.cut()
        else:
            proxy.stall(up=fault != "down", down=fault != "up")
            assert notices(house, proxy) < _NOTICED_SECONDS
            proxy.heal()
        house.until(lambda: house.sign_ins() > sign_ins, 8, "the next sign-in")  # noqa: B023
        house.until(lambda: len(proxy.sent("CoreShowChannels")) > listings, 2, "the listing")  # noqa: B023
        assert len(proxy.sent("CoreShowChannels")) == listings + 1
        assert proxy.repeated() == []
    in_menu.presses("3")
    in_menu.hears("age.ask", timeout=4)
    doctors_side = house.takes(ring)
    house.until(lambda: "call.bridged" in house.kinds(sought), 3, "the bridge")
    house.hear_each_other(sought, doctors_side)
    house.hear_each_other(bridged, bridged_doctor, 600, 900)
    assert all(call.silence_longest() <= 3.0 for call in (waiting, in_menu))
    assert (ringing.rang, talking.rang) == (1, 1)
    assert all(house.kinds(call).count("call.adopted") >= 4 for call in (waiting, sought, bridged))


def test_a_phone_whose_ringing_was_ordered_over_a_stalled_line_is_hung_up_and_the_call_finds_the_next(
    house: House, proxy: AmiProxy
) -> None:
    """The order to ring is held back, given up, and gets through late: the caller has the other doctor by then."""
    first, second = house.doctor("maternity"), house.doctor("maternity", duty="off")
    call = house.seeks(house.patient(), "5", age="45")
    proxy.stall(down=False)
    time.sleep(0.3)
    call.presses("#")
    house.until(lambda: "doctor.offered" in house.kinds(call), 5, "the offer")
    notices(house, proxy)
    assert first.rang == 0
    house.goes_on_duty(second)
    proxy.let_new_through()
    doctors_side = house.accepts(second, timeout=15)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    proxy.heal()
    house.hear_each_other(call, doctors_side)
    assert house.offers(call)[first.number] == "lost"
    assert proxy.repeated() == []
    house.until(lambda: not any("doctor, offer" in name for name in house.channels()), 3, "the end of the late ringing")
    assert len(house.detail(call).offers) == 2
