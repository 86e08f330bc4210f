"""A telephone with a number: it dials, it rings, and it may have ways of its own (busy, voicemail, …)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from phones.call import PhoneCall
from phones.errors import PhoneError
from phones.leg import EndCause, KeyWay, Leg
from phones.sip_capture import SipMessage
from phones.voice import murmur

if TYPE_CHECKING:
    from phones.network import PhoneNetwork

Behaviour = Literal["rings", "busy", "unallocated", "unreachable", "voicemail", "auto_accept"]

# What an operator answers for a phone that cannot be rung.
_REFUSALS: dict[Behaviour, int] = {"busy": 486, "unallocated": 404, "unreachable": 480}
_REJECTIONS = (404, 480, 486, 503, 603)


class IncomingCall:
    """A call that rings at a phone and is not answered yet."""

    def __init__(self, network: PhoneNetwork, leg: Leg) -> None:
        self._network = network
        self._leg = leg

    @property
    def caller_id(self) -> str:
        """The number on the display; empty when it was withheld."""
        return self._leg.other

    @property
    def rang_at(self) -> float | None:
        return self._leg.rang_at

    @property
    def is_ringing(self) -> bool:
        return self._leg.answered_at is None and self._leg.ended_at is None

    def answers(self, timeout: float = 3.0) -> PhoneCall:
        """Pick up; returns when both ways of sound are open."""
        self._network.run(self._network.switchboard.answer(self._leg))
        call = self._network.call_of(self._leg)
        call.answered(timeout)
        return call

    def rejects(self, status: int = 603) -> None:
        """Refuse with a SIP status: 404 unknown, 480 switched off, 486 busy, 503 out of order, 603 declined."""
        if status not in _REJECTIONS:
            raise PhoneError(f"a phone rejects with one of {_REJECTIONS}, not {status}")
        self._network.run(self._network.switchboard.reject(self._leg, status))

    def stopped_ringing(self, within: float = 1.0) -> EndCause:
        """Wait until the caller gave up."""
        if not self._network.wait_until(lambda: self._leg.ended_at is not None, within):
            raise PhoneError(f"{self._leg.number} is still {self._leg.state()} after {within:g} s")
        assert self._leg.end_cause is not None
        return self._leg.end_cause

    def sip_messages(self) -> list[SipMessage]:
        """Every SIP message of this call, in order."""
        return self._network.call_of(self._leg).sip_messages()


class Phone:
    """One number of the network. Get it from `PhoneNetwork.patient`, `.doctor` or `.phone`."""

    def __init__(self, network: PhoneNetwork, number: str) -> None:
        self._network = network
        self.number = number
        self._behaviour: Behaviour = network.default_behaviour
        self._ringing: list[Leg] = []
        self._legs: list[Leg] = []

    def dials(
        self, dialled: str, withheld: bool = False, caller_id: str | None = None, keys_as: KeyWay = "rfc4733"
    ) -> PhoneCall:
        """Dial through the trunk and return at once. `caller_id` is sent instead of the number as it stands.

        `keys_as` chooses the operator's trunk by how it carries keys; withheld numbers go through the first only.
        """
        if withheld and keys_as != "rfc4733":
            raise PhoneError("only the trunk with RFC 4733 keys withholds numbers")
        board = self._network.switchboard
        leg = self._network.run(board.dial(caller_id or self.number, dialled, withheld, keys_as))
        self._legs.append(leg)
        if not self._network.wait_until(lambda: leg.channel is not None or leg.ended_at is not None, 3.0):
            raise PhoneError(f"{self.number} could not dial {dialled}: the operator made no call of it within 3 s")
        return self._network.call_of(leg)

    def behaves(self, behaviour: Behaviour) -> None:
        """From the next call on: ring until handled, or refuse, or answer by itself.

        "unreachable" is a phone switched off (480); "voicemail" answers, talks and never presses; "auto_accept"
        answers and presses 1 when it hears somebody speak.
        """
        self._behaviour = behaviour

    def rings(self, timeout: float = 5.0) -> IncomingCall:
        """Wait for a call that rings here and was not returned before."""
        if not self._network.wait_until(lambda: any(leg.ended_at is None for leg in self._ringing), timeout):
            gone = ", ".join(leg.state() for leg in self._ringing) or "nobody called"
            raise PhoneError(f"{self.number} did not ring within {timeout:g} s: {gone}")
        leg = next(leg for leg in self._ringing if leg.ended_at is None)
        self._ringing.remove(leg)
        return IncomingCall(self._network, leg)

    @property
    def rang(self) -> int:
        """How many calls came in so far, handled or not."""
        return sum(leg.incoming for leg in self._legs)

    @property
    def calls(self) -> list[PhoneCall]:
        """Every call of this phone, oldest first; those it answered by itself among them."""
        return [self._network.call_of(leg) for leg in self._legs]

    # --- in the network's loop --------------------------------------------------------------------------------------

    def called(self, leg: Leg) -> None:
        """The exchange has a call for this phone."""
        board = self._network.switchboard
        self._legs.append(leg)
        if self._behaviour in _REFUSALS:
            board.soon(board.reject(leg, _REFUSALS[self._behaviour]))
            return
        board.soon(board.show_ringing(leg))
        if self._behaviour == "rings":
            self._ringing.append(leg)
        elif self._behaviour == "voicemail":
            board.soon(self._talk_like_voicemail(leg))
        else:
            board.soon(self._accept(leg))

    async def _talk_like_voicemail(self, leg: Leg) -> None:
        await self._network.switchboard.answer(leg)
        await self._network.until(lambda: leg.line is not None, 3.0)
        if leg.line is not None:
            leg.line.mouth.say(murmur(8.0))

    async def _accept(self, leg: Leg) -> None:
        await self._network.switchboard.answer(leg)
        if await self._network.until(leg.hears_sound, 15.0):
            await self._network.switchboard.press(leg, "1")
            await asyncio.sleep(1.0)
            if leg.line is not None:
                leg.line.mouth.say(murmur(60.0))
