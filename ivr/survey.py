"""PURE: what one CoreShowChannels listing says about our calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.events import Surveyed
from ivr.state import Call
from ivr.translation import (
    DOCTOR_CONTEXT,
    DOWN_CONTEXT,
    PATIENT_CONTEXT,
    ROOM_EXTENSION,
    THIRD_CONTEXT,
    Arrival,
    arrival_in_listing,
)

_UP = "6"


@dataclass(frozen=True)
class Survey:
    """Channels by unique id.

    All; those answered in our contexts outside a bridge; those in a bridge; those the dialplan serves itself; those in
    a room of three.
    """

    present: frozenset[str]
    ours: frozenset[str]
    bridged: frozenset[str]
    taken: frozenset[str]
    room: frozenset[str]
    callers: tuple[Arrival, ...]

    def of(self, call: Call, known: frozenset[str], at: datetime) -> Surveyed:
        """What it says of one call; a channel that is not among the `known` was too young to be listed and is there."""
        channels = call.channels
        return Surveyed(
            at,
            present=frozenset(channels & self.present | channels - known),
            ours=frozenset(channels & self.ours & known),
            bridged=frozenset(channels & self.bridged),
            taken=frozenset(channels & self.taken),
            room=frozenset(channels & self.room),
        )

    def strangers(self, known: frozenset[str]) -> list[Arrival]:
        """Patients who stand in AGI and belong to no call we know."""
        return [arrival for arrival in self.callers if arrival.channel not in known]


def survey_of(rows: Sequence[Mapping[str, str]]) -> Survey:
    """A listing's rows, read."""
    bridged = {row["Uniqueid"] for row in rows if row.get("BridgeId")}
    ours = {
        row["Uniqueid"]
        for row in rows
        if row.get("Context") in (PATIENT_CONTEXT, DOCTOR_CONTEXT, THIRD_CONTEXT) and row.get("ChannelState") == _UP
    } - bridged
    callers = [row for row in rows if row["Uniqueid"] in ours and row["Context"] == PATIENT_CONTEXT]
    return Survey(
        present=frozenset(row["Uniqueid"] for row in rows),
        ours=frozenset(ours),
        bridged=frozenset(bridged),
        taken=frozenset(row["Uniqueid"] for row in rows if row.get("Context") == DOWN_CONTEXT),
        room=frozenset(row["Uniqueid"] for row in rows if row.get("Exten") == ROOM_EXTENSION),
        callers=tuple(arrival_in_listing(row) for row in callers),
    )
