"""`kill -9` of the controller while calls stand in every state there is: each goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.rehearsal import Rehearsal
from phones.call import PhoneCall
from phones.phone import IncomingCall, Phone
from tests.telephone.conftest import open_house
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(180)

_RESUMED_SECONDS = 5.0


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[Rehearsal]:
    """A helpline whose doctors' phones ring for longer than a controller takes to start on a busy machine."""
    with open_house(tmp_path_factory.mktemp("killed"), spoken_prompts, ring_seconds=30) as rehearsal:
        yield rehearsal


@dataclass
class Case:
    """A call brought into a state; what its people do while the controller is dead, and what they find afterwards."""

    house: House
    doctor: Phone | None = None
    call: PhoneCall = field(init=False)
    other: PhoneCall = field(init=False)
    ring: IncomingCall = field(init=False)

    def prepare(self) -> None: ...
    def while_dead(self) -> None: ...
    def resumed(self) -> None: ...
    def ends(self) -> None: ...

    result = "consulted"

    def bridged(self, timeout: float = _RESUMED_SECONDS) -> None:
        self.house.until(lambda: "call.bridged" in self.house.kinds(self.call), timeout, f"{type(self).__name__}")

    def talked_about(self) -> None:
        """The patient leaves, and the doctor keys the outcome."""
        self.call.hangs_up()
        self.other.hears("disposition.ask", timeout=6)
        self.other.presses("1")
        self.house.has_outcome(self.call, "advice")


class Greeting(Case):
    result = "abandoned_menu"

    def prepare(self) -> None:
        self.call = self.house.arrives(self.house.patient())

    def resumed(self) -> None:
        self.call.presses("1")
        self.call.hears("age.ask", timeout=_RESUMED_SECONDS)


class Menu(Case):
    """The key is pressed when nobody is there to hear it."""

    result = "abandoned_menu"

    def prepare(self) -> None:
        self.call = self.house.arrives(self.house.patient())
        self.call.hears("menu.main", timeout=12)

    def while_dead(self) -> None:
        self.call.presses("2")

    def resumed(self) -> None:
        self.call.hears("age.ask", timeout=_RESUMED_SECONDS)


class HalfANumber(Case):
    """4 was pressed before, 5 and # meanwhile."""

    result = "abandoned_queue"

    def prepare(self) -> None:
        self.call = self.house.arrives(self.house.patient())
        self.call.presses("3")
        self.call.hears("age.ask")
        self.call.presses("4")

    def while_dead(self) -> None:
        self.call.presses("5#")

    def resumed(self) -> None:
        house = self.house
        house.until(lambda: "seek.started" in house.kinds(self.call), _RESUMED_SECONDS, "the search")
        given = [(entry["name"], entry["value"]) for entry in house.entries(self.call, "answer.given")]
        assert ("age", 45) in given


class Waiting(Case):
    result = "abandoned_queue"

    def prepare(self) -> None:
        # The one doctor for it is talking (Talking).
        self.call = self.house.seeks(self.house.patient(), "5")
        self.call.hears("seek.busy", timeout=12)

    def resumed(self) -> None:
        self.call.hears_music(timeout=12)
        assert self.house.kinds(self.call).count("seek.started") == 1


class Ringing(Case):
    """The phone rings on; it is answered when the controller is back."""

    def prepare(self) -> None:
        assert self.doctor is not None
        self.call = self.house.seeks(self.house.patient(), "1")
        self.ring = self.doctor.rings()

    def resumed(self) -> None:
        self.other = self.ring.answers()
        self.other.hears("offer.intro", timeout=_RESUMED_SECONDS)
        self.other.presses("1")
        self.bridged()

    def ends(self) -> None:
        self.talked_about()


class Offered(Case):
    """The doctor hears what is offered, and decides after the restart."""

    def prepare(self) -> None:
        assert self.doctor is not None
        self.call = self.house.seeks(self.house.patient(), "2")
        self.other = self.doctor.rings().answers()
        self.other.hears("offer.intro")

    def resumed(self) -> None:
        self.other.presses("1")
        self.bridged()

    def ends(self) -> None:
        self.talked_about()


class Accepted(Case):
    """1 is pressed in the very moment of the death (and once more by a doctor who hears the offer again)."""

    def prepare(self) -> None:
        assert self.doctor is not None
        self.call = self.house.seeks(self.house.patient(), "4")
        self.other = self.doctor.rings().answers()
        self.other.hears("offer.intro")

    def while_dead(self) -> None:
        self.other.presses("1")

    def resumed(self) -> None:
        self.bridged()

    def ends(self) -> None:
        self.talked_about()


