"""PURE: what an AMI event means for a call. The other half of wire_names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivr.ami.wire import agi_caller, parse_agi_result
from ivr.events import DialEnded, Event, KeysCollected, LegEnded, MessageRecorded, PlaybackEnded, WaitLost
from ivr.wire_names import CommandName

PATIENT_CONTEXT = "caller"
DOCTOR_CONTEXT = "doctor"
THIRD_CONTEXT = "third"
REFUSED_CONTEXT = "refused"
MISSED_CONTEXT = "missed"
DOWN_CONTEXT = "down"
ROOM_EXTENSION = "together"  # in each of these: three in one talk

_WAV_HEADER_BYTES = 44
_WAV_BYTES_PER_SECOND = 16_000  # 8 kHz, 16 bits
# When silence ends a message, Record leaves this much of it at the end.
_SILENCE_LEFT_SECONDS = 1.0
_SHORTEST_MESSAGE_SECONDS = 0.3


@dataclass(frozen=True)
class Arrival:
    """A leg that entered AGI for the first time."""

    channel: str
    linkedid: str
    context: str
    dialled: str
    caller: str
    name: str


def arrival_of(event: Mapping[str, str]) -> Arrival:
    """From AsyncAGIStart."""
    return Arrival(
        channel=event["Uniqueid"],
        linkedid=event.get("Linkedid", ""),
        context=event.get("Context", ""),
        dialled=event.get("Exten", "").removesuffix("x"),
        caller=agi_caller(event.get("Env", "")),
        name=event.get("Channel", ""),
    )


def arrival_in_listing(row: Mapping[str, str]) -> Arrival:
    """From CoreShowChannel: a call that arrived while no controller listened."""
    return Arrival(
        channel=row["Uniqueid"],
        linkedid=row.get("Linkedid", ""),
        context=row["Context"],
        dialled=row["Exten"],
        caller=row.get("CallerIDNum", ""),
        name=row.get("Channel", ""),
    )


def answer_of(name: CommandName, result: str, at: datetime) -> Event | None:
    """What a finished AGI command says; None for one nobody waits for, or one cut short by a hang-up."""
    outcome = parse_agi_result(result)
    if outcome.code != 200:
        # The channel is dead or the command unknown; the Hangup event tells the rest.
        return None
    match name.part:
        case "keys":
            return KeysCollected(at, name.channel, name.seq, _keys(outcome.data))
        case "played":
            return None if outcome.result == "-1" else PlaybackEnded(at, name.channel, name.seq)
        case "dialled":
            return _dial_ended(name, outcome.data, at)
        case "recorded":
            return _message_recorded(name, outcome.data, at)
        case "probe":
            return _probed(name, outcome.data, at)
    return None


def ended(channel: str, event: Mapping[str, str], at: datetime) -> LegEnded:
    """From Hangup."""
    cause = event.get("Cause", "")
    return LegEnded(at, channel, int(cause) if cause.isdecimal() else 0, event.get("Cause-txt", ""))


def _keys(data: str) -> str | None:
    """`OK:45` is 45; `TIMEOUT:` is silence; `TIMEOUT:4` keys without # that are meant; `OK:` a lone #."""
    status, _, keys = data.partition(":")
    return keys if keys or status == "OK" else None


def _dial_ended(name: CommandName, data: str, at: datetime) -> DialEnded:
    status, _, seconds = data.partition(":")
    return DialEnded(at, name.channel, name.seq, status or "UNKNOWN", int(seconds) if seconds.isdecimal() else 0)


def _message_recorded(name: CommandName, data: str, at: datetime) -> MessageRecorded:
    """`DTMF:48044:/…/call-1-7` is 3 s of /…/call-1-7.wav: status, bytes, path without its extension."""
    status, _, rest = data.partition(":")
    size, _, path = rest.partition(":")
    size_in_bytes = int(size) if size.isascii() and size.isdecimal() else 0
    seconds = max(0, size_in_bytes - _WAV_HEADER_BYTES) / _WAV_BYTES_PER_SECOND
    said = seconds - _SILENCE_LEFT_SECONDS if status == "SILENCE" else seconds
    # The path of an earlier recording still stands in the channel when this one failed.
    if said < _SHORTEST_MESSAGE_SECONDS or not path.endswith(f"-{name.seq}"):
        return MessageRecorded(at, name.channel, name.seq, None, 0.0)
    return MessageRecorded(at, name.channel, name.seq, f"{path.rpartition('/')[2]}.wav", round(seconds, 2))


def _probed(name: CommandName, data: str, at: datetime) -> Event:
    status, _, value = data.partition(":")
    if status in ("OK", "TIMEOUT") and value:
        return KeysCollected(at, name.channel, name.seq, value)
    if status in ("ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL"):
        return _dial_ended(name, data, at)
    if status in ("DTMF", "SILENCE", "HANGUP") and data.endswith(f"-{name.seq}"):
        return _message_recorded(name, data, at)
    return WaitLost(at, name.channel, name.seq)
