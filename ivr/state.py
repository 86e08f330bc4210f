"""PURE: everything known of one live call. Frozen, round-trips through JSON (ivr/store.py), outlives the controller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from flows.state import FlowState

# A doctor's leg: its phone rings; the offer is being heard; accepted and being bridged; talking; keying the outcome
# or resting; on its way out (declined, withdrawn, done).
Stage = Literal["ringing", "offered", "accepted", "bridged", "wrap_up", "leaving"]


@dataclass(frozen=True)
class Wait:
    """What a leg was asked to do last. `seq` names it on the wire, so an answer to an older one is recognised.

    `seconds` is the time for the first key after the prompts, or the longest message of a recording. A service is asked
    by ourselves; the leg hears nothing for that moment.
    """

    seq: int
    kind: Literal["ask", "play", "dial", "record", "service"]
    prompts: tuple[str, ...] = ()
    max_digits: int = 0
    seconds: float = 0.0
    music: bool = False
    target: str = ""
    service: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Leg:
    """One telephone. `channel` is Asterisk's unique id; a doctor's leg is originated with our own leg id as such.

    `name` is Asterisk's name for a patient's channel (PJSIP/trunk-0000002a), which one command needs.
    """

    id: str
    channel: str
    flow: FlowState | None = None
    wait: Wait | None = None
    seq: int = 0
    music_on: bool = False
    hung_up_by_us: bool = False
    name: str = ""


@dataclass(frozen=True)
class DoctorLeg:
    """An offer and the leg it is made on."""

    offer: str
    doctor: str
    phone: str
    leg: Leg
    stage: Stage = "ringing"
    outcome: str = ""
    gone: bool = False  # the channel is hung up


@dataclass(frozen=True)
class Search:
    """The search for a doctor. `tried` maps a doctor who did not answer to when that was."""

    category: str
    since: datetime
    priority: str = ""
    skills: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    tried: dict[str, datetime] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True)
class Call:
    """One patient's call, from the first ring to the doctor's last key.

    `numbers` are what the service line dials for transfers, by target; `transfer` is the target dialled last.
    """

    id: str
    linkedid: str
    line: str
    dialled: str
    caller: str | None
    ambulance_number: str
    language: str
    arrived_at: datetime
    patient: Leg
    patient_gone: bool = False
    search: Search | None = None
    doctors: tuple[DoctorLeg, ...] = ()
    numbers: dict[str, str] = field(default_factory=dict)
    transfer: str = ""
    transferred: bool = False
    bridged_once: bool = False
    ambulance_reached: bool = False
    callback_requested: bool = False
    over: bool = False

    @property
    def offer(self) -> DoctorLeg | None:
        """The offer that is open or accepted; at most one at a time."""
        return next((item for item in self.doctors if item.stage in _LIVE_STAGES), None)

    @property
    def wants_a_doctor(self) -> bool:
        return self.is_searching and not self.patient_gone and self.offer is None

    @property
    def is_searching(self) -> bool:
        return self.search is not None and self.search.active

    def doctor_on(self, channel: str) -> DoctorLeg | None:
        return next((item for item in self.doctors if item.leg.channel == channel), None)


_LIVE_STAGES = ("ringing", "offered", "accepted", "bridged")
