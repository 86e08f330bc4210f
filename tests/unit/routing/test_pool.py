"""The pool gives the policy's answers, whatever happens in whatever order, and forgets nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.frozen import replace
from routing.model import DoctorSnapshot, NobodyFree, Phone, Scored, Snapshot, WaitingCall
from routing.policy import choose, in_turn, rank
from routing.pool import Pool
from routing.rules import Ring, RoutingRules
from routing.schedule import parse_schedule

NOW = datetime(2021, 4, 30, 14, 30, tzinfo=UTC)  # eight in the evening in India
RULES = RoutingRules(ring=Ring(categories={"heart": "two", "skin": "all"}, priorities={"red_flag": "three"}))
IDS = [f"doc-{n}" for n in range(6)]
CENTRE, HALL = "+917551234567", "+917551111111"
SCHEDULES = [
    parse_schedule({"weekly": {"fri": [["20:00", "20:02"], ["22:00", "02:00"]], "sat": [["06:00", "09:00"]]}}),
    parse_schedule({"leave": [["2021-05-01", "2021-05-02"]]}),
]


class Dice:
    """Draws people who are mostly as usual, so that what is odd meets what is not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def mostly(self, usual: Any, *others: Any) -> Any:
        return self.random.choice(others) if self.random.random() < 0.07 else usual

    def around(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self.random.randint(-90, 90))

    def doctor(self, at: datetime) -> DoctorSnapshot:
        id, draw = self.random.choice(IDS), self.random.choice
        phones = self.phones(id)
        claimed = draw([True, False, False])
        names = [draw(["fever", "fever", "heart", "skin", "general", "hub:h01"]) for _ in range(draw([1, 1, 2, 3]))]
        return DoctorSnapshot(
            id=id,
            categories={name: self.mostly("general", "specialist", "super") for name in names},
            duty=self.mostly("on", "off", "paused"),
            active=self.mostly(True, False),
            claimed=claimed,
            free_since=draw([None, self.around(at)]),
            phones=phones,
            duty_from=self.mostly(None, self.around(at)),
            duty_until=self.mostly(None, self.around(at)),
            duty_changed_at=self.mostly(None, self.around(at)),
            languages=draw([frozenset({"hi"}), frozenset({"hi", "en"}), frozenset({"mr"})]),
            serves=draw([None, frozenset({"bhopal"}), frozenset({"madhya_pradesh"})]),
            gender=draw(["", "female"]),
            schedule=self.mostly(None, *SCHEDULES),
            zone=self.mostly("", "America/New_York"),
            night=draw([True, False]),
            calls_per_day=self.mostly(None, 1, 2),
            minutes_per_day=self.mostly(None, 1),
            day=self.mostly(NOW.date(), None, NOW.date() + timedelta(days=1)),
            calls_today=draw([0, 1, 2]),
            seconds_today=draw([0, 60]),
            cool_down_until=self.mostly(None, self.around(at)),
            seat=f"{phones[0].number}/{draw(range(1, phones[0].lines + 1))}" if claimed and phones else "",
        )

    def phones(self, id: str) -> tuple[Phone, ...]:
        own = Phone(f"{id}-own", f"+91987650000{id[-1]}")
        second = Phone(f"{id}-second", f"+91987650001{id[-1]}")
        centre, hall = Phone(f"{id}-centre", CENTRE, 1, "Bhopal"), Phone(f"{id}-hall", HALL, 2, "Indore")
        return tuple(self.random.choice([(own,), (own,), (own, second), (centre,), (centre, own), (hall,), ()]))

    def call(self, at: datetime) -> WaitingCall:
        draw = self.random.choice
        return WaitingCall(
            call_id=f"call-{self.random.randrange(5)}",
            category=draw(["fever", "fever", "fever", "heart", "skin", "general"]),
            waiting_since=at - timedelta(seconds=draw([0, 0, 5, 31, 70, 200])),
            declined_by=frozenset(draw([(), (), (), (draw(IDS),), (draw(IDS), draw(IDS))])),
            tried={id: at - timedelta(seconds=self.random.randrange(90)) for id in draw([(), (), (draw(IDS),)])},
            priority=self.mostly("", "red_flag", "child"),
            skills=self.mostly((), ("hub:h01",)),
            level=self.mostly("general", "specialist", "super"),
            language=draw(["hi", "mr"]),
            district=draw(["", "bhopal"]),
            state=draw(["", "madhya_pradesh"]),
            preferred=draw(["", "", draw(IDS)]),
            preferred_until=self.mostly(None, self.around(at)),
            gender=draw(["", "female"]),
            tried_phones=frozenset(draw([(), (f"{draw(IDS)}-own",)])),
        )


