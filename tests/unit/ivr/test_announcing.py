"""At a control room's telephone the offer begins with the name of the doctor it is for, where the name can be said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr import commands as do
from ivr import events as ev
from ivr.consultation import decide
from prompts.catalogue import Prompt, load_catalogues
from tests.unit.ivr.conftest import RULES, Story

NAME = "doctor.d1"


def offer_heard(story: Story, room: str, named: bool) -> tuple[str, ...]:
    """What whoever lifts the telephone hears."""
    catalogues = load_catalogues()
    if named:
        hindi = catalogues["hi"]
        said = Prompt(NAME, "डॉक्टर राव के लिए।")
        catalogues["hi"] = replace(hindi, prompts={**hindi.prompts, NAME: said})
    rules = replace(RULES, catalogues=catalogues)
    claimed = ev.DoctorClaimed(story.at, "o1", "d1", "p1", "+917552661234", "o1", room=room)
    call, _ = decide(story.call, claimed, rules)
    call, commands = decide(call, ev.LegReady(story.at, "o1"), rules)
    [heard] = [command.wait.prompts for command in commands if isinstance(command, do.Perform)]
    return heard


@pytest.mark.parametrize(
    ("room", "named", "first"),
    [("Bhopal", True, NAME), ("Bhopal", False, "offer.intro"), ("", True, "offer.intro")],
)
def test_the_name_comes_first_at_a_control_room_only_and_only_where_it_has_a_sound(
    waiting: Story, room: str, named: bool, first: str
) -> None:
    heard = offer_heard(waiting, room, named)
    assert heard[0] == first
    assert "offer.intro" in heard[:2]
