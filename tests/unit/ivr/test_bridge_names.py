"""AMI's Bridge takes the first channel whose id begins with what it is given; a patient's must be named in full."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ivr import commands as do
from ivr.ami.connection import AmiConnection
from ivr.events import BridgeMade, Event
from ivr.performer import Performer
from ivr.state import Call, Leg
from ivr.survey import survey_of
from ivr.translation import arrival_of


class FakeAmi:
    """Takes every action and answers with success."""

    def __init__(self) -> None:
        self.actions: list[tuple[str, Mapping[str, Any]]] = []

    def tell(self, action: str, headers: Mapping[str, Any]) -> None:
        self.actions.append((action, headers))

    async def action(self, action: str, headers: Mapping[str, Any], timeout: float = 5.0) -> Mapping[str, str]:
        self.actions.append((action, headers))
        return {"Response": "Success"}


def test_a_patient_is_bridged_by_name_because_a_unique_id_may_be_the_beginning_of_anothers() -> None:
    ami, events = FakeAmi(), list[Event]()
    call = Call(
        id="call-1",
        linkedid="1795296705.1",
        line="line-1",
        dialled="104",
        caller=None,
        ambulance_number="108",
        language="hi",
        arrived_at=datetime(2026, 5, 1, tzinfo=UTC),
        patient=Leg("leg-1", "1795296705.1", name="PJSIP/trunk-00000001"),
    )

    async def bridge() -> None:
        told = asyncio.Event()

        def emit(_call: str, event: Event) -> None:
            events.append(event)
            told.set()

        performer = Performer(cast(AmiConnection, ami), emit, {}, 20, lambda _channel: True, Path("recordings"))
        performer.perform(call, do.BridgeLegs("offer-1", "1795296705.1", "leg-2"))
        await asyncio.wait_for(told.wait(), 2)

    asyncio.run(bridge())
    [headers] = [headers for action, headers in ami.actions if action == "Bridge"]
    assert (headers["Channel1"], headers["Channel2"]) == ("PJSIP/trunk-00000001", "leg-2")
    assert isinstance(events[0], BridgeMade)
    assert {h["Channel"] for action, h in ami.actions if action == "Setvar"} == {"1795296705.1", "leg-2"}


def test_the_name_of_a_channel_is_learned_when_it_arrives_and_when_it_is_found_in_a_listing() -> None:
    event = {"Uniqueid": "1.1", "Context": "caller", "Exten": "104", "Channel": "PJSIP/trunk-00000001", "Env": ""}
    assert arrival_of(event).name == "PJSIP/trunk-00000001"
    [found] = survey_of([{**event, "ChannelState": "6"}]).callers
    assert found.name == "PJSIP/trunk-00000001"