class Town:
    """Beside the pool, the plain truth: all doctors and all calls as they are."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.at = NOW
        self.pool = Pool(RULES)
        self.doctors: dict[str, DoctorSnapshot] = {}
        self.calls: dict[str, WaitingCall] = {}
        self.rung = 0

    def step(self) -> None:
        deeds = [
            *[self.a_doctor_changes] * 4,
            *[self.a_doctor_is_released] * 4,
            *[self.somebody_waits] * 4,
            self.a_doctor_is_deleted,
            self.a_doctor_goes,
            self.somebody_hangs_up,
            self.nobody_has_answered,
            *[self.time_goes_by] * 3,
            *[self.decisions_are_made] * 6,
        ]
        self.dice.random.choice(deeds)()
        self.pool.advance(self.at)
        assert self.pool.calls == sorted(self.calls.values(), key=in_turn)
        for call in self.calls.values():
            best = self.pool.best(call, self.at)
            assert (best.choice if isinstance(best, Scored) else best) == choose(self.snapshot(), call, RULES)

    def put(self, doctor: DoctorSnapshot) -> None:
        self.doctors[doctor.id] = doctor
        self.pool.put(doctor, self.at)

    def a_doctor_changes(self) -> None:
        doctor = self.dice.doctor(self.at)
        taken = {other.seat for other in self.doctors.values() if other.claimed and other.id != doctor.id}
        if doctor.seat not in taken or not doctor.seat:  # the database refuses it
            self.put(doctor)

    def a_doctor_goes(self) -> None:
        if doctor := self.doctors.get(self.dice.random.choice(IDS)):
            self.put(replace(doctor, duty="off"))

    def a_doctor_is_deleted(self) -> None:
        id = self.dice.random.choice(IDS)
        self.doctors.pop(id, None)
        self.pool.drop(id)

    def a_doctor_is_released(self) -> None:
        doctor = self.doctors.get(self.dice.random.choice(IDS))
        if doctor is not None and doctor.claimed:
            more = {"day": NOW.date(), "calls_today": doctor.calls_today + 1} if self.dice.random.random() < 0.5 else {}
            since = self.at + timedelta(seconds=self.dice.random.choice([0, 0, 0, 30]))
            self.put(replace(doctor, claimed=False, seat="", free_since=since, **more))

    def somebody_waits(self) -> None:
        call = self.dice.call(self.at)
        self.calls[call.call_id] = call
        self.pool.add(call, self.at)

    def somebody_hangs_up(self) -> None:
        id = f"call-{self.dice.random.randrange(5)}"
        self.calls.pop(id, None)
        self.pool.remove(id)

    def nobody_has_answered(self) -> None:
        for call in list(self.calls.values()):
            if call.offered:
                tried = {**call.tried, **dict.fromkeys(call.offered, self.at)}
                self.calls[call.call_id] = replace(call, offered=frozenset(), tried=tried)
                self.pool.add(self.calls[call.call_id], self.at)

    def time_goes_by(self) -> None:
        self.at += timedelta(seconds=self.dice.random.choice([0.5, 10, 10, 21, 61, 61, 1000, 6 * 3600, -30, -3600]))

    def decisions_are_made(self) -> None:
        most = self.dice.random.choice([1, 50])
        decisions = self.pool.decide(self.at, most)
        while decisions:
            for decision in decisions:
                call = self.calls[decision.call.call_id]
                if isinstance(decision.answer, NobodyFree):
                    assert choose(self.snapshot(), call, RULES) == decision.answer
                else:
                    self.ring(call, decision.answer, dict(decision.excluded))
            decisions = self.pool.decide(self.at, most)
        for call in self.calls.values():
            if len(call.offered) < parallel(call):
                answer = choose(self.snapshot(), call, RULES)
                assert isinstance(answer, NobodyFree), f"{answer.doctor_id} is free, and {call.call_id} waits"

    def ring(self, call: WaitingCall, chosen: Scored, excluded: dict[Any, int]) -> None:
        ranking = rank(self.snapshot(), call, RULES)
        assert ranking.best[0] == chosen
        assert excluded == {rule: count for rule, count in ranking.excluded.items() if rule != "number_in_use"}
        doctor = self.doctors[chosen.doctor_id]
        assert not doctor.claimed, "a busy doctor is rung"
        assert doctor.id not in call.declined_by, "a no was not final"
        self.doctors[doctor.id] = replace(doctor, claimed=True, seat=chosen.seat)
        self.calls[call.call_id] = rung = replace(call, offered=call.offered | {doctor.id})
        assert len(rung.offered) <= parallel(rung)
        self.rung += 1

    def snapshot(self) -> Snapshot:
        return Snapshot(self.at, tuple(self.doctors.values()))


def parallel(call: WaitingCall) -> int:
    return RULES.ring.parallel(call.line, call.skills or (call.category,), call.priority)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1_000_000))
@example(267)  # the clock is set back to before the end of a doctor's rest
def test_the_pool_answers_as_the_policy_whatever_happens(seed: int) -> None:
    lived(seed)


def test_the_towns_are_busy_enough_to_prove_something() -> None:
    assert sum(lived(seed).rung for seed in range(20)) > 60


def lived(seed: int) -> Town:
    town = Town(seed)
    for _ in range(8):
        town.a_doctor_changes()
    for _ in range(120):
        town.step()
    return town


@given(st.integers(0, 1_000_000))
def test_a_freed_doctor_is_for_the_first_who_may_have_that_doctor(seed: int) -> None:
    town = Town(seed)
    for _ in range(8):
        town.a_doctor_changes()
        town.somebody_waits()
    town.pool.advance(NOW)
    for id in town.doctors:
        may_have = [call for call in sorted(town.calls.values(), key=in_turn) if could_be_rung(id, call, town)]
        assert town.pool.best_call(id, NOW) == (may_have[0] if may_have else None)


def could_be_rung(doctor_id: str, call: WaitingCall, town: Town) -> bool:
    ranking = rank(town.snapshot(), call, RULES)
    return not ranking.held and any(scored.doctor_id == doctor_id for scored in ranking.best)


def test_whoever_a_lost_timer_forgot_is_found_by_a_second_look() -> None:
    """A caller waits for the doctor of an earlier talk, who is busy; then nobody tells that this time is over."""
    pool = Pool(RULES)
    for id, claimed in (("doc-1", True), ("doc-2", False)):
        pool.put(
            DoctorSnapshot(
                id=id,
                categories={"fever": "general"},
                duty="on",
                active=True,
                claimed=claimed,
                free_since=None,
                phones=(Phone(f"{id}-phone", f"+9198{id[-1]:0>8}"),),
            ),
            NOW,
        )
    pool.add(WaitingCall("call-1", "fever", NOW, preferred="doc-1"), NOW)
    assert not [each for each in pool.decide(NOW) if isinstance(each.answer, Scored)]
    over = NOW + timedelta(seconds=RULES.wait_for_preferred + 1)
    pool._moments.clear()
    assert pool.decide(over) == []
    pool.look_again(20)
    [decision] = pool.decide(over)
    assert isinstance(decision.answer, Scored)
    assert decision.answer.doctor_id == "doc-2"


def test_every_waiting_call_has_its_turn_at_the_second_look() -> None:
    pool = Pool(RULES)
    for n in range(50):
        pool.add(WaitingCall(f"call-{n}", "fever", NOW), NOW)
    pool.decide(NOW)
    looked: set[str] = set()
    for _ in range(3):
        pool.look_again(20)
        looked |= {each.call.call_id for each in pool.decide(NOW)}
    assert len(looked) == 50
