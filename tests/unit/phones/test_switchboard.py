"""What the exchange's events mean for a leg, in whatever order a busy machine delivers them."""

from __future__ import annotations

import pytest

from phones.leg import Leg
from phones.switchboard import Switchboard


@pytest.fixture
def leg() -> Leg:
    return Leg("+919876543210", "104", incoming=False)


@pytest.fixture
def switchboard(leg: Leg) -> Switchboard:
    board = Switchboard("127.0.0.1:5060", lambda: None, lambda leg: None)
    board._by_id[leg.id] = board._by_channel_id[leg.id] = leg
    return board


def tell(board: Switchboard, leg: Leg, name: str, **headers: str) -> None:
    board._event({"Event": name, "Uniqueid": leg.id, **headers})


def test_a_call_whose_success_overtakes_its_channel_goes_on(switchboard: Switchboard, leg: Leg) -> None:
    tell(switchboard, leg, "OriginateResponse", Response="Success")
    tell(switchboard, leg, "Newchannel", Channel="PJSIP/helpline-1")
    assert leg.end_cause is None
    assert leg.channel == "PJSIP/helpline-1"
    tell(switchboard, leg, "Hangup", Cause="16")
    assert leg.end_cause is not None
    assert leg.end_cause.code == 16


def test_a_call_that_never_got_a_channel_has_ended(switchboard: Switchboard, leg: Leg) -> None:
    tell(switchboard, leg, "OriginateResponse", Response="Failure")
    assert leg.end_cause is not None


def test_why_a_call_was_refused_is_told_by_its_hangup(switchboard: Switchboard, leg: Leg) -> None:
    tell(switchboard, leg, "Newchannel", Channel="PJSIP/helpline-1")
    tell(switchboard, leg, "OriginateResponse", Response="Failure")
    assert leg.end_cause is None
    tell(switchboard, leg, "Hangup", Cause="17")
    assert leg.end_cause is not None
    assert leg.end_cause.code == 17
