"""PURE: which channel belongs to which telephone's call, and which record to both."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cli.soak.views import CallOnRecord, Channel, OfferOnRecord, PhoneLeg, Run, Stay

# Between a telephone's first event of a call and the channel's in the helpline, on a busy machine.
_BIRTHS_APART = 6.0


@dataclass(frozen=True)
class Talk:
    """A telephone in a bridge with the patient, or with a doctor of the same call."""

    number: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def same_number(one: str, other: str) -> bool:
    """Operators write a number with or without its country."""
    return one[-10:] == other[-10:]


class Matched:
    """The views of one run, put side by side."""

    def __init__(self, run: Run) -> None:
        self._channels: dict[int, Channel] = {}  # by the id() of a leg
        self._legs: dict[str, PhoneLeg] = {}  # by the id of a channel
        self._calls: dict[str, CallOnRecord] = {}
        self._offers: dict[str, OfferOnRecord] = {}
        self._end = max((leg.ended for leg in run.legs), default=0.0)
        self._match(run)
        for call in run.records.calls:
            self._calls.update(dict.fromkeys(call.channels, call))
            self._offers.update({offer.channel: offer for offer in call.offers})
        self._stays: dict[str, list[Stay]] = defaultdict(list)
        self._in_bridge: dict[str, list[Stay]] = defaultdict(list)
        for stay in run.seen.stays:
            self._stays[stay.channel].append(stay)
            self._in_bridge[stay.bridge].append(stay)

    def _match(self, run: Run) -> None:
        """Legs and channels of one number and direction belong together in the order in which they began."""
        free = sorted(run.seen.channels.values(), key=lambda channel: channel.born)
        for leg in sorted(run.legs, key=lambda leg: leg.began):
            fitting = (
                channel
                for channel in free
                if channel.incoming != leg.incoming
                and same_number(channel.number, leg.number)
                and abs(channel.born - leg.began) < _BIRTHS_APART
            )
            nearest = min(fitting, key=lambda channel: abs(channel.born - leg.began), default=None)
            if nearest is not None:
                free.remove(nearest)
                self._channels[id(leg)] = nearest
                self._legs[nearest.id] = leg

    def channel_of(self, leg: PhoneLeg) -> Channel | None:
        return self._channels.get(id(leg))

    def leg_in(self, stay: Stay) -> PhoneLeg | None:
        return self._legs.get(stay.channel)

    def call_of_channel(self, channel: str) -> CallOnRecord | None:
        return self._calls.get(channel)

    def call_of_leg(self, leg: PhoneLeg) -> CallOnRecord | None:
        channel = self.channel_of(leg)
        return self._calls.get(channel.id) if channel else None

    def offer_of_leg(self, leg: PhoneLeg) -> OfferOnRecord | None:
        channel = self.channel_of(leg)
        return self._offers.get(channel.id) if channel else None

    def talks(self, call: CallOnRecord) -> list[Talk]:
        """When telephones of the call were in a bridge together with another one of it."""
        found = []
        for channel in call.channels:
            for stay in self._stays[channel]:
                others = [x for x in self._in_bridge[stay.bridge] if x is not stay and x.channel != channel]
                start = max(stay.entered, min((x.entered for x in others), default=self._end))
                end = min(self._until(stay), max((self._until(x) for x in others), default=start))
                leg = self._legs.get(channel)
                if others and leg is not None and end >= start:
                    found.append(Talk(leg.number, start, end))
        return found

    def is_bridged(self, leg: PhoneLeg, start: float, end: float) -> bool:
        """Whether the telephone was in one bridge for all of this time."""
        channel = self.channel_of(leg)
        stays = self._stays[channel.id] if channel else []
        return any(stay.entered <= start and self._until(stay) >= end for stay in stays)

    def talked_with(self, leg: PhoneLeg) -> list[PhoneLeg]:
        """Everybody with whom this telephone was in a bridge."""
        channel = self.channel_of(leg)
        bridges = [stay.bridge for stay in self._stays[channel.id]] if channel else []
        there = {stay.channel for bridge in bridges for stay in self._in_bridge[bridge]}
        return [self._legs[one] for one in there if one in self._legs and self._legs[one] is not leg]

    def _until(self, stay: Stay) -> float:
        return self._end if stay.left is None else stay.left
