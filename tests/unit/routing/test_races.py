"""Two controllers' pools that hear of each other late ring nobody twice, and forget nobody once all is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.model import DoctorSnapshot, NobodyFree, Phone, Scored, Snapshot, WaitingCall
from routing.policy import choose
from routing.pool import Pool

START = datetime(2021, 4, 30, 8, 0, tzinfo=UTC)
PRACTICES = ({"fever": "general"}, {"fever": "general", "general": "general"}, {"general": "general"})


class TwoPools:
    """`truth` is what the database has; each pool has been told some of it, some time ago."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.at = dice, START
        self.truth = {f"d{n}": self.somebody(f"d{n}") for n in range(5)}
        self.holders: dict[str, str] = {}  # doctor -> call
        self.pools = (Pool(), Pool())
        self.waiting: dict[str, WaitingCall] = {}
        self.talks: set[str] = set()
        self.count = 0
        for pool in self.pools:
            self.news(pool)

    def somebody(self, id: str) -> DoctorSnapshot:
        # Every second one shares a telephone with one line.
        number = "+917552000000" if id in ("d1", "d3") else f"+91980000000{id[1:]}"
        practice = PRACTICES[self.dice.randrange(3)]
        return DoctorSnapshot(
            id=id,
            categories=practice,  # type: ignore[arg-type]
            duty="on",
            active=True,
            claimed=False,
            free_since=None,
            phones=(Phone(f"{id}-phone", number),),
        )

    def pool_of(self, call_id: str) -> Pool:
        return self.pools[int(call_id[1:]) % 2]

    def news(self, pool: Pool, *ids: str) -> None:
        """What the pool's controller reads from the database."""
        for id in ids or self.truth:
            pool.put(self.truth[id], self.at)

    def change(self, id: str, **changes: object) -> None:
        self.truth[id] = replace(self.truth[id], **changes)  # type: ignore[arg-type]

    def claim(self, chosen: Scored, call_id: str) -> bool:
        """The one statement: as the store's."""
        doctor = self.truth[chosen.doctor_id]
        rests = any(until is not None and until > self.at for until in (doctor.free_since, doctor.cool_down_until))
        taken = chosen.seat in {one.seat for one in self.truth.values() if one.claimed}
        if doctor.claimed or doctor.duty != "on" or rests or taken:
            return False
        self.change(chosen.doctor_id, claimed=True, seat=chosen.seat)
        self.holders[chosen.doctor_id] = call_id
        return True

    def match(self, pool: Pool) -> None:
        for decision in pool.decide(self.at):
            if isinstance(decision.answer, NobodyFree):
                continue
            call, chosen = self.waiting[decision.call.call_id], decision.answer
            assert chosen.doctor_id not in call.declined_by, f"{chosen.doctor_id} is rung after a no"
            if self.claim(chosen, call.call_id):
                call = replace(call, offered=call.offered | {chosen.doctor_id})
                self.waiting[call.call_id] = call
            else:
                self.news(pool, chosen.doctor_id)
            pool.add(call, self.at)

    def let_go(self, id: str, wrap_up: int = 0, **changes: object) -> None:
        """An offer or a talk has ended: the doctor's own controller knows at once, the other one later."""
        call_id = self.holders.pop(id)
        self.change(id, claimed=False, seat="", free_since=self.at + timedelta(seconds=wrap_up), **changes)
        self.news(self.pool_of(call_id), id)

    def step(self) -> None:
        dice, pool = self.dice, self.pools[self.dice.randrange(2)]
        match dice.choices(range(7), (5, 5, 3, 5, 2, 3, 4))[0]:
            case 0:
                self.count += 1
                call = WaitingCall(f"c{self.count}", dice.choice(("fever", "general", "skin")), self.at)
                self.waiting[call.call_id] = call
                self.pool_of(call.call_id).add(call, self.at)
                self.match(self.pool_of(call.call_id))
            case 1:
                self.match(pool)
            case 2:
                self.news(pool, *dice.sample(sorted(self.truth), 2))
            case 3 if self.holders:
                self.answer(dice.choice(sorted(self.holders)))
            case 4:
                self.change(dice.choice(sorted(self.truth)), duty=dice.choice(("on", "on", "off", "paused")))
            case 5:
                self.at += timedelta(seconds=dice.choice((1, 20, 61)))
            case 6 if self.waiting:
                self.leaves(dice.choice(sorted(self.waiting)))
            case _:
                pass

    def answer(self, id: str) -> None:
        call_id = self.holders[id]
        if call_id in self.talks:
            self.talks.discard(call_id)
            self.let_go(id, wrap_up=30)
            return
        call, how = self.waiting[call_id], self.dice.choice(("accepts", "declines", "does not answer"))
        if how == "accepts":
            del self.waiting[call_id]
            self.pool_of(call_id).remove(call_id)
            self.talks.add(call_id)
            return
        call = replace(call, offered=call.offered - {id})
        if how == "declines":
            call = replace(call, declined_by=call.declined_by | {id})
            self.let_go(id)
        else:
            call = replace(call, tried={**call.tried, id: self.at})
            self.let_go(id, cool_down_until=self.at + timedelta(seconds=60))
        self.waiting[call_id] = call
        self.pool_of(call_id).add(call, self.at)

    def leaves(self, call_id: str) -> None:
        del self.waiting[call_id]
        self.pool_of(call_id).remove(call_id)
        for id in [id for id, holder in self.holders.items() if holder == call_id]:
            self.let_go(id)

    def check(self) -> None:
        seats = [one.seat for one in self.truth.values() if one.claimed]
        assert len(seats) == len(set(seats)), "one telephone is rung for two"
        assert len(self.holders) == len(set(self.holders.values())), "a patient has two doctors"

    def settle(self) -> None:
        """All is known to both: whoever can be rung for somebody is rung."""
        for _ in range(3):
            for pool in self.pools:
                self.news(pool)
                self.match(pool)
        self.check()
        snapshot = Snapshot(self.at, tuple(self.truth.values()))
        for call in self.waiting.values():
            if not call.offered:
                assert isinstance(choose(snapshot, call), NobodyFree), f"{call.call_id} is forgotten"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_two_controllers_that_know_little_of_each_other_ring_nobody_twice_and_forget_nobody(seed: int) -> None:
    world = TwoPools(Random(seed))
    for _ in range(60):
        world.step()
        world.check()
    world.settle()
