"""A telephone exchange of a few legs, in which anything may happen in any order: what decisions are tried against.

Orders are carried out, and news delivered, each in their order but with anything in between, as over a line to
Asterisk. A controller may die: what it had ordered and not sent is lost, so is what it had not heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from ivr import commands as do
from ivr import events as ev
from ivr.consultation import decide
from ivr.speaking import RECORDING
from ivr.state import Call, Wait
from tests.unit.ivr.conftest import CALLS, NOW, RULES

# Where a leg is: not rung yet, ringing, in our dialplan, with another, in the room, hearing a farewell, hung up.
Place = Literal["ringing", "agi", "pair", "room", "farewell", "gone"]
Act = Callable[[], None]

# As often as they stand here: who only waits seldom presses anything.
_PATIENTS_KEYS = (*([None] * 12), "1", "2", "8", "9", "*")
_DOCTORS_KEYS = (*(["1"] * 8), None, None, "2", "5", "8", "9", "*")
_STAR_KEYS = ("1", "2", "3", "7", "9")
_CAUSES = (16, 17, 19, 21, 1, 38)
ALL_BUSY, NOBODY = "all_busy", "nobody_on_duty"


class Fault(AssertionError):
    """Something that must never happen has happened."""


@dataclass
class Telephone:
    place: Place
    waits: deque[Wait] = field(default_factory=deque)
    other: str = ""


class World:
    """`acts()` are what may happen next; `settle()` lets everything that is on its way arrive."""

    def __init__(self, call: Call, *, answered: bool = True) -> None:
        self.call = call
        self.at = NOW
        self.legs: dict[str, Telephone] = {}
        if answered:
            self.legs[call.patient.channel] = Telephone("agi")
        self.orders: deque[do.Command] = deque()
        self.news: deque[ev.Event] = deque()
        self.searching = False
        self.claims: dict[str, str] = {}
        self.ended_here: set[str] = set()  # claims that died with a controller
        self.released: list[str] = []
        self.told: list[str] = []  # of a message that is spoken
        self.story: list[str] = []
        self.finished = False

    # --- the controller ---------------------------------------------------------------------------------------------

    def hear(self, event: ev.Event) -> None:
        """One decision, and what must be true of it."""
        self.at += timedelta(milliseconds=10)
        before = self.call
        if before.over:
            if isinstance(event, ev.DoctorClaimed):
                self.released.append(event.offer)
            return
        self.story.append(f"  {type(event).__name__} {_short(event)}")
        self.call, commands = decide(before, event, RULES)
        if CALLS.validate_json(CALLS.dump_json(self.call, exclude_defaults=True)) != self.call:
            raise Fault("the state does not survive being saved")
        for command in commands:
            if not isinstance(command, do.Write):
                self.story.append(f"    -> {type(command).__name__} {_short(command)}")
            self.check(command)
            self.orders.append(command)

    def check(self, command: do.Command) -> None:
        match command:
            case do.Ring(offer=offer):
                doctor = next(item.doctor for item in self.call.doctors if item.offer == offer)
                earlier = [item for item in self.call.doctors if item.doctor == doctor and item.offer != offer]
                if any(item.result == "declined" for item in earlier):
                    raise Fault(f"{doctor} said no and is rung")
                if any(not item.gone for item in earlier):
                    raise Fault(f"{doctor} is rung while still in this call")
            case do.BridgeLegs(offer=offer, patient=first) if first == self.call.patient.channel:
                if any(item.offer != offer for item in self.call.in_talk):
                    raise Fault("a second doctor is joined with the patient")
                if self.call.reach:
                    raise Fault("joined with a patient who has not pressed 1")
            case do.Perform(wait=wait) if any(each.startswith(RECORDING) for each in wait.prompts):
                if self.call.reach or "begun" not in self.told:
                    raise Fault("a message is spoken to whoever has pressed nothing, or nobody was told that it is")
            case do.TellMessage(outcome=outcome):
                if set(self.told) - {"begun"} or outcome in self.told:
                    raise Fault(f"{outcome} is told after {self.told}")
                self.told.append(outcome)
            case do.Release(offer=offer):
                if offer in self.released:
                    raise Fault(f"{offer} is released twice")
                self.released.append(offer)

    # --- Asterisk ---------------------------------------------------------------------------------------------------

    def carry_out(self) -> None:
        command = self.orders.popleft()
        match command:
            case do.Perform(channel=channel, wait=wait):
                if self._is(channel, "agi"):
                    self.legs[channel].waits.append(wait)
            case do.Probe(channel=channel, wait=wait):
                if self._is(channel, "agi") and wait.seq not in [each.seq for each in self.legs[channel].waits]:
                    self.news.append(ev.WaitLost(self.at, channel, wait.seq))
            case do.FindDoctor():
                self.searching = self.call.wants_a_doctor
            case do.StopFinding():
                self.searching = False
            case do.Ring(channel=channel) | do.RingThird(channel=channel) | do.RingPatient(channel=channel):
                self.legs[channel] = Telephone("ringing")
                self.news.append(ev.LegRinging(self.at, channel))
            case do.BridgeLegs(offer=offer, patient=first, doctor=second):
                self._bridge(offer, first, second)
            case do.TakeOut(channel=channel):
                if self._is(channel, "agi", "pair", "room"):
                    self._into_agi(channel)
            case do.Join(channel=channel):
                if self._is(channel, "agi", "pair"):
                    self._leave(channel)
                    self.legs[channel].place = "room"
            case do.HangUp(channel=channel, polite=polite):
                self._hang_up(channel, polite)
            case do.Finish():
                self.finished = True

    def _bridge(self, offer: str, first: str, second: str) -> None:
        if not all(self._is(channel, "agi", "pair", "room") for channel in (first, second)):
            self.news.append(ev.BridgeFailed(self.at, offer, "no such channel"))
            return
        for channel in (first, second):
            self._leave(channel)
        for channel, other in ((first, second), (second, first)):
            self.legs[channel] = Telephone("pair", other=other)
        self.news.append(ev.BridgeMade(self.at, offer))

    def _hang_up(self, channel: str, polite: bool) -> None:
        leg = self.legs.get(channel)
        if leg is None or leg.place == "gone":
            return
        if polite and leg.place != "ringing":
            self._leave(channel)
            leg.place = "farewell"
        else:
            self.end(channel, 16)

    def end(self, channel: str, cause: int) -> None:
        self._leave(channel)
        self.legs[channel].place = "gone"
        self.news.append(ev.LegEnded(self.at, channel, cause, "as told"))

    def _leave(self, channel: str) -> None:
        """Whoever was with the leg goes on in the dialplan."""
        leg = self.legs[channel]
        leg.waits.clear()
        other, leg.other = leg.other, ""
        if other and self.legs[other].other == channel:
            self.legs[other].other = ""
            self._into_agi(other)

    def _into_agi(self, channel: str) -> None:
        self._leave(channel)
        self.legs[channel].place = "agi"
        self.news.append(ev.LegReady(self.at, channel))

    def _is(self, channel: str, *places: Place) -> bool:
        return channel in self.legs and self.legs[channel].place in places

    # --- what may happen --------------------------------------------------------------------------------------------

    def acts(self) -> list[tuple[str, Act]]:
        acts: list[tuple[str, Act]] = []
        if self.news:
            acts += [("hears", self._hear_next)] * 4
        if self.orders:
            acts += [("carries out", self.carry_out)] * 4
        acts += self._of_the_search()
        for channel, leg in list(self.legs.items()):
            acts += self._of_a_leg(channel, leg)
        return acts

    def restart(self) -> None:
        """The controller dies and comes back; Asterisk went on."""
        self.orders.clear()
        self.news.clear()
        self.searching = False
        live = {item.offer for item in self.call.doctors if not item.gone}
        self.released += [offer for offer in self.claims if offer not in live and offer not in self.released]
        if self.call.over:
            return
        present = frozenset(channel for channel, leg in self.legs.items() if leg.place != "gone")
        ours = frozenset(c for c, leg in self.legs.items() if leg.place in ("agi", "farewell"))
        bridged = frozenset(c for c, leg in self.legs.items() if leg.place in ("pair", "room"))
        room = frozenset(c for c, leg in self.legs.items() if leg.place == "room")
        self.hear(ev.Surveyed(self.at, present & self.call.channels, ours, bridged, room=room))

    def _hear_next(self) -> None:
        self.hear(self.news.popleft())

    def _of_the_search(self) -> list[tuple[str, Act]]:
        if not self.searching:
            return []
        return [
            ("a doctor is found", self._claim),
            ("a doctor is found", self._claim),
            ("all are busy", lambda: self.news.append(ev.NobodyFree(self.at, ALL_BUSY))),
            ("nobody is there", lambda: self.news.append(ev.NobodyFree(self.at, NOBODY))),
        ]

    def _claim(self) -> None:
        number = len(self.claims) + 1
        search = self.call.search
        held = {self.claims[o] for o in self.claims if o not in self.released}
        known = [f"d{n}" for n in range(1, number + 1)]
        free = [d for d in known if d not in held and (search is None or d not in search.declined)]
        offer, doctor = f"o{number}", free[0]
        self.claims[offer] = doctor
        self.news.append(ev.DoctorClaimed(self.at, offer, doctor, f"{doctor}-phone", "+919800000001", offer))

    def _of_a_leg(self, channel: str, leg: Telephone) -> list[tuple[str, Act]]:
        acts: list[tuple[str, Act]] = []
        if leg.place == "gone":
            return acts
        if leg.place == "ringing":
            acts += [(f"{channel} answers", lambda: self._into_agi(channel))] * 4
            acts += [(f"{channel} does not answer", lambda: self.end(channel, 19))]
        if leg.place == "farewell":
            return [(f"{channel} has heard the farewell", lambda: self.end(channel, 16))]
        if leg.place == "agi" and leg.waits:
            acts += self._answers(channel, leg)
        if leg.place in ("pair", "room") and channel.startswith("o"):
            acts += [(f"{channel} presses *{key}", self._star(channel, key)) for key in _STAR_KEYS]
        acts += [(f"{channel} ends, {cause}", self._end(channel, cause)) for cause in (16, 38)]
        return acts

    def _end(self, channel: str, cause: int) -> Act:
        return lambda: self.end(channel, cause)

    def _star(self, channel: str, key: str) -> Act:
        return lambda: self.news.append(ev.DoctorKey(self.at, channel, key))

    def _answers(self, channel: str, leg: Telephone) -> list[tuple[str, Act]]:
        wait = leg.waits[0]

        def answer(event: ev.Event) -> Act:
            def act() -> None:
                leg.waits.popleft()
                self.at += timedelta(seconds=wait.seconds)
                self.news.append(event)

            return act

        match wait.kind:
            case "ask":
                patient = channel == self.call.patient.channel
                keys = _PATIENTS_KEYS if patient and self.call.reach != "asked" else _DOCTORS_KEYS
                return [
                    (f"{channel} keys {digits}", answer(ev.KeysCollected(self.at, channel, wait.seq, digits)))
                    for digits in keys
                ]
            case "play":
                return [(f"{channel} has heard it", answer(ev.PlaybackEnded(self.at, channel, wait.seq)))]
            case "dial":
                return [
                    (f"{channel}: {status}", answer(ev.DialEnded(self.at, channel, wait.seq, status, 5)))
                    for status in ("ANSWER", "BUSY")
                ]
            case "record":
                return [("recorded", answer(ev.MessageRecorded(self.at, channel, wait.seq, None, 0.0)))]
            case "service":
                return [("served", answer(ev.ServiceAnswered(self.at, channel, wait.seq, "failed")))]

    # --- a story up to here -----------------------------------------------------------------------------------------

    def key(self, channel: str, digits: str) -> None:
        """Somebody answers what is asked, and everything comes of it that does."""
        self.settle()
        wait = self.legs[channel].waits.popleft()
        self.news.append(ev.KeysCollected(self.at, channel, wait.seq, digits))
        self.settle()

    def star(self, channel: str, key: str) -> None:
        self.news.append(ev.DoctorKey(self.at, channel, key))
        self.settle()

    def doctor_accepts(self) -> str:
        """The next doctor is found, rung, and presses 1; whose leg it is."""
        self._claim()
        self.settle()
        channel = f"o{len(self.claims)}"
        self._into_agi(channel)
        self.key(channel, "1")
        return channel

    # --- looking at it ----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything arrive; then nobody is in silence, and nobody with whom they should not be."""
        self.settle_blindly()
        self._look()

    def _look(self) -> None:
        call, patient = self.call, self.call.patient.channel
        doctors = {item.leg.channel: item for item in call.doctors}
        room = [channel for channel, leg in self.legs.items() if leg.place == "room"]
        if len(room) == 1:
            raise Fault(f"{room[0]} is alone in the room")
        if patient in room and not any(c in doctors or c.startswith("leg-third") for c in room if c != patient):
            raise Fault("the patient is alone in the room")
        for channel, leg in self.legs.items():
            if leg.place == "agi" and not leg.waits:
                raise Fault(f"{channel} stands in silence")
            if leg.place == "pair" and channel in doctors:
                stage = doctors[channel].stage
                if patient == leg.other and stage not in ("bridged",):
                    raise Fault(f"{channel} talks with the patient and is {stage}")
                if patient != leg.other and stage != "private":
                    raise Fault(f"{channel} talks with a doctor and is {stage}")
            if leg.place == "room" and channel in doctors and doctors[channel].stage != "joined":
                raise Fault(f"{channel} is in the room and is {doctors[channel].stage}")
        for item in call.doctors:
            leg_at = self.legs.get(item.leg.channel)
            if not item.gone and (leg_at is None or leg_at.place == "gone"):
                raise Fault(f"{item.offer} is gone and nobody knows")
            if item.stage == "bridged" and not item.gone and leg_at is not None and leg_at.place != "pair":
                raise Fault(f"{item.offer} is bridged and stands in {leg_at.place}")

    def end_all(self) -> None:
        """Everybody hangs up; then the call is over and everybody is free."""
        for _ in range(50):
            self.settle_blindly()
            up = [channel for channel, leg in self.legs.items() if leg.place != "gone"]
            if not up:
                break
            self.end(up[0], 16)
        self.settle_blindly()
        if self.call.reach == "to_ring" and not self.call.over:
            self.hear(ev.CalledOff(self.at))
            self.settle_blindly()
        if not self.call.over:
            raise Fault("everybody has hung up, and the call is not over")
        held = [offer for offer in self.claims if offer not in self.released]
        if held:
            raise Fault(f"never released: {held}")
        if self.call.message and not set(self.told) - {"begun"}:
            raise Fault("nobody is told what became of the message")

    def settle_blindly(self) -> None:
        for _ in range(200):
            if self.orders:
                self.carry_out()
            elif self.news:
                self._hear_next()
            else:
                return
        raise Fault("it never comes to rest")


def _short(thing: object) -> str:
    fields = {name: value for name, value in vars(thing).items() if name not in ("at", "why", "data")}
    wait = fields.pop("wait", None)
    if isinstance(wait, Wait):
        fields |= {"seq": wait.seq, "what": wait.kind, "said": "+".join(wait.prompts) or ("♪" if wait.music else "")}
    return " ".join(f"{name}={value}" for name, value in fields.items())
