"""The day as the helpline lives it: its own pool, policy, claims, releases and journal, only the clock is not real.

What the matchmaker does with its threads is done here one after the other: tell the pool what happened, take its
decisions, claim in the database, ring. What must never happen is checked all along against the crowd's own truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench.routing.crowd import Crowd, Patient, Volunteer, answer
from bench.routing.day import DAY_SECONDS, MIDNIGHT, Day, moment
from bench.routing.employ import employ, shift_of, way_of
from bench.routing.tally import Tally, hours_on_duty
from bench.routing.virtual_time import VirtualTime
from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.frozen import replace
from config.schema import Doctor
from routing.answering import AnsweringRules, Paused, Quarantined, count
from routing.model import NobodyFree, Scored, WaitingCall
from routing.pool import Pool
from routing.roll import read_doctors
from routing.rules import DEFAULT_RULES, RoutingRules
from routing.schedule import day_of
from routing.store import RoutingStore

_PAGES = 500  # entries to a transaction, as the ledger under load
_DUTIES_END_EVERY = 20.0
_NODE = "simulator"
_COMES_BACK_AFTER = 600.0


@dataclass(eq=False)
class Offer:
    id: str
    doctor: Volunteer


@dataclass(eq=False)
class Seeker:
    """A patient's call. `wish` is what the pool is told; `offers` are open ones."""

    patient: Patient
    wish: WaitingCall
    joined: float
    leaves_at: float
    talk: float
    again: bool = False  # was talking already
    gone: bool = False
    offers: dict[str, Offer] = field(default_factory=dict)
    rung: dict[int, int] = field(default_factory=dict)


