"""PURE: how a wait is named on the wire, so that its answer finds its call again, even in the next controller.

A CommandID is `<channel>|<seq>|<part>`; the keys of wait 7 land in the channel variable HELPLINE_KEYS_7, which stays
readable when the answer itself was lost with a dead controller.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.state import Wait
from prompts.store import file_name


@dataclass(frozen=True)
class CommandName:
    channel: str
    seq: int
    part: str  # keys | played | dialled | probe | step (nobody waits for it)

    def __str__(self) -> str:
        return f"{self.channel}|{self.seq}|{self.part}"


def parse_command_name(text: str) -> CommandName | None:
    """The name in a CommandID; None when it is not one of ours."""
    channel, _, rest = text.partition("|")
    seq, _, part = rest.partition("|")
    return CommandName(channel, int(seq), part) if channel and part and seq.isdecimal() else None


def commands_of(channel: str, wait: Wait, ring_seconds: int = 45) -> list[tuple[CommandName, str]]:
    """The AGI commands that perform a wait, in order; the last one's result ends it."""
    sounds = "&".join(file_name(prompt) for prompt in wait.prompts)
    step, name = CommandName(channel, wait.seq, "step"), _last_part(channel, wait)
    if wait.kind == "ask":
        arguments = f"{keys_variable(wait.seq)},{sounds},{wait.max_digits},,1,{_read_seconds(wait)}"
        return [(step, f"EXEC Read {arguments}"), (name, reading_of(wait))]
    if wait.kind == "play":
        return [(name, f"EXEC Playback {sounds}")]
    # `g`: the caller stays when the ambulance's end hangs up. `r`: ringing instead of silence.
    dial = f"EXEC Dial PJSIP/{wait.target}@trunk,{ring_seconds},gr"
    return [(step, f"EXEC Playback {sounds}"), (step, dial), (name, reading_of(wait))]


def reading_of(wait: Wait) -> str:
    """The AGI command that reads a wait's outcome from the channel, now or later."""
    if wait.kind == "dial":
        return "GET FULL VARIABLE ${DIALSTATUS}:${ANSWEREDTIME}"
    if wait.kind == "ask":
        return f"GET FULL VARIABLE ${{READSTATUS}}:${{{keys_variable(wait.seq)}}}"
    return "NOOP"


def probe_of(channel: str, wait: Wait) -> tuple[CommandName, str]:
    """The command that tells whether a wait was lost: it queues behind the wait if that still runs."""
    return CommandName(channel, wait.seq, "probe"), reading_of(wait)


def keys_variable(seq: int) -> str:
    return f"HELPLINE_KEYS_{seq}"


def _last_part(channel: str, wait: Wait) -> CommandName:
    return CommandName(channel, wait.seq, {"ask": "keys", "play": "played", "dial": "dialled"}[wait.kind])


def _read_seconds(wait: Wait) -> str:
    # 0 lets Read use TIMEOUT(response) for the first key and the shorter TIMEOUT(digit) between keys.
    return "0" if wait.max_digits > 1 else f"{wait.seconds:g}"
