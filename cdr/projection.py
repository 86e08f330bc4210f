"""From a call's journal to its record. Pure, and forgiving: a journal may lack its end, and a record is owed anyway.

An entry of an unknown kind, or one that speaks of an offer or leg nobody heard of, spoils nothing. Durations are
milliseconds and never negative, whatever two machines' clocks say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cdr import events
from cdr.events import JournalEntry


@dataclass(frozen=True)
class CallSummary:
    """A row of table `call`, column by column."""

    id: str
    arrived_at: datetime
    linkedid: str = ""
    service_line_id: str | None = None
    dialled: str = ""
    caller_number: str | None = None
    flow: str = ""
    flow_version: str = ""
    language: str = "hi"
    category: str | None = None
    age_value: int | None = None
    age_unit: str | None = None
    patient_id: str | None = None
    doctor_id: str | None = None
    district: str | None = None
    state: str | None = None
    sought_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    talks: int = 0
    disposition: str | None = None
    callback_id: str | None = None
    priority: str | None = None
    result: str | None = None
    ended_by: str | None = None
    hangup_cause: int | None = None
    hangup_text: str | None = None


@dataclass(frozen=True)
class LegSummary:
    """A row of table `leg`."""

    id: str
    call_id: str
    role: str
    started_at: datetime
    channel: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    cause_text: str | None = None


@dataclass(frozen=True)
class OfferSummary:
    """A row of table `offer`."""

    id: str
    call_id: str
    doctor_id: str
    offered_at: datetime
    phone_id: str | None = None
    leg_id: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None
    cause: int | None = None
    kind: str = "call"


@dataclass(frozen=True)
class CallRecord:
    """What became of one call, its legs and its offers, in the order they began."""

    call: CallSummary
    legs: tuple[LegSummary, ...]
    offers: tuple[OfferSummary, ...]


def project(entries: Iterable[JournalEntry]) -> CallRecord | None:
    """The record of the call whose entries these are, in the journal's order; None where there are none."""
    in_order = list(entries)
    if not in_order:
        return None
    projection = Projection(in_order[0])
    for entry in in_order[1:]:
        projection.tell(entry)
    return projection.record()


class Projection:
    """A record that grows with its journal. `record()` may be asked for after every entry, and changes nothing."""

    def __init__(self, first: JournalEntry) -> None:
        self._draft = _Draft(first.call_id, first.at)
        self.tell(first)

    def tell(self, entry: JournalEntry) -> None:
        """The next entry of the same call."""
        tell = _TELLS.get(entry.kind)
        if tell is not None:
            tell(self._draft, entry.at, entry.data)

    def record(self) -> CallRecord:
        """What became of the call so far."""
        return self._draft.record()


_Parts = dict[str, dict[str, Any]]


