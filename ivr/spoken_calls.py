"""PURE: the call that is made to speak a message, before anything has happened in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from config.ids import new_id
from flows import engine
from flows.definition import Flow
from ivr.consultation.message import ASKING, SPEAKING
from ivr.lines import Line
from ivr.speaking import RECORDING
from ivr.state import Call, Leg
from messaging.spoken import Waiting


def flow_for(message: Waiting) -> str:
    """The flow that whoever lifts hears first."""
    return ASKING if message.private else SPEAKING


def call_for(message: Waiting, call_id: str, line: Line, flow: Flow, language: str, sound: Path, at: datetime) -> Call:
    """The call `call_id`; `sound` is the message's file without its ending, `language` that of the words around it."""
    leg_id = new_id("leg")
    answers = {"language": language, "withheld": "no", "line": line.id}
    begun = engine.begin(flow, {"message": (f"{RECORDING}{sound}",)}, sms_possible=False, answers=answers)
    return Call(
        id=call_id,
        linkedid=leg_id,
        line=line.id,
        dialled=line.dialled_number,
        caller=message.number,
        ambulance_number=line.ambulance_number,
        language=language,
        numbers=dict(line.numbers),
        arrived_at=at,
        patient=Leg(leg_id, leg_id, begun),
        direction="out",
        reach="to_ring",
        message=message.id,
        then=SPEAKING if message.private else "",
    )
