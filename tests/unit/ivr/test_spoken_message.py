"""A message is spoken by telephone: a machine hears nothing personal, and what was heard is on record once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.frozen import replace
from ivr import commands as do
from ivr.lines import Line
from ivr.performer import _seconds_of
from ivr.spoken_calls import call_for, flow_for
from ivr.state import Leg
from messaging.spoken import Waiting
from tests.unit.ivr.conftest import FLOWS, NOW, Story

LINE = Line("line-104", "104", "smallest", "hi", "108")
SOUND = "recording:/data/spoken/M"


def begun(template: str = "advice_slip") -> Story:
    """A call that is made for message M."""
    message = Waiting("M", "+917552661234", "hi", template, NOW - timedelta(hours=1), 0, None, None, "M", "line-104")
    flow = FLOWS[flow_for(message)]
    call = call_for(message, "call-1", LINE, flow, "hi", Path("/data/spoken/M"), NOW)
    return Story(replace(call, patient=Leg("P", "P", call.patient.flow))).tell("begun | ring the patient P")


def speaking(template: str = "advice_slip") -> Story:
    """… and it rings."""
    return begun(template).tell("P rings")


def told(story: Story) -> list[str]:
    return [each.outcome for each in story.commands if isinstance(each, do.TellMessage)]


def test_who_presses_one_hears_the_message_and_hears_it_again() -> None:
    story = speaking().tell(
        f"""
        P ready      | P asks message.private
        P keys 1     | M: begun, P hears message.begins+{SOUND}
        P played     | M: heard, P asks message.again
        P keys 1     | P hears message.once_more+{SOUND}
        P played     | P asks message.again
        P keys 1     | P hears message.once_more+{SOUND}
        P played     | P hears message.goodbye
        P played     | hang up P
        P ends 16    | finish
        """
    )
    assert told(story) == ["begun", "heard"]
    assert story.wrote("call.ended")[0]["result"] == "informed"
    assert story.wrote("call.arrived")[0]["callback"] == "M"


def test_a_machine_hears_nothing_personal() -> None:
    story = speaking().tell(
        """
        P ready      | P asks message.private
        P silent     | P asks message.private
        P silent     | P asks message.private
        P silent     | P hears message.not_confirmed
        P played     | hang up P
        P ends 16    | M: unconfirmed, finish
        """
    )
    assert SOUND not in str(story.commands)
    assert story.wrote("call.ended")[0]["result"] == "unconfirmed"


def test_what_anybody_may_hear_is_spoken_at_once() -> None:
    speaking("test_message").tell(
        f"""
        P ready      | M: begun, P hears message.begins+{SOUND}
        P played     | M: heard, P asks message.again
        P silent     | P hears message.once_more+{SOUND}
        P played     | P hears message.goodbye
        P ends 16    | finish
        """
    )


def test_who_puts_the_phone_down_in_the_middle_has_not_heard_it() -> None:
    story = speaking().tell("P ready\n P keys 1\n P ends 16 | M: broken_off, finish")
    assert told(story) == ["begun", "broken_off"]


@pytest.mark.parametrize(
    ("cause", "outcome"), [(17, "busy"), (19, "no_answer"), (21, "no_answer"), (1, "no_answer"), (16, "no_answer")]
)
def test_a_phone_that_nobody_lifts(cause: int, outcome: str) -> None:
    speaking().tell(f"P ends {cause} | M: {outcome}, finish")


def test_whoever_needs_the_ambulance_instead_gets_it_and_the_message_later() -> None:
    story = speaking().tell("P ready\n P keys 8\n P keys 1 | stop, P dials 108: ambulance.connecting")
    story.tell("P dialled ANSWER 60\n P ends 16 | M: broken_off, finish")
    assert story.wrote("call.ended")[0]["result"] == "ambulance"


def test_a_phone_lifted_while_nobody_listened_is_asked() -> None:
    speaking().tell("survey ours=P | P asks message.private")


def test_a_message_goes_on_after_the_controllers_death() -> None:
    speaking().tell("P ready\n P keys 1\n survey ours=P | probe P\n P played | M: heard, P asks message.again")


def test_a_call_that_was_lost_with_the_controller_is_a_try() -> None:
    assert told(speaking().tell("survey")) == ["no_answer"]
    assert told(speaking().tell("P ready\n P keys 1\n survey")) == ["begun", "broken_off"]
    assert told(speaking().tell("P ready\n P keys 1\n P played\n survey")) == ["begun", "heard"]


def test_a_long_message_is_not_cut_off_by_the_dialplans_patience(tmp_path: Path) -> None:
    (tmp_path / "M.alaw").write_bytes(bytes(40 * 8000))
    assert _seconds_of(f"recording:{tmp_path}/M") == 40.0
    assert _seconds_of(f"recording:{tmp_path}/gone") == _seconds_of("unknown.prompt") == 15.0