@dataclass
class _Draft:
    """What is known so far."""

    call_id: str
    arrived_at: datetime
    call: dict[str, Any] = field(default_factory=dict)
    legs: dict[str, dict[str, Any]] = field(default_factory=dict)
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    talking: set[str] = field(default_factory=set)  # the offers whose doctors are with the patient
    met: set[str] = field(default_factory=set)  # the offers whose doctors the patient has talked with
    talking_since: datetime | None = None
    talked: timedelta = timedelta()

    def first(self, key: str, value: Any) -> None:
        """A fact that the first telling settles."""
        if self.call.get(key) is None:
            self.call[key] = value

    def leg(self, id: str, at: datetime) -> dict[str, Any]:
        """The leg of this id; one whose start was not written began, as far as we know, with its first mention."""
        role = "doctor" if any(offer.get("leg_id") == id for offer in self.offers.values()) else "patient"
        return self.legs.setdefault(id, {"started_at": at, "role": role})

    def stop_talking(self, at: datetime) -> None:
        if self.talking_since is not None:
            self.talked += max(at - self.talking_since, timedelta())
            self.talking_since = None

    def record(self) -> CallRecord:
        call, legs, offers = self.call, self.legs, self.offers
        if call.get("result") == "lost":
            legs, offers = self._with_what_was_lost_closed(call.get("ended_at"))
        values = {
            "id": self.call_id,
            "arrived_at": self.arrived_at,
            "wait_ms": self._wait(),
            **call,
            "talks": len(self.met),
        }
        if (talk := self._talk()) is not None:
            values["talk_ms"] = talk
        return CallRecord(
            CallSummary(**values),
            tuple(LegSummary(id=id, call_id=self.call_id, **leg) for id, leg in legs.items()),
            tuple(OfferSummary(id=id, call_id=self.call_id, **offer) for id, offer in offers.items()),
        )

    def _wait(self) -> int | None:
        sought_at = self.call.get("sought_at")
        until = self.call.get("bridged_at") or self.call.get("ended_at")
        return None if sought_at is None or until is None else _milliseconds(until - sought_at)

    def _talk(self) -> int | None:
        """None while they talk, and where they never did. The end of a call ends its talk, too."""
        if self.call.get("bridged_at") is None:
            return None
        if self.talking_since is None:
            return _milliseconds(self.talked)
        ended_at = self.call.get("ended_at")
        if ended_at is None:
            return None
        return _milliseconds(self.talked + max(ended_at - self.talking_since, timedelta()))

    def _with_what_was_lost_closed(self, at: datetime | None) -> tuple[_Parts, _Parts]:
        # Nobody saw the ends: a successor found the call gone, and wrote only that.
        legs = {id: {"ended_at": at, **leg} for id, leg in self.legs.items()}
        lost = {"result": "lost", "ended_at": at}
        offers = {id: offer | lost if offer.get("result") is None else offer for id, offer in self.offers.items()}
        return legs, offers


def _milliseconds(duration: timedelta) -> int:
    return max(0, round(duration / timedelta(milliseconds=1)))


Data = Mapping[str, Any]


def _arrived(draft: _Draft, at: datetime, data: Data) -> None:
    draft.first("arrived_at", at)
    known = ("linkedid", "dialled", "flow", "flow_version", "language")
    draft.call.update({key: data[key] for key in known if data.get(key) is not None})
    draft.call.update(service_line_id=data.get("line"), caller_number=data.get("caller"))
    draft.call["callback_id"] = data.get("callback")


def _answer_given(draft: _Draft, at: datetime, data: Data) -> None:
    if data.get("name") == "age" and isinstance(data.get("value"), int):
        draft.call.update(age_value=data["value"], age_unit=data.get("unit", "years"))
    elif data.get("name") == "category":
        draft.call["category"] = data.get("value")


def _answer_forgotten(draft: _Draft, at: datetime, data: Data) -> None:
    # One call may be about several patients: an age must not stay with the next of them.
    if data.get("name") == "age":
        draft.call.update(age_value=None, age_unit=None)
    elif data.get("name") == "patient":
        draft.call["patient_id"] = None


def _seek_started(draft: _Draft, at: datetime, data: Data) -> None:
    draft.first("sought_at", at)
    draft.call["category"] = data.get("category", draft.call.get("category"))
    draft.call["priority"] = data.get("priority") or draft.call.get("priority")


def _offered(draft: _Draft, at: datetime, data: Data) -> None:
    draft.offers[str(data.get("offer"))] = {
        "doctor_id": str(data.get("doctor", "")),
        "phone_id": data.get("phone"),
        "leg_id": data.get("leg"),
        "kind": data.get("kind", "call"),
        "offered_at": at,
    }


def _offer_answered(draft: _Draft, at: datetime, data: Data) -> None:
    if offer := draft.offers.get(str(data.get("offer"))):
        offer.setdefault("answered_at", at)


def _accepted(draft: _Draft, at: datetime, data: Data) -> None:
    if offer := draft.offers.get(str(data.get("offer"))):
        offer.update(result="accepted", ended_at=at)


def _offer_ended(draft: _Draft, at: datetime, data: Data) -> None:
    if offer := draft.offers.get(str(data.get("offer"))):
        offer.update(result=data.get("result"), ended_at=at, cause=data.get("cause"))


