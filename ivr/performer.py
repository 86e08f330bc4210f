"""Does what decisions want: AMI actions out. Thin on purpose; nothing here decides anything about a call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from config.clock import utc_now
from config.frozen import replace
from config.numbers import dialable
from ivr import commands as do
from ivr.ami.connection import AmiConnection, AmiError, AmiLost
from ivr.errors import IvrError
from ivr.events import BridgeFailed, BridgeMade, DialEnded, Event, LegEnded
from ivr.speaking import RECORDING
from ivr.state import Call, Wait
from ivr.translation import DOCTOR_CONTEXT, PATIENT_CONTEXT, ROOM_EXTENSION, THIRD_CONTEXT
from ivr.wire_names import CommandName, commands_of, longest_seconds, probe_of, skipping

log = logging.getLogger(__name__)

# How long after the expected end of a wait the dialplan takes the call back (TIMEOUT(absolute) -> apology).
GRACE_SECONDS = 7
# A prompt whose length is unknown is taken to be this long.
_UNKNOWN_PROMPT_SECONDS = 15.0
_ALAW_BYTES_PER_SECOND = 8000
_HANGUP_RETRY_SECONDS = 0.05
_SHORTEST_MUSIC_SECONDS = 2.0
_THIRD_RINGS_SECONDS = 45
_BEEP_MILLISECONDS = 150
_NORMAL_CLEARING = "16"
_USER_BUSY = "17"
_UNALLOCATED = "1"  # an unanswered caller is told 404


class Performer:
    """Sends AMI actions for one call at a time. `emit(call_id, event)` gets what comes back.

    `durations` are prompt lengths in seconds by id; `is_live(channel)` tells whether a leg has not ended yet; callers'
    messages are written to the folder `recordings`.
    """

    def __init__(
        self,
        ami: AmiConnection,
        emit: Callable[[str, Event], None],
        durations: Mapping[str, float],
        ring_seconds: int,
        is_live: Callable[[str], bool],
        recordings: Path,
    ) -> None:
        self._ami = ami
        self._emit = emit
        self._durations = durations
        self._ring_seconds = ring_seconds
        self.patient_ring_seconds = 30
        self._is_live = is_live
        self._recordings = recordings.absolute()
        self._tasks: set[asyncio.Task[None]] = set()

    def perform(self, call: Call, command: do.Command) -> None:
        """Send what `command` needs. What goes wrong is logged, or comes back as an event."""
        try:
            match command:
                case do.Perform(channel=channel, wait=wait) if wait.kind == "dial" and not dialable(wait.target):
                    log.error("%s: %r may not be dialled", call.id, wait.target)
                    self._emit(call.id, DialEnded(utc_now(), channel, wait.seq, "CHANUNAVAIL", 0))
                case do.Perform(channel=channel, wait=wait, start_music=start_music):
                    self._begin(call, channel, wait, start_music)
                case do.SetLanguage(channel=channel, language=language):
                    self._set_language(channel, language)
                case do.Probe(channel=channel, wait=wait):
                    self._arm(channel, wait)
                    self._agi(channel, *probe_of(channel, wait))
                case do.Ring():
                    self._spawn(self._ring(call, command))
                case do.RingPatient():
                    self._spawn(self._ring_patient(call, command))
                case do.BridgeLegs():
                    self._spawn(self._bridge(call, command))
                case do.TakeOut(channel=channel):
                    self._go(channel, *_place(call, channel), "back")
                case do.Join(channel=channel):
                    self._join(call, channel)
                case do.RingThird():
                    self._spawn(self._ring_third(call, command))
                case do.Signal(channel=channel, keys=keys):
                    for key in keys:
                        self._ami.send("PlayDTMF", {"Channel": channel, "Digit": key, "Duration": _BEEP_MILLISECONDS})
                case do.LetBe(channel=channel):
                    self.arm(channel, 0)
                case do.HangUp(channel=channel, polite=polite, taken=taken):
                    self._spawn(self._hang_up(channel, polite, word="taken" if taken else "taken_back"))
                case _:
                    pass  # the controller's own: search, journal, end
        except AmiLost:
            log.warning("%s: not sent, the line to Asterisk is down; the survey after it is back takes it up", call.id)
        except IvrError:
            # The other commands of the decision are carried out; the leg's time-out in the dialplan is the net.
            log.exception("%s: %s cannot be performed", call.id, type(command).__name__)

    def apologise(self, channel: str) -> None:
        """Give a patient to the dialplan's apology and the duty phone."""
        self._spawn(self._apologise(channel))

    def turn_away(self, channel: str) -> None:
        """Tell an unanswered caller that we are busy: the call is free, and we call back."""
        self._spawn(self._hang_up(channel, polite=False, cause=_USER_BUSY))

    def answer_after_all(self, channel: str) -> None:
        """Serve a caller whose number cannot be kept as any other line does."""
        self._spawn(self._answer(channel))

    def in_time(self, channel: str) -> None:
        """We have seen that the leg is there: the dialplan may give us the same patience once more."""
        with contextlib.suppress(AmiLost):
            self._ami.send("Setvar", {"Channel": channel, "Variable": "HELPLINE_LATE", "Value": "0"})

    def refuse(self, channel: str) -> None:
        """End a leg that is not a call of ours."""
        self._spawn(self._hang_up(channel, polite=False, cause=_UNALLOCATED))

    def arm(self, channel: str, seconds: int) -> None:
        """Let the dialplan take the leg back after `seconds`; 0 never."""
        if seconds > 0:
            self._ami.tell("AbsoluteTimeout", {"Channel": channel, "Timeout": seconds})
        else:
            # AbsoluteTimeout refuses 0 ("No timeout specified") and leaves the old limit, which would end the talk.
            self._ami.tell("Setvar", {"Channel": channel, "Variable": "TIMEOUT(absolute)", "Value": "0"})

    def _begin(self, call: Call, channel: str, wait: Wait, start_music: bool) -> None:
        if wait.music and wait.prompts:
            wait = replace(wait, seconds=max(_SHORTEST_MUSIC_SECONDS, wait.seconds - self._length(wait)))
        self._arm(channel, wait)
        if start_music:
            self._agi(channel, CommandName(channel, wait.seq, "step"), "SET MUSIC ON")
        for name, command in commands_of(channel, wait, recording=self._recording(call, channel, wait)):
            self._agi(channel, name, command)

    def _recording(self, call: Call, channel: str, wait: Wait) -> str:
        """Where a message goes, without .wav; its name is made of our own ids only."""
        if wait.kind != "record":
            return ""
        self._recordings.mkdir(mode=0o700, parents=True, exist_ok=True)
        item = call.doctor_on(channel)
        return str(self._recordings / f"{item.offer if item else call.id}-{wait.seq}")

    def _set_language(self, channel: str, language: str) -> None:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            raise IvrError(f"{language!r} is no language")
        # An AGI command, because these are carried out in order: the prompts before it keep their language.
        name = CommandName(channel, 0, "step")
        self._agi(channel, name, f"SET VARIABLE CHANNEL(language) {language}")

    def _arm(self, channel: str, wait: Wait) -> None:
        if wait.kind == "dial":
            self.arm(channel, 0)  # a talk with the ambulance has no time limit
            return
        self.arm(channel, round(self._length(wait) + longest_seconds(wait)) + GRACE_SECONDS)

    def _length(self, wait: Wait) -> float:
        """How long the prompts of a wait take."""
        return sum(self._durations.get(prompt) or _seconds_of(prompt) for prompt in wait.prompts)

    def _agi(self, channel: str, name: CommandName, command: str) -> None:
        self._ami.tell("AGI", {"Channel": channel, "Command": command, "CommandID": str(name)})

    async def _ring(self, call: Call, command: do.Ring) -> None:
        try:
            if not dialable(command.number):
                raise IvrError("the doctor's stored number may not be dialled")
            await self._originate(
                command.channel, command.number, ("doctor", "offer"), call.dialled, self._ring_seconds
            )
        except AmiLost as error:
            # Whether it rings is unknown: the survey after the line is back finds out. Never sent again.
            log.warning("%s: %s", command.offer, error)
        except IvrError as error:
            log.error("%s: could not be rung: %s", command.offer, error)
            self._emit(call.id, LegEnded(utc_now(), command.channel, 0, str(error)))

    async def _ring_patient(self, call: Call, command: do.RingPatient) -> None:
        try:
            if not (dialable(command.number) and dialable(call.dialled)):
                raise IvrError("the patient's stored number may not be dialled")
            place = ("caller", f"called{call.dialled}")
            await self._originate(command.channel, command.number, place, call.dialled, self.patient_ring_seconds)
        except AmiLost as error:
            log.warning("%s: the patient's phone: %s", call.id, error)
        except IvrError as error:
            log.error("%s: the patient could not be rung: %s", call.id, error)
            self._emit(call.id, LegEnded(utc_now(), command.channel, 0, str(error)))

    async def _bridge(self, call: Call, command: do.BridgeLegs) -> None:
        try:
            for channel in (command.patient, command.doctor):
                self.arm(channel, 0)
                self._skip_questions(call, channel)
            # Alone among AMI's actions Bridge takes any channel whose name or unique id *begins* with what it is given:
            # unique id 1795296705.1 fetched 1795296705.16, another patient. Names are of one length, as our ids are.
            first = call.patient.name if command.patient == call.patient.channel else ""
            patient = first or command.patient
            await self._ami.action("Bridge", {"Channel1": patient, "Channel2": command.doctor, "Tone": "no"}, timeout=5)
        except AmiLost as error:
            log.warning("%s: bridge in doubt: %s", command.offer, error)
        except AmiError as error:
            self._emit(call.id, BridgeFailed(utc_now(), command.offer, str(error)))
        else:
            self._emit(call.id, BridgeMade(utc_now(), command.offer))

    def _go(self, channel: str, context: str, extension: str, priority: str = "1") -> None:
        headers = {"Channel": channel, "Context": context, "Exten": extension, "Priority": priority}
        self._ami.send("Redirect", headers)

    def _skip_questions(self, call: Call, channel: str) -> None:
        """Whoever comes back from a talk hears nothing of what was asked before it."""
        item = call.doctor_on(channel)
        leg = call.patient if item is None else item.leg
        if leg.channel == channel and leg.seq:
            variable, value = skipping(leg.seq)
            self._ami.tell("Setvar", {"Channel": channel, "Variable": variable, "Value": value})

    def _join(self, call: Call, channel: str) -> None:
        self._skip_questions(call, channel)
        self._ami.send("Setvar", {"Channel": channel, "Variable": "HELPLINE_ROOM", "Value": call.id})
        self._go(channel, _place(call, channel)[0], ROOM_EXTENSION)

    async def _ring_third(self, call: Call, command: do.RingThird) -> None:
        try:
            if not dialable(command.number):
                raise IvrError("the line's number may not be dialled")
            await self._originate(
                command.channel, command.number, ("third", "joins"), command.caller or "", _THIRD_RINGS_SECONDS
            )
        except AmiLost as error:
            log.warning("%s: %s", call.id, error)
        except IvrError as error:
            log.error("%s: the third could not be rung: %s", call.id, error)
            self._emit(call.id, LegEnded(utc_now(), command.channel, 0, str(error)))

    async def _originate(self, channel: str, number: str, place: tuple[str, str], shown: str, seconds: int) -> None:
        """Dial `number` as a new leg `channel`, which goes on at context and extension; `shown` is what it sees."""
        await self._ami.action(
            "Originate",
            {
                "ActionID": channel,
                "Channel": f"PJSIP/{number}@trunk",
                "ChannelId": channel,
                "Context": place[0],
                "Exten": place[1],
                "Priority": "1",
                "Timeout": seconds * 1000,
                "CallerID": f'"{shown}" <{shown}>',
                "Async": "true",
            },
        )

    async def _hang_up(
        self, channel: str, polite: bool, cause: str = _NORMAL_CLEARING, word: str = "taken_back"
    ) -> None:
        """Hang up; a leg whose channel does not exist yet is waited for, so that no phone goes on ringing."""
        if polite and await self._redirect(channel, extension=word):
            return
        end = asyncio.get_running_loop().time() + self._ring_seconds + 5
        while asyncio.get_running_loop().time() < end:
            try:
                await self._ami.action("Hangup", {"Channel": channel, "Cause": cause})
            except AmiError:
                if not self._is_live(channel):
                    return
                await asyncio.sleep(_HANGUP_RETRY_SECONDS)
            except AmiLost:
                return
            else:
                return

    async def _answer(self, channel: str) -> None:
        if not await self._redirect(channel, "missed", "answer"):
            await self._hang_up(channel, polite=False)

    async def _apologise(self, channel: str) -> None:
        if not await self._redirect(channel, "down", "s"):
            await self._hang_up(channel, polite=False)

    async def _redirect(self, channel: str, context: str = "doctor", extension: str = "taken_back") -> bool:
        try:
            await self._ami.action(
                "Redirect", {"Channel": channel, "Context": context, "Exten": extension, "Priority": "1"}
            )
        except IvrError:
            return False
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seconds_of(prompt: str) -> float:
    """How long a sound takes that is no prompt of the catalogue: a message that is spoken may take half a minute."""
    if prompt.startswith(RECORDING):
        with contextlib.suppress(OSError):
            return Path(prompt.removeprefix(RECORDING)).with_suffix(".alaw").stat().st_size / _ALAW_BYTES_PER_SECOND
    return _UNKNOWN_PROMPT_SECONDS


def _place(call: Call, channel: str) -> tuple[str, str]:
    """The context and extension in which a leg of the call is served (extensions.conf)."""
    if channel == call.patient.channel:
        return PATIENT_CONTEXT, call.dialled
    if call.third is not None and channel == call.third.leg.channel:
        return THIRD_CONTEXT, "joins"
    return DOCTOR_CONTEXT, "offer"
