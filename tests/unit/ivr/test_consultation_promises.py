"""Events of every kind in any order: a call never raises, never rings or bridges wrongly, and lets everybody go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import commands as do
from ivr import events as ev
from tests.unit.ivr.conftest import Story, new_call

DOCTORS = ("d1", "d2", "d3")
OFFERS = ("o1", "o2", "o3", "o4", "o5")
LEGS = ("P", *OFFERS)

legs = st.sampled_from(LEGS)
offers = st.sampled_from(OFFERS)
keys = st.sampled_from([*"0123456789*", "45", "121", "", None])
# How far behind the leg's last question an answer is: mostly it is the answer to it.
ages = st.sampled_from([0, 0, 0, 0, 1, 2])

Happening = Callable[[Story], ev.Event]


def seq(story: Story, leg: str, age: int) -> int:
    return max(0, story.seq(leg) - age)


def keyed(leg: str, digits: str | None, age: int) -> Happening:
    return lambda s: ev.KeysCollected(s.at, leg, seq(s, leg, age), digits)


def played(leg: str, age: int) -> Happening:
    return lambda s: ev.PlaybackEnded(s.at, leg, seq(s, leg, age))


def starred(leg: str, key: str) -> Happening:
    return lambda s: ev.DoctorKey(s.at, leg, key)


def third(story: Story, what: str) -> ev.Event:
    """Something happens to the ambulance's leg, if there is one."""
    channel = story.call.third.leg.channel if story.call.third is not None else "nobody"
    return ev.LegReady(story.at, channel) if what == "ready" else ev.LegEnded(story.at, channel, 16, "as told")


def dialled(status: str, age: int) -> Happening:
    return lambda s: ev.DialEnded(s.at, "P", seq(s, "P", age), status, 3)


def lost(leg: str, age: int) -> Happening:
    return lambda s: ev.WaitLost(s.at, leg, seq(s, leg, age))


def claimed(offer: str, doctor: str) -> Happening:
    return lambda s: ev.DoctorClaimed(s.at, offer, doctor, "phone", "+919800000001", offer)


def ended(leg: str, cause: int) -> Happening:
    return lambda s: ev.LegEnded(s.at, leg, cause, "as told")


def surveyed(places: tuple[str, ...]) -> Happening:
    def event(story: Story) -> ev.Event:
        def having(*wanted: str) -> frozenset[str]:
            return frozenset(leg for leg, place in zip(LEGS, places, strict=True) if place in wanted)

        present = having("rings", "ours", "bridged", "taken")
        return ev.Surveyed(story.at, present, having("ours"), having("bridged"), having("taken"))

    return event


MIDDLE: st.SearchStrategy[Happening] = st.one_of(
    st.builds(keyed, legs, keys, ages),
    st.builds(keyed, st.just("P"), keys, ages),
    st.builds(keyed, offers, st.sampled_from(["1", "1", "2", None]), ages),
    st.builds(played, legs, ages),
    st.builds(dialled, st.sampled_from(["ANSWER", "BUSY", "CONGESTION"]), ages),
    st.builds(lost, legs, ages),
    st.builds(claimed, offers, st.sampled_from(DOCTORS)),
    st.builds(
        surveyed, st.lists(st.sampled_from(["gone", "rings", "ours", "bridged", "taken"]), min_size=6, max_size=6)
    ),
    st.sampled_from(["nobody_on_duty", "all_busy"]).map(lambda reason: lambda s: ev.NobodyFree(s.at, reason)),
    legs.map(lambda leg: lambda s: ev.LegReady(s.at, leg)),
    legs.map(lambda leg: lambda s: ev.LegRinging(s.at, leg)),
    offers.map(lambda offer: lambda s: ev.BridgeMade(s.at, offer)),
    offers.map(lambda offer: lambda s: ev.BridgeFailed(s.at, offer, "no")),
    st.just(lambda s: ev.DialAnswered(s.at)),
    st.builds(starred, offers, st.sampled_from("123790")),
    st.sampled_from(["ready", "ended"]).map(lambda what: lambda s: third(s, what)),
    st.just(lambda s: ev.TakenBack(s.at)),
    st.builds(
        lambda leg, cause: lambda s: ev.LegEnded(s.at, leg, cause, "as told"), legs, st.sampled_from([0, 16, 17])
    ),
)