def _bridged(draft: _Draft, at: datetime, data: Data) -> None:
    draft.talking.add(str(data.get("offer")))
    draft.met.add(str(data.get("offer")))
    draft.talking_since = draft.talking_since or at
    draft.first("bridged_at", at)
    offer = draft.offers.get(str(data.get("offer")), {})
    draft.call["doctor_id"] = data.get("doctor") or offer.get("doctor_id")


def _unbridged(draft: _Draft, at: datetime, data: Data) -> None:
    """One doctor is out of the talk: another may still be in it."""
    draft.talking.discard(str(data.get("offer")))
    if not draft.talking:
        draft.stop_talking(at)


def _disposed(draft: _Draft, at: datetime, data: Data) -> None:
    draft.call["disposition"] = data.get("outcome")


def _leg_started(draft: _Draft, at: datetime, data: Data) -> None:
    leg = draft.leg(str(data.get("leg")), at)
    leg.update(started_at=at, channel=data.get("channel", ""), role=data.get("role", leg["role"]))


def _leg_answered(draft: _Draft, at: datetime, data: Data) -> None:
    draft.leg(str(data.get("leg")), at).setdefault("answered_at", at)


def _leg_ended(draft: _Draft, at: datetime, data: Data) -> None:
    leg = draft.leg(str(data.get("leg")), at)
    leg.update(ended_at=at, cause=data.get("cause"), cause_text=data.get("cause_text"))


def _patient_identified(draft: _Draft, at: datetime, data: Data) -> None:
    draft.call["patient_id"] = data.get("patient")


def _language_chosen(draft: _Draft, at: datetime, data: Data) -> None:
    draft.call["language"] = data.get("language", draft.call.get("language", "hi"))


def _place_given(draft: _Draft, at: datetime, data: Data) -> None:
    draft.call.update(district=data.get("district"), state=data.get("state"))


def _dialled_back(draft: _Draft, at: datetime, data: Data) -> None:
    """The patient is rung again: the call has not ended after all."""
    for column in ("ended_at", "result", "ended_by", "hangup_cause", "hangup_text"):
        draft.call.pop(column, None)


def _clock_set(draft: _Draft, at: datetime, data: Data) -> None:
    # What began before is as long ago as it was.
    by = timedelta(seconds=float(data.get("seconds") or 0))
    if draft.talking_since is not None:
        draft.talking_since += by


def _ended(draft: _Draft, at: datetime, data: Data) -> None:
    if draft.call.get("ended_at") is not None:
        return  # a successor that found the call gone may report an end that had been written already
    draft.call.update(
        ended_at=at,
        result=data.get("result"),
        ended_by=data.get("by"),
        hangup_cause=data.get("cause"),
        hangup_text=data.get("cause_text"),
    )


_TELLS: Mapping[str, Callable[[_Draft, datetime, Data], None]] = {
    events.CALL_ARRIVED: _arrived,
    events.ANSWER_GIVEN: _answer_given,
    events.ANSWER_FORGOTTEN: _answer_forgotten,
    events.CLOCK_SET: _clock_set,
    events.SEEK_STARTED: _seek_started,
    events.DOCTOR_OFFERED: _offered,
    events.DOCTOR_ANSWERED: _offer_answered,
    events.DOCTOR_ACCEPTED: _accepted,
    events.OFFER_ENDED: _offer_ended,
    events.CALL_BRIDGED: _bridged,
    events.CALL_UNBRIDGED: _unbridged,
    events.TALK_DIALLED_BACK: _dialled_back,
    events.DISPOSITION: _disposed,
    events.LEG_STARTED: _leg_started,
    events.LEG_ANSWERED: _leg_answered,
    events.LEG_ENDED: _leg_ended,
    events.LANGUAGE_CHOSEN: _language_chosen,
    events.PLACE_GIVEN: _place_given,
    events.PATIENT_IDENTIFIED: _patient_identified,
    events.CALL_ENDED: _ended,
}
