"""Several phones ring for one call: the first who accepts has it, and the others hear so."""

from __future__ import annotations

import pytest

from ivr import commands as do
from tests.unit.ivr.conftest import Story


@pytest.fixture
def three(waiting: Story) -> Story:
    """Three phones ring; two doctors have lifted and hear the offer."""
    return waiting.tell("""
        claimed o1 d1      | ring o1
        claimed o2 d2      | ring o2
        claimed o3 d3      | ring o3
        o1 ready
        o2 ready
    """)


def test_the_first_accept_wins_and_the_others_are_told_so(three: Story) -> None:
    three.tell("""
        o2 keys 1          | farewell o1, hang up o3, stop, bridge o2
        o2 bridged         | stop
        o1 keys 1          |
        o1 ends 16         | release o1
        o3 ends 16         | release o3
    """)
    ends = {str(end["offer"]): (end["result"], end.get("reason")) for end in three.wrote("offer.ended")}
    assert ends == {"o1": ("withdrawn", "taken"), "o3": ("withdrawn", "taken"), "o2": ("accepted", None)}
    hang_ups = [command for command in three.commands if isinstance(command, do.HangUp)]
    assert [(command.channel, command.taken) for command in hang_ups] == [("o1", True), ("o3", True)]


def test_two_doctors_who_press_one_at_the_same_moment_do_not_both_answer(three: Story) -> None:
    three.tell("o1 keys 1\n o2 keys 1")
    bridges = [command for command in three.commands if isinstance(command, do.BridgeLegs)]
    assert [command.offer for command in bridges] == ["o1"]
    assert three.call.offers == ()


def test_a_no_of_one_leaves_the_others_ringing_and_looks_for_another(three: Story) -> None:
    three.tell("o1 keys 2")
    assert any(isinstance(command, do.FindDoctor) for command in three.commands)
    assert [item.offer for item in three.call.offers] == ["o2", "o3"]
    three.tell("claimed o4 d1  | release o4, find")  # a no is final, also for a claim that was on its way


def test_who_is_taken_off_the_call_keeps_the_place_among_the_idle(three: Story) -> None:
    three.tell("o2 keys 1\n o1 ends 16\n o3 ends 16")
    releases = [command for command in three.commands if isinstance(command, do.Release)]
    assert [(command.offer, command.keep_place) for command in releases] == [("o1", True), ("o3", True)]


def test_a_claim_that_comes_after_the_accept_is_given_back_unrung(three: Story) -> None:
    three.tell("o1 keys 1\n claimed o5 d5 | release o5")
    release = three.commands[-1]
    assert isinstance(release, do.Release)
    assert release.keep_place


def test_a_caller_who_hangs_up_stops_every_phone(three: Story) -> None:
    three.tell("P ends 16  | stop, farewell o1, farewell o2, hang up o3")


def test_a_bridge_that_fails_puts_the_call_back_into_the_search(three: Story) -> None:
    three.tell("o1 keys 1\n o1 unbridgeable")
    assert three.call.wants_a_doctor
    assert any(isinstance(command, do.FindDoctor) for command in three.commands[-6:])


def test_a_phone_that_did_not_answer_is_remembered_so_that_the_second_is_tried(waiting: Story) -> None:
    waiting.tell("claimed o1 d1\n o1 ends 19")
    assert waiting.call.search is not None
    assert waiting.call.search.tried_phones == ("d1-phone",)
    [release] = [command for command in waiting.commands if isinstance(command, do.Release)]
    assert (release.result, release.keep_place) == ("no_answer", False)
