"""PURE: one decision in the making, which the parts of this package hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from config.frozen import replace
from ivr import commands as do
from ivr.consultation.rules import Rules
from ivr.state import Call, DoctorLeg, Leg


@dataclass
class Draft:
    """The call as it changes, and the commands ordered so far. `at` is the event's moment."""

    call: Call
    at: datetime
    rules: Rules
    commands: list[do.Command] = field(default_factory=list)

    def order(self, *commands: do.Command) -> None:
        self.commands.extend(commands)

    def write(self, kind: str, /, **data: object) -> None:
        """Order an entry for the journal."""
        self.order(do.Write(kind, data))

    def doctor(self, offer: str) -> DoctorLeg:
        """The doctor's leg as it is now."""
        return next(item for item in self.call.doctors if item.offer == offer)

    def put(self, item: DoctorLeg) -> None:
        """Put a doctor's leg in the place of the one with the same offer."""
        doctors = tuple(item if other.offer == item.offer else other for other in self.call.doctors)
        self.call = replace(self.call, doctors=doctors)

    def leg_on(self, channel: str) -> Leg | None:
        """The leg on a channel; None when it has ended or is none of this call."""
        if self.is_patient(channel):
            return None if self.call.patient_gone else self.call.patient
        third = self.call.third
        if third is not None and channel == third.leg.channel:
            return None if third.gone else third.leg
        item = self.call.doctor_on(channel)
        return None if item is None or item.gone else item.leg

    def put_leg(self, leg: Leg) -> None:
        """Put a leg in the place of the one on the same channel."""
        if self.is_patient(leg.channel):
            self.call = replace(self.call, patient=leg)
        elif (item := self.call.doctor_on(leg.channel)) is not None:
            self.put(replace(item, leg=leg))

    def is_patient(self, channel: str) -> bool:
        return channel == self.call.patient.channel

    @property
    def is_being_bridged(self) -> bool:
        """A doctor has pressed 1: for these milliseconds the patient can neither leave nor choose anything else.

        Should the bridge fail, the patient is asked again.
        """
        offer = self.call.offer
        return self.call.aside is None and offer is not None and offer.stage == "accepted"

    @property
    def partner(self) -> str:
        """The channel that a doctor who accepts is joined with: the patient, or the colleague who asks."""
        aside = self.call.aside
        return self.call.patient.channel if aside is None else self.doctor(aside.by).leg.channel
