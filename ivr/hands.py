"""Who does what a decision wants: the matchmaker searches, services are asked, all else goes out to Asterisk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ivr import commands as do
from ivr.events import DoctorClaimed
from ivr.matchmaker import Matchmaker
from ivr.performer import Performer
from ivr.service_window import ServiceWindow
from ivr.state import Call
from ivr.waiting_room import WaitingRoom
from routing.policy import WaitingCall


@dataclass(frozen=True)
class Hands:
    matchmaker: Matchmaker
    services: ServiceWindow
    performer: Performer
    room: WaitingRoom
    struck: Callable[[], None] = lambda: None

    def carry_out(self, call: Call, commands: Iterable[do.Command]) -> None:
        """Have everything done, in order; what comes of it comes back as events."""
        for command in commands:
            match command:
                case do.Perform(channel=channel, wait=wait) if wait.kind == "service":
                    self.services.ask(call, channel, wait)
                case do.FindDoctor():
                    self._find_doctor(call)
                case do.StopFinding():
                    self.matchmaker.remove(call.id)
                    self.room.leaves(call.id)
                case do.Release():
                    self.matchmaker.release(command)
                    self.room.talked(call, command)
                case do.Strike():
                    self.struck()
                case do.Write(kind="call.bridged"):
                    self.room.talks(call)
                case _:
                    self.performer.perform(call, command)

    def give_back(self, claim: DoctorClaimed) -> None:
        """Let a doctor go who was claimed for a call that is over."""
        self.matchmaker.release(do.Release(claim.offer, claim.at, keep_place=True))

    def forget(self, call_id: str) -> None:
        """The call is over: it looks for nobody."""
        self.matchmaker.remove(call_id)
        self.room.leaves(call_id)

    def _find_doctor(self, call: Call) -> None:
        # By the end of the decision the call may have found, or want nobody any more.
        if call.wants_a_doctor:
            self.room.enters(waiting := _waiting(call))
            self.matchmaker.add(waiting, call.caller or "", frozenset(item.offer for item in call.doctors))


def _waiting(call: Call) -> WaitingCall:
    """The call as routing sees it."""
    search = call.search
    assert search is not None
    answers = call.patient.flow.answers if call.patient.flow is not None else {}
    return WaitingCall(
        call.id,
        search.category,
        search.since,
        frozenset(search.declined),
        search.tried,
        priority=search.priority,
        skills=search.skills,
        level=search.level,
        language=call.language,
        district=answers.get("district", ""),
        state=answers.get("state", ""),
        preferred=search.preferred,
        preferred_until=search.preferred_until,
        gender=search.gender,
        offered=frozenset(item.doctor for item in call.offers),
        tried_phones=frozenset(search.tried_phones),
        line=call.dialled,
    )
