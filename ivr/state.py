"""PURE: everything known of one live call. Frozen, round-trips through JSON (ivr/store.py), outlives the controller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from flows.state import FlowState

# A doctor's leg: its phone rings; the offer is being heard; accepted and being bridged; talking; keying the outcome
# or resting; on its way out (declined, withdrawn, done). While a specialist is asked: aside with music; talking
# privately with the specialist; returning to the patient. Joined: one of three in the call's room.
# Reaching: accepted, while the patient's phone is rung; dismissed: hears that nobody was reached.
Stage = Literal[
    "ringing",
    "offered",
    "accepted",
    "bridged",
    "aside",
    "private",
    "returning",
    "joined",
    "wrap_up",
    "leaving",
    "reaching",
    "dismissed",
]
Level = Literal["general", "specialist", "super"]
# What a doctor is sought for: a caller, a colleague's question, a talk that is handed over, one that was cut off.
OfferKind = Literal["call", "specialist", "handed_over", "dial_back", "callback"]


@dataclass(frozen=True)
class Wait:
    """What a leg was asked to do last. `seq` names it on the wire, so an answer to an older one is recognised.

    `seconds` is the time for the first key after the prompts, or the longest message of a recording. A service is asked
    by ourselves; the leg hears nothing for that moment. With prompts and `music`, `seconds` are the whole and music
    fills what the prompts leave of it. One that is `passing` need not be saved: a successor may begin with an earlier.
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
    passing: bool = False


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
    kind: OfferKind = "call"
    result: str = ""  # what came of the offer, as in cdr/events.py
    bridged_at: datetime | None = None
    wrap_up_seconds: int | None = None  # the doctor's own; None: the deployment's
    back: bool = False  # stands here after the talk; why it is over is told by the patient's leg
    room: str = ""  # the control room whose telephone it is: whoever lifts hears for whom it rings


@dataclass(frozen=True)
class Search:
    """The search for a doctor. `tried` maps a doctor who did not answer to when that was; `tried_phones` are by id."""

    category: str
    since: datetime
    priority: str = ""
    skills: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    tried: dict[str, datetime] = field(default_factory=dict)
    active: bool = True
    level: Level = "general"
    kind: OfferKind = "call"
    preferred: str = ""  # the doctor to be offered it first, until `preferred_until`
    preferred_until: datetime | None = None
    tried_phones: tuple[str, ...] = ()
    gender: str = ""  # of the doctor whom the caller wishes for


@dataclass(frozen=True)
class Aside:
    """The patient hears music: the doctor of offer `by` has a specialist looked for since `since`, or talks to one.

    `say` is what that doctor hears before coming back to the patient.
    """

    by: str
    since: datetime
    say: tuple[str, ...] = ()


@dataclass(frozen=True)
class Third:
    """The ambulance, asked into a talk by the doctor of offer `by`."""

    leg: Leg
    by: str
    answered_at: datetime | None = None
    gone: bool = False


# How far an outgoing call has come to its patient: not rung yet (a doctor is sought first), ringing, asked to press 1
# (a voicemail does not). Empty: the patient is here, as whoever calls us is from the start.
Reach = Literal["", "to_ring", "ringing", "asked"]


@dataclass(frozen=True)
class Kept:
    """The place in the queue that a caller has from an open request to be called back.

    `skills` are those that its doctor must have, where it is we who call.
    """

    request: str
    since: datetime
    priority: str
    skills: tuple[str, ...] = ()


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
    direction: Literal["in", "out"] = "in"
    callback: str = ""  # the request that an outgoing call is made for
    callback_kind: str = ""
    reach: Reach = ""
    rang: bool = False  # the phone of an outgoing call's patient
    agreed: bool = False  # its patient has pressed 1
    unneeded: bool = False  # its patient has pressed 2: not needed any more
    then: str = ""  # the flow that an outgoing call goes on with, from its beginning
    message: str = ""  # what an outgoing call is to speak: the id of a row in the outbox
    message_heard: bool = False  # … to its end
    kept: Kept | None = None
    aside: Aside | None = None
    third: Third | None = None
    together: bool = False  # the talk is in the call's room, where three have place
    abused: bool = False  # a doctor has flagged the caller
    cut_off: bool = False  # the patient's phone was cut off
    left_for_ambulance: bool = False  # the patient, who was kept waiting by a doctor
    redialled: bool = False  # … and the doctor has had it rung again
    patient_back: bool = False  # stands here after the talk; why it is over is told by the doctor's leg

    @property
    def offer(self) -> DoctorLeg | None:
        """The offer that is accepted or talking, at most one; else the first of those that are open."""
        live = [item for item in self.doctors if item.stage in _LIVE_STAGES]
        return next((item for item in live if item.stage in _TAKEN_STAGES), live[0] if live else None)

    @property
    def offers(self) -> tuple[DoctorLeg, ...]:
        """Those that nobody has answered yet: several phones may ring for one call."""
        return tuple(item for item in self.doctors if item.stage in ("ringing", "offered"))

    @property
    def wants_a_doctor(self) -> bool:
        """Whether a further doctor may be rung: the search goes on until one has accepted."""
        taken = any(item.stage in _TAKEN_STAGES for item in self.doctors)
        return self.is_searching and not self.patient_gone and not taken

    @property
    def is_searching(self) -> bool:
        return self.search is not None and self.search.active

    @property
    def channels(self) -> frozenset[str]:
        """Of all its legs, also those that are hung up."""
        third = (self.third.leg.channel,) if self.third is not None else ()
        return frozenset((self.patient.channel, *(item.leg.channel for item in self.doctors), *third))

    @property
    def in_talk(self) -> tuple[DoctorLeg, ...]:
        """The doctors who talk with the patient now."""
        return tuple(item for item in self.doctors if item.stage in ("bridged", "joined"))

    @property
    def third_talks(self) -> bool:
        return self.third is not None and self.third.answered_at is not None and not self.third.gone

    def rings_or_talks(self, channel: str) -> bool:
        """Whether it is a leg we dialled that has not ended yet."""
        if self.third is not None and channel == self.third.leg.channel:
            return not self.third.gone
        item = self.doctor_on(channel)
        return item is not None and not item.gone

    def doctor_on(self, channel: str) -> DoctorLeg | None:
        return next((item for item in self.doctors if item.leg.channel == channel), None)


_TAKEN_STAGES = ("accepted", "bridged", "reaching")
_LIVE_STAGES = ("ringing", "offered", *_TAKEN_STAGES)
