"""A helpline without its controller: the test itself says what callers are asked, and sees what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cli.rehearsal import Rehearsal
from config.clock import utc_now
from ivr import commands as do
from ivr import translation
from ivr.ami.connection import AmiConnection, watch
from ivr.events import Event, KeysCollected, LegEnded, MessageRecorded
from ivr.performer import Performer
from ivr.state import Call, Leg, Wait
from ivr.wire_names import parse_command_name
from phones.background import Background
from phones.call import PhoneCall
from prompts.store import PromptStore

E = TypeVar("E", bound=Event)


@dataclass
class Caller:
    """Somebody on the line: asked by the test, heard by the test."""

    line: BareLine
    phone: PhoneCall
    call: Call
    wait: Wait | None = None
    events: list[Event] = field(default_factory=list)
    seen: int = 0

    def is_asked(self, *prompts: str, most: int = 1, seconds: float = 5.0, music: bool = False) -> None:
        """Begin a question; `next_keys` tells the answer."""
        self._begin(Wait(0, "ask", prompts, most, seconds, music))

    def is_recorded(self, *prompts: str, seconds: float) -> None:
        self._begin(Wait(0, "record", prompts, seconds=seconds))

    def is_probed(self) -> None:
        """As the next controller does with the last question."""
        assert self.wait is not None
        self.line.perform(self.call, do.Probe(self.call.patient.channel, self.wait))

    def hears_language(self, language: str) -> None:
        self.line.perform(self.call, do.SetLanguage(self.call.patient.channel, language))

    def next_keys(self, timeout: float = 10.0) -> str | None:
        """The answer to the question that was asked last."""
        return self.next_event(KeysCollected, timeout).digits

    def next_message(self, timeout: float = 10.0) -> MessageRecorded:
        return self.next_event(MessageRecorded, timeout)

    def next_event(self, kind: type[E], timeout: float) -> E:
        """The next of this kind that was not seen yet."""
        found: list[E] = []

        def come() -> bool:
            found[:] = [event for event in self.events[self.seen :] if isinstance(event, kind)]
            return bool(found)

        assert self.line.background.wait_until(come, timeout), f"no {kind.__name__} within {timeout:g} s"
        self.seen = self.events.index(found[0]) + 1
        return found[0]

    def _begin(self, wait: Wait) -> None:
        self.wait = replace(wait, seq=1 if self.wait is None else self.wait.seq + 1)
        self.line.perform(self.call, do.Perform(self.call.patient.channel, self.wait, start_music=wait.music))


class BareLine:
    """Stands where the controller would: AMI and the performer, without flows, doctors or records."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.net = rehearsal.net
        self.recordings = rehearsal.folder / "recordings"
        self.background = Background()
        self._settings = rehearsal.settings
        self._callers: dict[str, Caller | None] = {}
        self._arrivals: list[translation.Arrival] = []
        self.background.start()
        self.background.run(self._start(), 15)

    async def _start(self) -> None:
        settings = self._settings
        self._ami = AmiConnection(
            "127.0.0.1", settings.ami_port, "controller", settings.ami_secret, on_event=self._on_event
        )
        self.lengths = PromptStore(settings.prompts_dir).durations(settings.language)
        self._performer = Performer(self._ami, lambda *_: None, self.lengths, 20, lambda _: True, self.recordings)
        await self._ami.start()
        self._beats()
        self._watch = asyncio.get_running_loop().create_task(watch(self._ami, _heartbeat, 2.0, 3.0))

    def _beats(self) -> None:
        self._ami.send("Setvar", _heartbeat())

    def close(self) -> None:
        async def stop() -> None:
            self._watch.cancel()
            await self._ami.stop()

        self.background.run(stop())
        self.background.stop()

    def prompt(self, seconds: float) -> str:
        """The prompt whose length is nearest to `seconds`: what it says does not matter here."""
        return min(self.lengths.keys() - {"listen"}, key=lambda name: abs(self.lengths[name] - seconds))

    def takes(self, phone: PhoneCall) -> Caller:
        """The caller, once the dialplan has handed the call on."""
        phone.answered()
        found: list[translation.Arrival] = []

        def come() -> bool:
            found[:] = [item for item in self._arrivals if item.caller.endswith(phone.number[-10:])]
            return bool(found)

        assert self.background.wait_until(come, 3), "the call was not handed on"
        arrival = found[-1]
        self._arrivals.remove(arrival)
        leg = Leg("leg-1", arrival.channel, name=arrival.name)
        call = Call(
            f"call-{int(time.time())}-{len(self._callers)}",
            arrival.linkedid,
            "line",
            "104",
            None,
            "108",
            "hi",
            utc_now(),
            leg,
        )
        caller = self._callers[arrival.channel] = Caller(self, phone, call)
        return caller

    def perform(self, call: Call, command: do.Command) -> None:
        async def now() -> None:
            self._performer.perform(call, command)

        self.background.run(now())

    def _on_event(self, event: Mapping[str, str]) -> None:
        kind = event["Event"]
        if kind == "AsyncAGIStart":
            self._arrivals.append(translation.arrival_of(event))
        elif kind == "AsyncAGIExec" and (name := parse_command_name(event.get("CommandId", ""))):
            answer = translation.answer_of(name, event.get("Result", ""), utc_now())
            caller = self._callers.get(name.channel)
            if caller is not None and answer is not None:
                caller.events.append(answer)
        elif kind == "Hangup" and (caller := self._callers.get(event.get("Uniqueid", ""))):
            caller.events.append(LegEnded(utc_now(), event["Uniqueid"], 0, ""))
        self.background.changed()


def _heartbeat() -> dict[str, str]:
    return {"Variable": "HELPLINE_HEARTBEAT", "Value": str(int(utc_now().timestamp()))}