class Talking(Case):
    def prepare(self) -> None:
        assert self.doctor is not None
        self.call, self.other = self.house.talks(self.house.patient(), self.doctor, category="5")

    def while_dead(self) -> None:
        self.house.hear_each_other(self.call, self.other)

    def resumed(self) -> None:
        self.house.hear_each_other(self.call, self.other, 600, 900)

    def ends(self) -> None:
        self.talked_about()


class WrapUp(Case):
    """The doctor keys the outcome when nobody is there to hear it."""

    def prepare(self) -> None:
        assert self.doctor is not None
        self.call, self.other = self.house.talks(self.house.patient(), self.doctor, category="6")
        self.call.hangs_up()
        self.other.hears("disposition.ask")

    def while_dead(self) -> None:
        self.other.presses("1")

    def resumed(self) -> None:
        self.house.has_outcome(self.call, "advice")


class TheAmbulance(Case):
    """Connected to the ambulance by the dialplan's own Dial."""

    result = "ambulance"

    def prepare(self) -> None:
        self.call = self.house.arrives(self.house.patient())
        ambulance = self.house.net.phone("108")
        self.call.presses("8")
        self.other = ambulance.rings(12).answers()

    def while_dead(self) -> None:
        self.house.hear_each_other(self.call, self.other)

    def resumed(self) -> None:
        self.house.hear_each_other(self.call, self.other, 600, 900)


def test_a_kill_of_the_controller_in_every_state_at_once(house: House) -> None:
    cases: list[Case] = [
        Greeting(house),
        Menu(house),
        HalfANumber(house),
        Waiting(house),
        Ringing(house, house.doctor("fever")),
        Offered(house, house.doctor("heart")),
        Accepted(house, house.doctor("skin")),
        Talking(house, house.doctor("maternity")),
        WrapUp(house, house.doctor("child")),
        TheAmbulance(house),
    ]
    slow = [case for case in cases if not isinstance(case, (Greeting, HalfANumber, Ringing, Offered, Accepted))]
    talking = next(case for case in slow if isinstance(case, Talking))
    talking.prepare()
    together(*(case.prepare for case in slow if case is not talking))
    together(*(case.prepare for case in cases if case not in slow))
    sign_ins = house.sign_ins()
    accepting = next(case for case in cases if isinstance(case, Accepted))
    together(lambda: house.supervisor.kill("controller"), accepting.while_dead)
    together(*(case.while_dead for case in cases if case is not accepting))
    house.until(lambda: house.sign_ins() > sign_ins, 15, "the next controller")
    began = time.monotonic()
    together(*(case.resumed for case in cases))
    assert time.monotonic() - began < 20
    for case in cases:
        assert house.kinds(case.call).count("call.adopted") <= 1, type(case).__name__
        if case.doctor is not None:
            assert case.doctor.rang == 1, type(case).__name__
            assert house.kinds(case.call).count("doctor.offered") == 1, type(case).__name__
    next(case for case in cases if isinstance(case, Waiting)).call.hangs_up()
    together(*(case.ends for case in cases))
    together(*(_hangs_up(case) for case in cases))
    results = {type(case).__name__: house.record(case.call).result for case in cases}
    assert results == {type(case).__name__: case.result for case in cases}
    for case in cases:
        offers = house.detail(case.call).offers
        assert [offer.result for offer in offers] == ["accepted"] * bool(case.doctor)
        assert all(leg.ended_at is not None for leg in house.detail(case.call).legs)


def test_places_in_the_queue_are_kept_when_the_controller_is_killed(house: House) -> None:
    doctors = [house.doctor("neuro", duty="off"), house.doctor("neuro", duty="off")]
    callers = [house.seeks(house.patient(), "3") for _ in range(2)]
    house.until(lambda: all("seek.nobody_free" in house.kinds(call) for call in callers), 8, "the wait")
    house.kills_controller()
    house.starts_controller()
    for call, doctor in zip(callers, doctors, strict=True):
        house.goes_on_duty(doctor)
        house.accepts(doctor)
        house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")  # noqa: B023


def _hangs_up(case: Case) -> Callable[[], None]:
    def end() -> None:
        for side in (case.call, getattr(case, "other", None)):
            if side is not None:
                side.hangs_up()

    return end