@dataclass
class Witness:
    """Remembers what was commanded, and objects to what must never be."""

    story: Story
    claims: set[str] = field(default_factory=set)
    rung: Counter[str] = field(default_factory=Counter)
    bridges: Counter[str] = field(default_factory=Counter)
    released: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    taken: bool = False  # the dialplan serves the patient now

    def sees(self, event: ev.Event) -> None:
        before = self.story.call
        declined = before.search.declined if before.search is not None else ()
        if isinstance(event, ev.DoctorClaimed):
            if self.released[event.offer] and not self.rung[event.offer]:
                return  # offers are numbered anew, so one that was given back at once never comes again
            self.claims.add(event.offer)
        for command in self.story.take(event):
            self.check(command, event, declined)
        self.check_call(event)

    def check(self, command: do.Command, event: ev.Event, declined: tuple[str, ...]) -> None:
        match command:
            case do.Ring(offer, channel):
                assert isinstance(event, ev.DoctorClaimed)
                assert event.doctor not in declined, "a doctor who declined is rung again"
                assert offer == channel == event.offer
                self.rung[offer] += 1
            case do.BridgeLegs(offer):
                # A survey finds out what became of a bridge in doubt; nothing else makes one twice.
                item = self.story.call.doctor_on(offer)
                # From a specialist a doctor comes back to the patient, any number of times.
                again = item is not None and item.stage == "returning"
                self.bridges[offer] += not again and not isinstance(event, ev.Surveyed)
                live = self.story.call.offer
                assert live is not None or again or self.story.call.patient_gone
            case do.Release(offer):
                self.released[offer] += 1
            case do.Perform(channel):
                assert channel != "P" or not self.taken, "the patient is pulled away from the duty doctor"
                leg = self.story.call.patient if channel == "P" else self.doctor_leg(channel)
                assert leg is not None, "something is said to a leg that has ended"
            case do.Finish():
                self.finished += 1

    def doctor_leg(self, channel: str) -> object:
        item = self.story.call.doctor_on(channel)
        return None if item is None or item.gone else item.leg

    def check_call(self, event: ev.Event) -> None:
        call = self.story.call
        taken = [item.offer for item in call.doctors if item.stage in ("accepted", "bridged")]
        assert len(taken) <= 1, f"two doctors answer one call: {taken}"
        assert not (taken and call.offers), f"{taken} has taken it, and other phones still ring: {call.offers}"
        assert all(count == 1 for count in self.rung.values())
        assert all(count == 1 for count in self.bridges.values())
        assert all(count == 1 for count in self.released.values())
        patient = call.patient
        self.taken |= isinstance(event, ev.TakenBack) or (isinstance(event, ev.Surveyed) and "P" in event.taken)
        if not call.patient_gone and not patient.hung_up_by_us and not self.taken:
            assert patient.flow is not None
            talks = patient.flow.waiting == "bridge"
            # Whoever is fetched from a talk hears something as soon as the leg is back.
            if call.aside is None and not call.abused:
                assert (patient.wait is not None) != talks, f"the patient is left in silence by {event}"
        for item in call.doctors:
            if not item.gone and item.stage in ("offered",):
                assert item.leg.wait is not None
        assert call.over == (self.finished == 1)


def everybody_leaves(story: Story, witness: Witness, in_order: Sequence[str]) -> None:
    for leg in in_order:
        if not story.call.over:
            witness.sees(ev.LegEnded(story.at, leg, 16, "the end"))
    if not story.call.over:
        witness.sees(third(story, "ended"))


@settings(max_examples=400, deadline=None)
@given(happenings=st.lists(MIDDLE, max_size=50), withheld=st.booleans(), last=st.permutations(LEGS))
def test_any_interleaving_keeps_the_promises(happenings: list[Happening], withheld: bool, last: list[str]) -> None:
    story = Story(new_call(None if withheld else "+919876543210"))
    witness = Witness(story)
    witness.sees(ev.PatientArrived(story.at))
    for happening in happenings:
        if story.call.over:
            break
        story.at += timedelta(seconds=1)
        witness.sees(happening(story))
    everybody_leaves(story, witness, last)
    assert story.call.over, "every leg has ended, but the call has not"
    witness.sees(ev.DoctorClaimed(story.at, "late", "d1", "phone", "+919800000001", "late"))
    assert set(witness.released) == witness.claims, "a doctor stays claimed"
    assert all(count == 1 for count in witness.released.values())


# A doctor's and a patient's honest behaviour, so that deep states are reached more often than by chance.
HONEST: list[Happening] = [
    lambda s: ev.KeysCollected(s.at, "P", s.seq("P"), "1"),
    lambda s: ev.KeysCollected(s.at, "P", s.seq("P"), "45"),
    lambda s: ev.KeysCollected(s.at, "P", s.seq("P"), None),
    claimed("o1", "d1"),
    lambda s: ev.LegReady(s.at, "o1"),
    lambda s: ev.KeysCollected(s.at, "o1", s.seq("o1"), "1"),
    lambda s: ev.BridgeMade(s.at, "o1"),
    lambda s: ev.LegEnded(s.at, "P", 16, "as told"),
    lambda s: ev.LegReady(s.at, "o1"),
    lambda s: ev.KeysCollected(s.at, "o1", s.seq("o1"), "2"),
]


@settings(max_examples=400, deadline=None)
@given(
    strokes=st.lists(st.tuples(st.integers(0, len(HONEST)), MIDDLE), max_size=6),
    last=st.permutations(LEGS),
)
def test_a_good_call_disturbed_anywhere_keeps_the_promises(
    strokes: list[tuple[int, Happening]], last: list[str]
) -> None:
    happenings: list[Happening] = list(HONEST)
    for position, stroke in strokes:
        happenings.insert(position, stroke)
    story = Story(new_call())
    witness = Witness(story)
    witness.sees(ev.PatientArrived(story.at))
    for happening in happenings:
        story.at += timedelta(seconds=1)
        if not story.call.over:
            witness.sees(happening(story))
    everybody_leaves(story, witness, last)
    assert story.call.over
    assert set(witness.released) == witness.claims


@pytest.mark.parametrize("moment", range(len(HONEST) + 1))
def test_a_restart_at_any_moment_of_a_good_call_keeps_the_promises(moment: int) -> None:
    """The successor finds every leg where the story has it; the call goes on and everybody is let go."""
    story = Story(new_call())
    witness = Witness(story)
    witness.sees(ev.PatientArrived(story.at))
    for number, happening in enumerate([*HONEST, None]):
        if number == moment:
            alive = {"P", *(item.leg.channel for item in story.call.doctors)}
            talking = story.call.offer is not None and story.call.offer.stage == "bridged"
            ringing = {i.leg.channel for i in story.call.doctors if i.stage == "ringing"}
            bridged = frozenset({"P", "o1"} if talking else ())
            witness.sees(ev.Surveyed(story.at, frozenset(alive), frozenset(alive - ringing) - bridged, bridged))
        if happening is not None:
            witness.sees(happening(story))
    everybody_leaves(story, witness, LEGS)
    assert story.call.over
    assert story.wrote("disposition") == [{"offer": "o1", "outcome": "prescription"}]
    assert set(witness.released) == witness.claims
