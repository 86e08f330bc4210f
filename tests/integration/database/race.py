"""Two controllers on one database, their steps in any order: the machine that hypothesis drives, and what must hold.

The model beside it is the plain truth: who is on duty, who is held by which offer, which telephone is taken. A claim
must succeed exactly where the model allows it, however old the snapshot is on which it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete

from config.database import Database
from config.schema import ControllerNode, Doctor, DoctorCategory, DoctorPhone
from routing.policy import Choice, Snapshot, WaitingCall, choose, in_turn
from routing.store import RoutingStore

START = datetime(2021, 4, 30, 8, 0, tzinfo=UTC)
NODES = ("one", "two")
DOCTORS = ("d0", "d1", "d2", "d3", "d4")
# d3 and d4 sit in one control room, behind a number with one line.
NUMBERS = {"d0": "+919800000000", "d1": "+919800000001", "d2": "+919800000002", "d3": "+917552000000"}
NUMBERS["d4"] = NUMBERS["d3"]
WRAP_UP, COOL_DOWN = timedelta(seconds=30), timedelta(seconds=60)

nodes = st.sampled_from(NODES)
doctors = st.sampled_from(DOCTORS)
numbers = st.integers(0, 9)
T = TypeVar("T")


@dataclass
class TrueDoctor:
    duty: str = "on"
    until: datetime | None = None
    free_since: datetime | None = None
    cool_down_until: datetime | None = None


@dataclass
class TrueCall:
    node: str
    wish: WaitingCall
    parallel: int
    talks_by: str = ""
    over: bool = False


@dataclass
class TrueOffer:
    call: str
    doctor: str
    seat: str


@dataclass
class Truth:
    doctors: dict[str, TrueDoctor] = field(default_factory=lambda: {id: TrueDoctor() for id in DOCTORS})
    calls: dict[str, TrueCall] = field(default_factory=dict)
    offers: dict[str, TrueOffer] = field(default_factory=dict)  # open ones

    def allows(self, doctor_id: str, seat: str, at: datetime) -> bool:
        doctor = self.doctors[doctor_id]
        return (
            doctor.duty == "on"
            and (doctor.until is None or doctor.until > at)
            and (doctor.free_since is None or doctor.free_since <= at)
            and (doctor.cool_down_until is None or doctor.cool_down_until <= at)
            and all(offer.doctor != doctor_id and offer.seat != seat for offer in self.offers.values())
        )

    def offers_of(self, call_id: str) -> list[str]:
        return [id for id, offer in self.offers.items() if offer.call == call_id]


class TwoControllers(RuleBasedStateMachine):
    """`database` is set by the test; each run begins with doctors of its own."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.store = RoutingStore(self.database)
        self.at = START
        self.truth = Truth()
        self.snapshots = {node: Snapshot(START, ()) for node in NODES}
        self.closed: list[str] = []
        self.count = 0

    @initialize()
    def everybody_comes(self) -> None:
        with self.database.writing() as session:
            for id in DOCTORS:
                session.add(
                    Doctor(id=id, name=id, registration_number=id, council="X", duty="on", night=True, created_at=START)
                )
            session.flush()
            for id in DOCTORS:
                session.add(DoctorCategory(doctor_id=id, category="general" if id == "d2" else "fever"))
                session.add(DoctorPhone(id=f"{id}-phone", doctor_id=id, number=NUMBERS[id]))
        for node in NODES:
            self.store.seen(node, self.at)
            self.snapshots[node] = self.store.snapshot(self.at)

    def teardown(self) -> None:
        with self.database.writing() as session:
            for table in (DoctorPhone, DoctorCategory, Doctor, ControllerNode):
                session.execute(delete(table))

    # --- controllers --------------------------------------------------------------------------------------------

    @rule(node=nodes, category=st.sampled_from(("fever", "general", "skin")), parallel=st.sampled_from((1, 1, 2, 3)))
    def a_call_arrives(self, node: str, category: str, parallel: int) -> None:
        self.count += 1
        call = WaitingCall(f"c{self.count}", category, self.at)
        self.truth.calls[call.call_id] = TrueCall(node, call, parallel)
        self.match(node)

    @rule(node=nodes, looks=st.booleans(), matches=st.booleans())
    def a_controller_turns_to_its_calls(self, node: str, looks: bool, matches: bool) -> None:
        """To every one that lacks offers, on what it knows now or on what it knew once."""
        if looks:
            self.snapshots[node] = self.store.snapshot(self.at)
        if matches:
            self.match(node)

    def match(self, node: str) -> None:
        mine = [call for call in self.truth.calls.values() if call.node == node and not call.over and not call.talks_by]
        for call in sorted(mine, key=lambda each: in_turn(each.wish)):
            for _ in range(call.parallel - len(self.truth.offers_of(call.wish.call_id))):
                self.finds_a_doctor(node, call)

    def finds_a_doctor(self, node: str, call: TrueCall) -> None:
        known = self.snapshots[node]
        while isinstance(choice := choose(Snapshot(self.at, known.doctors), call.wish), Choice):
            self.count += 1
            offer = f"o{self.count}"
            allowed = self.truth.allows(choice.doctor_id, choice.seat, self.at)
            won = self.store.claim(choice.doctor_id, offer, self.at, node=node, seat=choice.seat)
            assert won == allowed, f"{choice} was {'won' if won else 'lost'} against the truth"
            known = Snapshot(
                known.at,
                tuple(
                    replace(one, claimed=True, seat=choice.seat) if one.id == choice.doctor_id else one
                    for one in known.doctors
                ),
            )
            self.snapshots[node] = known
            if won:
                assert choice.doctor_id not in call.wish.declined_by
                self.truth.offers[offer] = TrueOffer(call.wish.call_id, choice.doctor_id, choice.seat)
                call.wish = replace(call.wish, offered=call.wish.offered | {choice.doctor_id})
                return

    @rule(node=nodes, comes_back=st.booleans())
    def a_controller_is_killed(self, node: str, comes_back: bool) -> None:
        """Its calls are lost with it here. It frees its own claims when it is back; else the other does, in time."""
        for call in self.truth.calls.values():
            call.over |= call.node == node
        left = {id for id, offer in self.truth.offers.items() if self.truth.calls[offer.call].node != node}
        cleaner = node
        if not comes_back:
            cleaner = next(other for other in NODES if other != node)
            self.at += timedelta(seconds=61)
            self.store.seen(cleaner, self.at)
        survivors = left if cleaner != node else set()
        self.store.release_all_except(survivors, self.at, node=cleaner)
        self.store.seen(node, self.at)
        for id in set(self.truth.offers) - left:
            self.closes(id, self.at)

    # --- telephones ---------------------------------------------------------------------------------------------

    def ringing(self) -> list[str]:
        return [id for id, offer in self.truth.offers.items() if self.truth.calls[offer.call].talks_by != id]

    @precondition(lambda self: self.ringing())
    @rule(which=numbers, how=st.sampled_from(("accepts", "declines", "does not answer")))
    def a_doctor_is_heard_of(self, which: int, how: str) -> None:
        offer = _one_of(self.ringing(), which)
        if how == "accepts":
            self.accepts(offer)
        elif how == "declines":
            call = self.answered_no(offer)
            call.wish = replace(call.wish, declined_by=call.wish.declined_by | {self.truth.offers[offer].doctor})
            assert self.store.release(offer, self.at)
            self.closes(offer, self.at)
        else:
            call, doctor = self.answered_no(offer), self.truth.offers[offer].doctor
            call.wish = replace(call.wish, tried={**call.wish.tried, doctor: self.at})
            assert self.store.release(offer, self.at, cool_down_until=self.at + COOL_DOWN)
            self.closes(offer, self.at)
            self.truth.doctors[doctor].cool_down_until = self.at + COOL_DOWN

    def accepts(self, offer: str) -> None:
        """The first wins, and the others' phones stop."""
        call = self.truth.calls[self.truth.offers[offer].call]
        assert not call.talks_by
        call.talks_by = offer
        for other in self.truth.offers_of(call.wish.call_id):
            if other != offer:
                assert self.store.release(other, self.at, keep_place=True)
                self.closes(other, None)

    def answered_no(self, offer: str) -> TrueCall:
        call = self.truth.calls[self.truth.offers[offer].call]
        call.wish = replace(call.wish, offered=call.wish.offered - {self.truth.offers[offer].doctor})
        return call

    @precondition(lambda self: any(not call.over for call in self.truth.calls.values()))
    @rule(which=numbers)
    def a_caller_hangs_up(self, which: int) -> None:
        call = _one_of([call for call in self.truth.calls.values() if not call.over], which)
        call.over = True
        for offer in self.truth.offers_of(call.wish.call_id):
            if offer == call.talks_by:
                assert self.store.release(offer, self.at, self.at + WRAP_UP, talked_seconds=60)
                self.closes(offer, self.at + WRAP_UP)
            else:
                assert self.store.release(offer, self.at, keep_place=True)
                self.closes(offer, None)

    @precondition(lambda self: self.closed)
    @rule(which=numbers)
    def an_offer_is_ended_twice(self, which: int) -> None:
        assert not self.store.release(_one_of(self.closed, which), self.at)

    def closes(self, offer: str, free_since: datetime | None) -> None:
        doctor = self.truth.doctors[self.truth.offers.pop(offer).doctor]
        if free_since is not None:
            doctor.free_since = free_since
        self.closed.append(offer)

    # --- people and the clock -----------------------------------------------------------------------------------

    @rule(doctor=doctors, duty=st.sampled_from(("on", "on", "off", "paused")), minutes=st.sampled_from((None, 1, 3)))
    def duty_changes(self, doctor: str, duty: str, minutes: int | None) -> None:
        until = self.at + timedelta(minutes=minutes) if minutes and duty == "on" else None
        self.store.set_duty(doctor, duty, self.at, until=until)
        self.truth.doctors[doctor].duty, self.truth.doctors[doctor].until = duty, until

    @rule(seconds=st.sampled_from((1, 10, 30, 61)), duties_end=st.booleans())
    def time_passes(self, seconds: int, duties_end: bool) -> None:
        self.at += timedelta(seconds=seconds)
        for node in NODES:
            self.store.seen(node, self.at)
        if duties_end:
            self.store.end_duties(self.at)
            for doctor in self.truth.doctors.values():
                if doctor.duty == "on" and doctor.until is not None and doctor.until <= self.at:
                    doctor.duty, doctor.until = "off", None

    # --- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def the_database_holds_exactly_the_open_offers(self) -> None:
        assert self.store.claims() == {id: offer.doctor for id, offer in self.truth.offers.items()}

    @invariant()
    def nobody_is_held_twice_and_no_patient_has_two_doctors(self) -> None:
        held = [offer.doctor for offer in self.truth.offers.values()]
        assert len(held) == len(set(held))
        for call_id, call in self.truth.calls.items():
            if call.talks_by:
                assert self.truth.offers_of(call_id) == ([] if call.over else [call.talks_by])

    # --- a walk of its own ----------------------------------------------------------------------------------------

    def walk(self, dice: Random, steps: int) -> None:
        """So many steps as likely as they are in life: hypothesis alone seldom gets a queue going."""
        self.everybody_comes()
        for _ in range(steps):
            self.step(dice)
            self.the_database_holds_exactly_the_open_offers()
            self.nobody_is_held_twice_and_no_patient_has_two_doctors()

    def step(self, dice: Random) -> None:
        node, number = dice.choice(NODES), dice.randrange(10)
        match dice.choices(range(8), (6, 7, 8, 4, 3, 5, 1, 1))[0]:
            case 0:
                self.a_call_arrives(node, dice.choice(("fever", "fever", "general", "skin")), dice.choice((1, 1, 2, 3)))
            case 1:
                self.a_controller_turns_to_its_calls(node, dice.random() < 0.4, dice.random() < 0.8)
            case 2 if self.ringing():
                self.a_doctor_is_heard_of(number, dice.choice(("accepts", "declines", "does not answer")))
            case 3 if any(not call.over for call in self.truth.calls.values()):
                self.a_caller_hangs_up(number)
            case 4:
                duty = dice.choice(("on", "on", "on", "off", "paused"))
                self.duty_changes(dice.choice(DOCTORS), duty, dice.choice((None, None, 1, 3)))
            case 5:
                self.time_passes(dice.choice((1, 10, 30, 61)), dice.random() < 0.2)
            case 6 if self.closed:
                self.an_offer_is_ended_twice(number)
            case 7 if dice.random() < 0.4:
                self.a_controller_is_killed(node, dice.random() < 0.5)
            case _:
                pass


def _one_of(things: list[T], number: int) -> T:
    return things[number % len(things)]
