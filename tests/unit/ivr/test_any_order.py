"""Whatever happens, in whatever order: nobody in silence, nobody with the wrong person, everybody free at the end."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ivr import commands as do
from ivr import events as ev
from tests.unit.ivr.conftest import NOW, Story, new_call
from tests.unit.ivr.test_called_back import calling_back
from tests.unit.ivr.test_spoken_message import begun
from tests.unit.ivr.world import Fault, World

STEPS = 60
SEEDS = range(150)


def waiting() -> World:
    """A caller in the queue."""
    world = World(new_call())
    world.hear(ev.PatientArrived(NOW))
    for digits in ("1", "45"):
        world.key("P", digits)
    return world


def called(story: Story) -> World:
    """Somebody is called back."""
    world = World(story.call, answered=False)
    world.orders.extend(story.commands)
    world.searching = story.call.wants_a_doctor
    return world


def in_the_queue(chance: random.Random) -> World:
    return waiting()


def in_a_talk(chance: random.Random) -> World:
    world = waiting()
    world.doctor_accepts()
    return world


def beside_the_patient(chance: random.Random) -> World:
    """A specialist is sought, and has perhaps been found."""
    world = in_a_talk(chance)
    world.star("o1", "1")
    if chance.random() < 0.8:
        world.doctor_accepts()
    return world


def three(chance: random.Random) -> World:
    """A specialist or the ambulance is in the talk, or was on the way into it."""
    world = beside_the_patient(chance) if chance.random() < 0.5 else in_a_talk(chance)
    world.star("o1", "1" if world.call.aside is not None else "3")
    return world


def the_doctor_first(chance: random.Random) -> World:
    world = called(calling_back(doctor_first=True))
    if chance.random() < 0.8:
        world.doctor_accepts()
    return world


def the_patient_first(chance: random.Random) -> World:
    return called(calling_back(doctor_first=False))


def a_message(chance: random.Random) -> World:
    """A message is to be spoken."""
    return called(begun())


BEGINNINGS = (in_the_queue, in_a_talk, beside_the_patient, three, the_doctor_first, the_patient_first, a_message)


@pytest.mark.parametrize("deaths", [0.0, 0.03], ids=["one controller", "controllers that die"])
@pytest.mark.parametrize("begin", BEGINNINGS, ids=[begin.__name__ for begin in BEGINNINGS])
def test_whatever_happens_nobody_is_in_silence_or_with_the_wrong_person(
    begin: Callable[[random.Random], World], deaths: float
) -> None:
    for seed in SEEDS:
        chance = random.Random(seed)
        world = begin(chance)
        try:
            _live(world, chance, deaths)
        except Exception as fault:
            kind = "" if isinstance(fault, Fault) else f"{type(fault).__name__} "
            raise AssertionError("\n".join((f"seed {seed}: {kind}{fault}", *world.story[-60:]))) from fault


def _live(world: World, chance: random.Random, deaths: float) -> None:
    for _ in range(STEPS):
        acts = world.acts()
        if world.call.over or not acts:
            break
        if chance.random() < deaths:
            world.story.append("the controller dies")
            world.restart()
        elif chance.random() < 0.15:
            world.settle()
        else:
            name, act = chance.choice(acts)
            if "ends" in name and chance.random() < 0.7:
                continue
            world.story.append(name)
            act()
    world.settle()
    world.story.append("everybody hangs up")
    world.end_all()


def test_the_exchange_notices_somebody_in_silence() -> None:
    world = in_a_talk(random.Random(0))
    world.end("o1", 16)
    world.news.clear()  # as if nobody had told that the doctor has gone
    with pytest.raises(Fault, match="P stands in silence"):
        world.settle()


def test_the_exchange_notices_a_second_doctor_with_the_patient() -> None:
    world = in_a_talk(random.Random(0))
    with pytest.raises(Fault, match="second doctor"):
        world.check(do.BridgeLegs("o9", "P", "o9"))
