"""The operator's hands inside the second Asterisk: AMI events become legs, wishes become AMI actions (in the loop)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ivr.ami.connection import AmiConnection, AmiError, AmiLost, Event
from ivr.ami.wire import parse_agi_environment
from phones.audio_socket import AudioServer
from phones.ears import RATE
from phones.errors import PhoneError
from phones.leg import EndCause, KeyWay, Leg
from phones.voice import key_tone

# AMI's PlayDTMF holds its session for the 100 ms it plays, so keys have sessions of their own.
_KEY_SESSIONS = 4
# Ordinary refusals as Q.850 causes, so that the Reason header tells the same as the status.
_CAUSES = {404: 1, 480: 20, 486: 17, 503: 34}
# Asterisk 22.10's AMI can lose its own wake-up and keep an event until the next input (asterisk issue 2145; seen once
# in some 3,000 calls): a ping brings it out.
_PING_EVERY = 0.1
_RINGING, _UP = "5", "6"


class Switchboard:
    """Knows every leg. `on_ringing` is called (in the loop) with each leg that the helpline dialled."""

    def __init__(self, helpline: str, changed: Callable[[], None], on_ringing: Callable[[Leg], None]) -> None:
        self._helpline = helpline
        self._changed = changed
        self._on_ringing = on_ringing
        self._by_id: dict[str, Leg] = {}
        self._by_channel_id: dict[str, Leg] = {}
        self._ami: AmiConnection | None = None
        self._keys: asyncio.Queue[AmiConnection] = asyncio.Queue()
        self._sessions: list[AmiConnection] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._booted = asyncio.Event()
        self.audio = AudioServer(self._by_id.get)

    @property
    def ami(self) -> AmiConnection:
        if self._ami is None:
            raise PhoneError("the telephone network is not running")
        return self._ami

    @property
    def legs(self) -> list[Leg]:
        return list(self._by_id.values())

    async def connect(self, port: int, secret: str) -> None:
        """Sign in and wait until Asterisk is ready for calls."""
        self._ami = AmiConnection(
            "127.0.0.1", port, "phones", secret, on_event=self._event, on_down=lambda: self._lost_all("it died")
        )
        self._sessions.append(self._ami)
        await self._ami.start()
        await asyncio.wait_for(self._booted.wait(), 10)
        self.soon(self._ping())
        for _ in range(_KEY_SESSIONS):
            session = AmiConnection("127.0.0.1", port, "phones", secret, on_event=lambda event: None)
            self._sessions.append(session)
            await session.start()
            await session.action("Events", {"EventMask": "off"})
            self._keys.put_nowait(session)

    async def disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        for session in self._sessions:
            await session.stop()
        self._lost_all("it was stopped")
        await self.audio.stop()

    def soon(self, work: Any) -> None:
        """Do `work` (a coroutine) beside everything else, until the network stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a phone that vanished while it was being told something is no error

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(_PING_EVERY)
            with contextlib.suppress(AmiError, AmiLost):
                await self.ami.action("Ping", timeout=1.0)

    # --- what phones wish -------------------------------------------------------------------------------------------

    async def dial(self, number: str, dialled: str, withheld: bool, keys_as: KeyWay = "rfc4733") -> Leg:
        """Dial through the trunk; the leg's events tell what comes of it. PhoneError when the exchange refuses."""
        leg = Leg(number, dialled, incoming=False, keys_as=keys_as, changed=self._changed)
        trunk = "-withheld" if withheld else "" if keys_as == "rfc4733" else f"-{keys_as}"
        self._by_id[leg.id] = self._by_channel_id[leg.id] = leg
        headers: dict[str, Any] = {
            "Channel": f"PJSIP/helpline{trunk}/sip:{dialled}@{self._helpline}",
            "Context": "listening",
            "Exten": "s",
            "Priority": "1",
            "Async": "true",
            "Timeout": "120000",
            "ChannelId": leg.id,
            # The operator's own mark (RFC 7315) tells this call's messages in the capture.
            "Variable": [f"PHONE_CALL={leg.id}", f"PJSIP_HEADER(add,P-Charging-Vector)=icid-value={leg.id}"],
        }
        if withheld:
            headers["Variable"].append("PJSIP_HEADER(add,Privacy)=id")
        else:
            headers["CallerID"] = f"<{number}>"
        await self._act("Originate", headers)
        return leg

    async def show_ringing(self, leg: Leg) -> None:
        """Send 180 to the caller."""
        leg.rang_at = time.monotonic()
        self._changed()
        await self._agi(leg, "EXEC Ringing")

    async def answer(self, leg: Leg) -> None:
        # Option i: Answer would otherwise wait up to half a second for the caller's first frame.
        await self._agi(leg, "EXEC Answer ,i")
        await self._agi(leg, f"EXEC AudioSocket {leg.id},127.0.0.1:{self.audio.port}")

    async def reject(self, leg: Leg, status: int) -> None:
        """Answer an unanswered INVITE with a SIP status (400-699)."""
        leg.ended_here = True
        action, cause = ("Hangup", _CAUSES[status]) if status in _CAUSES else ("PJSIPHangup", status)
        await self._act(action, {"Channel": self._channel(leg), "Cause": cause})

    async def hang_up(self, leg: Leg) -> None:
        leg.ended_here = True
        if leg.channel is not None:
            await self._act("Hangup", {"Channel": leg.channel, "Cause": 16})

    async def press(self, leg: Leg, keys: str, seconds: float = 0.1, pause: float = 0.1) -> None:
        """Press keys one after the other, as the leg's trunk carries them: RFC 4733 events or SIP INFO."""
        session = await self._keys.get()
        try:
            for index, key in enumerate(keys):
                if index:
                    await asyncio.sleep(pause)
                leg.keys_pressed.append((key, time.monotonic()))
                await self._act(
                    "PlayDTMF",
                    {"Channel": self._channel(leg), "Digit": key, "Duration": round(seconds * 1000)},
                    session,
                )
            await asyncio.sleep(pause)
        finally:
            self._keys.put_nowait(session)

    async def press_in_the_sound(self, leg: Leg, keys: str, seconds: float, pause: float) -> None:
        """Press keys as tones in what the phone says; returns when they are said."""
        self._channel(leg)
        assert leg.line is not None
        quiet = np.zeros(round(pause * RATE), dtype=np.int16)
        leg.line.mouth.say(np.concatenate([part for key in keys for part in (key_tone(key, seconds), quiet)]))
        for key in keys:
            leg.keys_pressed.append((key, time.monotonic()))
            await asyncio.sleep(seconds + pause)

    async def command(self, line: str) -> str:
        """Run a line of Asterisk's console and return what it printed."""
        return str((await self._act("Command", {"Command": line})).get("Output", ""))

    async def channels(self) -> list[str]:
        try:
            return [str(event["Channel"]) for event in await self.ami.listing("CoreShowChannels")]
        except (AmiError, AmiLost) as error:
            raise PhoneError(f"the network does not answer: {error}") from error

    def _channel(self, leg: Leg) -> str:
        if leg.channel is None or leg.ended_at is not None:
            raise PhoneError(f"the call of {leg.number} with {leg.other} is {leg.state()}")
        return leg.channel

    async def _agi(self, leg: Leg, command: str) -> None:
        await self._act("AGI", {"Channel": self._channel(leg), "Command": command, "CommandID": leg.id})

    async def _act(self, action: str, headers: dict[str, Any], session: AmiConnection | None = None) -> Any:
        try:
            return await (session or self.ami).action(action, headers)
        except (AmiError, AmiLost) as error:
            raise PhoneError(f"the network could not do it: {error}") from error

    # --- what Asterisk tells ----------------------------------------------------------------------------------------

    def _event(self, event: Event) -> None:
        name = event.get("Event")
        if name == "FullyBooted":
            self._booted.set()
        elif name == "AsyncAGIStart":
            self._rung(event)
        elif leg := self._by_channel_id.get(event.get("Uniqueid", "")):
            self._leg_event(leg, str(name), event)

    def _rung(self, event: Event) -> None:
        call = parse_agi_environment(event["Env"])
        caller = call.get("agi_callerid", "")
        leg = Leg(call["agi_extension"], "" if caller == "unknown" else caller, incoming=True, changed=self._changed)
        leg.channel = event["Channel"]
        self._by_id[leg.id] = self._by_channel_id[event["Uniqueid"]] = leg
        leg.sip_call_id = call.get("agi_arg_1")
        self._on_ringing(leg)
        self._changed()

    def _leg_event(self, leg: Leg, name: str, event: Event) -> None:
        if name == "Newchannel":
            leg.channel = event["Channel"]
        elif name == "Newstate" and event.get("ChannelState") == _RINGING:
            leg.rang_at = leg.rang_at or time.monotonic()
        elif name == "Newstate" and event.get("ChannelState") == _UP:
            leg.answered_at = leg.answered_at or time.monotonic()
        elif name == "Hangup" or (name == "OriginateResponse" and leg.channel is None and _failed(event)):
            self._ended(leg, event)
        self._changed()

    def _ended(self, leg: Leg, event: Event) -> None:
        sip = event.get("TechCause", "")
        leg.end(
            EndCause(
                int(event.get("Cause") or 0),
                event.get("Cause-txt") or "no reason given",
                int(sip) if sip.isdigit() else None,
                "this phone" if leg.ended_here else "the other side",
            )
        )

    def _lost_all(self, why: str) -> None:
        for leg in self._by_id.values():
            leg.end(EndCause(0, f"the telephone network is gone: {why}", None, "the network"))


def _failed(event: Event) -> bool:
    # On a busy machine the response overtakes Newchannel: no channel yet is no failure.
    return event.get("Response") == "Failure"