class HelplineDay:
    """One day on one database, which has the tables and nobody in them."""

    def __init__(self, day: Day, crowd: Crowd, database: Database, rules: RoutingRules = DEFAULT_RULES) -> None:
        self.tally = Tally("helpline")
        self._day, self._crowd, self._database, self._rules = day, crowd, database, rules
        self._store, self._journal = RoutingStore(database, rules.zone), Journal(database)
        self._pool = Pool(rules)
        self._time = VirtualTime(-2.0)
        self._seekers: dict[str, Seeker] = {}
        self._entries: list[JournalEntry] = []
        self._over: list[str] = []
        self._held: dict[str, float] = {}  # doctor -> the offer is open; what the crowd knows, not what the pool knows
        self._rests: dict[str, float] = {}  # doctor -> not to be rung before
        self._wakes: set[float] = set()
        self._paused: set[str] = set()
        self._missed: set[str] = set()  # doctors with an unanswered offer since the last answered one
        self._count = 0
        self._volunteers = {one.id: one for one in crowd.volunteers}

    def run(self) -> Tally:
        """Live the day; `tally.problems` has what must not have happened."""
        employ(self._database, self._crowd)
        for doctor in self._store.changes().doctors:
            self._pool.put(doctor, moment(self._time.now))
        shifts = {}
        for one in self._crowd.volunteers:
            shift = shift_of(one)
            if shift and shift[0] < shift[1]:
                self._time.at(shift[0], lambda one=one, end=shift[1]: self._begins(one, end))  # type: ignore[misc]
                if way_of(one) == "by_hand":
                    self._time.at(shift[1], lambda one=one: self._leaves(one))  # type: ignore[misc]
                shifts[one.id] = shift
                self.tally.calls_of[one.id] = 0
        for patient in self._crowd.patients:
            self._time.at(patient.at, lambda patient=patient: self._arrives(patient))  # type: ignore[misc]
        self._time.at(0.0, self._end_duties)
        self._time.run()
        self._flush()
        self.tally.hours_of = hours_on_duty(shifts, DAY_SECONDS)
        self._check_the_end()
        return self.tally

    # --- doctors' duties ----------------------------------------------------------------------------------------

    def _begins(self, one: Volunteer, end: float, again: bool = False) -> None:
        if way_of(one) != "schedule" or again:
            until = moment(end) if way_of(one) == "until" else None
            self._store.set_duty(one.id, "on", self._at, until=until)
            self._read_again(one.id)
        self._match()

    def _leaves(self, one: Volunteer) -> None:
        self._store.set_duty(one.id, "off", self._at)
        self._read_again(one.id)

    def _end_duties(self) -> None:
        self._store.end_duties(self._at)
        if self._time.now < DAY_SECONDS + 7_200:
            self._time.after(_DUTIES_END_EVERY, self._end_duties)

    def _read_again(self, doctor_id: str) -> None:
        with self._database.reading() as session:
            [doctor], _ = read_doctors(session, Doctor.id == doctor_id)
        self._pool.put(doctor, self._at)

    # --- calls --------------------------------------------------------------------------------------------------

    def _arrives(self, patient: Patient) -> None:
        wish = WaitingCall(
            patient.id,
            patient.category,
            self._at,
            priority=patient.priority,
            language=patient.language,
            district=patient.district,
            gender=patient.gender,
        )
        self._write(
            patient.id,
            "call.arrived",
            dialled="104",
            caller=f"+9197{patient.index:08d}",
            linkedid=patient.id,
            line="line-104",
            flow="line_104",
            flow_version="simulated",
            language=patient.language,
        )
        self._seeks(Seeker(patient, wish, patient.at, patient.at + patient.leaves_after, patient.talk))

    def _seeks(self, seeker: Seeker) -> None:
        self._seekers[seeker.wish.call_id] = seeker
        self.tally.most_waiting = max(self.tally.most_waiting, len(self._seekers))
        self._write(seeker.wish.call_id, "seek.started", category=seeker.wish.category, priority=seeker.wish.priority)
        self._time.at(seeker.leaves_at, lambda: self._gives_up(seeker))
        self._pool.add(seeker.wish, self._at)
        self._match()

    def _gives_up(self, seeker: Seeker) -> None:
        if seeker.gone:
            return
        asked = seeker.patient.asks_after <= seeker.patient.patience and not seeker.again
        self._out(seeker)
        for offer in list(seeker.offers.values()):
            self._ends(seeker, offer, "withdrawn", keep_place=True)
        if not seeker.again:
            self.tally.end(seeker.patient.index, "callback" if asked else "left")
            if not asked:
                self.tally.left_after.append(self._time.now - seeker.joined)
        self._finish(seeker.wish.call_id, "patient", "callback" if asked else "abandoned_queue")
        self._match()

    def _out(self, seeker: Seeker) -> None:
        seeker.gone = True
        self._pool.remove(seeker.wish.call_id)
        self._seekers.pop(seeker.wish.call_id, None)

    # --- matching -----------------------------------------------------------------------------------------------

    def _match(self) -> None:
        at = self._at
        for decision in self._pool.decide(at):
            if not isinstance(decision.answer, NobodyFree):
                self._claim(self._seekers[decision.call.call_id], decision.answer)
        self._wake_in_time()

    def _wake_in_time(self) -> None:
        """Look again when the clock changes something for those who wait; for nobody it need not be known."""
        soon = self._pool.next_moment
        if soon is None or not self._seekers:
            return
        due = max(self._time.now, soon - MIDNIGHT.timestamp()) + 0.001
        if due not in self._wakes:
            self._wakes.add(due)
            self._time.at(due, lambda: self._wake(due))

    def _wake(self, due: float) -> None:
        self._wakes.discard(due)
        self._match()

    def _claim(self, seeker: Seeker, chosen: Scored) -> None:
        self._count += 1
        offer = Offer(f"offer-{self._count:07d}", self._volunteers[chosen.doctor_id])
        if not self._store.claim(chosen.doctor_id, offer.id, self._at, node=_NODE, seat=chosen.seat):
            self.tally.problems.append(f"{chosen.doctor_id} was free for the pool and not for the database")
            return
        self._check_the_offer(seeker, offer)
        self._held[offer.doctor.id] = self._time.now
        seeker.offers[offer.id] = offer
        seeker.wish = replace(seeker.wish, offered=seeker.wish.offered | {offer.doctor.id})
        call, doctor = seeker.wish.call_id, offer.doctor
        leg = f"leg-{offer.id}"
        self._write(call, "doctor.offered", offer=offer.id, doctor=doctor.id, phone=chosen.phone.id, leg=leg)
        nth = seeker.rung.get(doctor.index, 0)
        seeker.rung[doctor.index] = nth + 1
        said = answer(self._crowd, doctor, seeker.patient, self._time.now, self._day.ring_seconds, nth)
        self._time.after(said.after, lambda: self._answered(seeker, offer, said.kind))

    def _answered(self, seeker: Seeker, offer: Offer, kind: str) -> None:
        if offer.id not in seeker.offers:
            return  # withdrawn meanwhile
        if kind == "accepted":
            self._talks(seeker, offer)
            return
        cool = timedelta(seconds=self._rules.cool_down) if kind in ("no_answer", "unreachable") else None
        self._ends(seeker, offer, kind, cool_down=cool)
        wish = replace(seeker.wish, offered=seeker.wish.offered - {offer.doctor.id})
        if kind == "declined":
            wish = replace(wish, declined_by=wish.declined_by | {offer.doctor.id})
        else:
            wish = replace(wish, tried={**wish.tried, offer.doctor.id: self._at})
        seeker.wish = wish
        self._pool.add(wish, self._at)
        self._match()

    def _ends(
        self, seeker: Seeker, offer: Offer, result: str, *, keep_place: bool = False, cool_down: timedelta | None = None
    ) -> None:
        """An offer that was not accepted."""
        self.tally.offers[result] += 1
        del seeker.offers[offer.id]
        self._write(seeker.wish.call_id, "offer.ended", offer=offer.id, result=result)
        cool_until = self._at + cool_down if cool_down else None
        if cool_until:
            self._rests[offer.doctor.id] = self._time.now + self._rules.cool_down
        self._free(offer, free_since=self._at, keep_place=keep_place, cool_down_until=cool_until)
        self._count_answer(offer, result)

    def _count_answer(self, offer: Offer, result: str) -> None:
        """Two in a row that are not answered pause the doctor; a dead number is put aside (routing/answering.py)."""
        doctor_id = offer.doctor.id
        if result in ("accepted", "declined") and doctor_id not in self._missed:
            return  # nothing to be taken back
        with self._database.writing() as session:
            follows = count(session, doctor_id, f"{doctor_id}-phone", result, self._at, AnsweringRules())
        (self._missed.discard if result in ("accepted", "declined") else self._missed.add)(doctor_id)
        if isinstance(follows, Paused):
            self._paused.add(doctor_id)
            self._time.after(_COMES_BACK_AFTER, lambda: self._comes_back(offer.doctor))
        if isinstance(follows, Paused | Quarantined):
            self._read_again(doctor_id)

    def _comes_back(self, one: Volunteer) -> None:
        """Who was only unlucky reads the message and takes duty on again."""
        shift = shift_of(one)
        if shift is not None and self._time.now < min(shift[1], one.gone_from):
            self._paused.discard(one.id)
            self._begins(one, shift[1], again=True)

    # --- talking ------------------------------------------------------------------------------------------------

    def _talks(self, seeker: Seeker, offer: Offer) -> None:
        patient, doctor, call = seeker.patient, offer.doctor, seeker.wish.call_id
        self._out(seeker)
        self.tally.offers["accepted"] += 1
        for other in [one for one in seeker.offers.values() if one is not offer]:
            self._ends(seeker, other, "withdrawn", keep_place=True)
        if not seeker.again:
            self.tally.end(patient.index, "talk")
            self.tally.waits.append(self._time.now - seeker.joined)
        self.tally.talks += 1
        self.tally.calls_of[doctor.id] = self.tally.calls_of.get(doctor.id, 0) + 1
        self.tally.own_language += patient.language in doctor.languages
        self._write(call, "doctor.accepted", offer=offer.id)
        self._write(call, "offer.ended", offer=offer.id, result="accepted")
        self._write(call, "call.bridged", offer=offer.id, doctor=doctor.id)
        breaks_off = patient.cut_off < 1.0 and not seeker.again
        lasts = seeker.talk * (patient.cut_off if breaks_off else 1.0)
        self._count_answer(offer, "accepted")
        self._time.after(lasts, lambda: self._talked(seeker, offer, lasts, breaks_off))
        self._match()

    def _talked(self, seeker: Seeker, offer: Offer, lasted: float, broke_off: bool) -> None:
        del seeker.offers[offer.id]
        call, rest = seeker.wish.call_id, self._day.wrap_up_seconds
        self._write(call, "call.unbridged", offer=offer.id, by="network" if broke_off else "patient")
        self._rests[offer.doctor.id] = self._time.now + rest
        self._free(offer, free_since=self._at + timedelta(seconds=rest), talked_seconds=round(lasted))
        if broke_off:
            now, patient = self._time.now, seeker.patient
            wish = replace(seeker.wish, priority="transfer", offered=frozenset(), waiting_since=self._at)
            self._seeks(Seeker(patient, wish, now, now + patient.patience, seeker.talk - lasted, again=True))
        else:
            self._write(call, "disposition", offer=offer.id, outcome="advice")
            self._finish(call, "patient", "consulted")
            self._match()

    def _free(self, offer: Offer, **how: Any) -> None:
        """Let the doctor go in the database, and tell the pool the same."""
        doctor_id, at = offer.doctor.id, self._at
        del self._held[doctor_id]
        if not self._store.release(offer.id, at, **how):
            self.tally.problems.append(f"{offer.id} held nobody")
        doctor = self._pool.doctor(doctor_id)
        assert doctor is not None
        changes: dict[str, Any] = {"claimed": False, "seat": ""}
        if not how.get("keep_place"):
            changes["free_since"] = how["free_since"]
        if how.get("cool_down_until"):
            changes["cool_down_until"] = how["cool_down_until"]
        if (talked := how.get("talked_seconds")) is not None:
            today = day_of(at, self._rules.zone)
            before = doctor if doctor.day == today else replace(doctor, calls_today=0, seconds_today=0)
            changes |= {"day": today, "calls_today": before.calls_today + 1}
            changes["seconds_today"] = before.seconds_today + talked
        self._pool.put(replace(doctor, **changes), at)

    # --- the journal --------------------------------------------------------------------------------------------

    @property
    def _at(self) -> Any:
        return moment(self._time.now)

    def _write(self, call_id: str, kind: str, **data: Any) -> None:
        self._entries.append(JournalEntry(call_id, self._at, kind, data))
        if len(self._entries) >= _PAGES:
            self._flush()

    def _finish(self, call_id: str, by: str, result: str) -> None:
        self._write(call_id, "call.ended", by=by, cause=16, cause_text="", result=result)
        self._over.append(call_id)

    def _flush(self) -> None:
        with self._database.writing() as session:
            self._journal.append(session, self._entries)
            if self._over:
                self._journal.record_all(session, self._over)
        self._entries, self._over = [], []

    # --- what must hold -----------------------------------------------------------------------------------------

    def _check_the_offer(self, seeker: Seeker, offer: Offer) -> None:
        one, now = offer.doctor, self._time.now
        shift = shift_of(one)
        troubles = {
            "off duty": shift is None or not shift[0] - 0.01 <= now <= shift[1] + 0.01,
            "while paused": one.id in self._paused,
            "busy": one.id in self._held,
            "resting": self._rests.get(one.id, 0.0) > now + 0.01,
            "after a no": one.id in seeker.wish.declined_by,
            "for nobody": seeker.gone,
        }
        for trouble, found in troubles.items():
            if found:
                self.tally.problems.append(f"{one.id} was rung {trouble} at {now:.1f} s")

    def _check_the_end(self) -> None:
        """Nobody waits or is held, everybody's call has one end, and pool and database know the same of doctors."""
        problems = self.tally.problems
        if missing := len(self._crowd.patients) - len(self.tally.ends):
            problems.append(f"{missing} callers have no end")
        if held := self._store.claims():
            problems.append(f"{len(held)} doctors are held by nobody")
        for doctor in self._store.snapshot(self._at, everybody=True).doctors:
            known = self._pool.doctor(doctor.id)
            if known is None or (known.free_since, known.calls_today) != (doctor.free_since, doctor.calls_today):
                problems.append(f"{doctor.id} is another one for the pool than for the database")
