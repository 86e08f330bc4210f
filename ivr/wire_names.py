"""PURE: how a wait is named on the wire, so that its answer finds its call again, even in the next controller.

A CommandID is `<channel>|<seq>|<part>`; the keys of wait 7 land in channel variables HELPLINE_KEYS_7_1, _2, …, which
stay readable when the answer itself was lost with a dead controller. All that a wait needs is queued at once: Asterisk
runs queued commands without reading a frame in between, so no key falls between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.speaking import RECORDING
from ivr.state import Wait
from prompts.store import file_name

# One second of the sound that says the line is alive; every language folder has it.
_LISTEN = "listen"
_LISTEN_SECONDS = 1.0
_GAP_SECONDS = 0.05  # Read looks for a key that long between two files
# After the last sound, so that a key in its last moment still counts.
_LAST_SECONDS = 0.3
# Old hands take their time between two keys: this many sounds may pass.
_LISTENS_BETWEEN_KEYS = 4
# The time in which the controller usually answers: a key that comes meanwhile is the first of the next question.
_SEAM_SECONDS = 0.1
# A star ends a number without #, which some press all the same: it must not answer the next question.
_AFTER_STAR_SECONDS = 0.4
_LONGEST_SILENCE_SPOKEN = 3
_KEYS_WITH_MUSIC = "HELPLINE_KEYS_MUSIC"
_BEEP = "EXEC PlayTones !1400/250"
_BEEP_SECONDS = "0.3"
# Whoever speaks, or cannot think of anything to say, hears that the line is alive; it is not in the recording.
_TICKS = "EXEC PlayTones 0/1400,1400/40"
# Rings after half a second of silence (indications.conf): who waits for a dead controller hears that.
_PATIENCE = "EXEC PlayTones patience"


@dataclass(frozen=True)
class CommandName:
    channel: str
    seq: int
    part: str  # keys | played | dialled | recorded | probe | step (nobody waits for it)

    def __str__(self) -> str:
        return f"{self.channel}|{self.seq}|{self.part}"


def parse_command_name(text: str) -> CommandName | None:
    """The name in a CommandID; None when it is not one of ours."""
    channel, _, rest = text.partition("|")
    seq, _, part = rest.partition("|")
    return CommandName(channel, int(seq), part) if channel and part and seq.isdecimal() else None


def commands_of(channel: str, wait: Wait, ring_seconds: int = 45, recording: str = "") -> list[tuple[CommandName, str]]:
    """The AGI commands that perform a wait, in order; the one that is not a step ends it.

    `recording` is the absolute path, without its .wav, that a wait of kind record writes.
    """
    step = CommandName(channel, wait.seq, "step")
    sounds = "&".join(_sound(prompt) for prompt in wait.prompts)
    before: list[str] = [f"EXEC Playback {sounds}"] if sounds else []
    match wait.kind:
        case "ask":
            before, end, after = _questions(wait), reading_of(wait), [_seam(wait)]
        case "play":
            before, end, after = [], f"EXEC Playback {sounds}", []
        case "dial":
            # `g`: the caller stays when the ambulance's end hangs up. `r`: ringing instead of silence.
            before += [f"EXEC Dial PJSIP/{wait.target}@trunk,{ring_seconds},gr"]
            end, after = reading_of(wait), []
        case "record":
            before += [_BEEP, f"EXEC Wait {_BEEP_SECONDS}", _TICKS, _record(wait, recording)]
            end, after = reading_of(wait), []
    if not wait.music:
        after.append(_PATIENCE)
    named = CommandName(channel, wait.seq, _LAST_PART[wait.kind])
    return [*((step, command) for command in before), (named, end), *((step, command) for command in after)]


_LAST_PART = {"ask": "keys", "play": "played", "dial": "dialled", "record": "recorded"}


def _sound(prompt: str) -> str:
    """The name Asterisk plays: a file of the language's folder, or a caller's recording by its path."""
    return prompt.removeprefix(RECORDING) if prompt.startswith(RECORDING) else file_name(prompt)


def reading_of(wait: Wait) -> str:
    """The AGI command that reads a wait's outcome from the channel, now or later."""
    match wait.kind:
        case "dial":
            return "GET FULL VARIABLE ${DIALSTATUS}:${ANSWEREDTIME}"
        case "ask":
            return f"GET FULL VARIABLE ${{READSTATUS}}:{_keys(wait)}"
        case "record":
            return "GET FULL VARIABLE ${RECORD_STATUS}:${STAT(s,${RECORDED_FILE}.wav)}:${RECORDED_FILE}"
    return "NOOP"


def probe_of(channel: str, wait: Wait) -> tuple[CommandName, str]:
    """The command that tells whether a wait was lost: it queues behind the wait if that still runs."""
    return CommandName(channel, wait.seq, "probe"), reading_of(wait)


def longest_seconds(wait: Wait) -> float:
    """The longest that a wait takes from the end of its prompts on; a transfer has no end of its own."""
    if wait.kind == "record":
        return wait.seconds + 1
    if wait.kind != "ask":
        return 0.0
    between = _LISTENS_BETWEEN_KEYS * (_LISTEN_SECONDS + _GAP_SECONDS) + _LAST_SECONDS
    gaps = _GAP_SECONDS * (len(wait.prompts) + wait.seconds)
    return wait.seconds + gaps + _LAST_SECONDS + between * (_most_keys(wait) - 1) + _SEAM_SECONDS


def keys_variable(seq: int, number: int) -> str:
    """Where the `number`th key (from 1) of wait `seq` is kept."""
    return f"HELPLINE_KEYS_{seq}_{number}"


def _variable(wait: Wait, number: int) -> str:
    """Of all waits with music it is the same: a successor that knows an earlier one only finds the key all the same."""
    return _KEYS_WITH_MUSIC if wait.music else keys_variable(wait.seq, number)


def _keys(wait: Wait) -> str:
    return "".join(f"${{{_variable(wait, number)}}}" for number in range(1, _most_keys(wait) + 1))


def _most_keys(wait: Wait) -> int:
    return max(1, wait.max_digits)


def _questions(wait: Wait) -> list[str]:
    """A Read for each key, so that every key is answered by a sound and no pause is silent.

    The key that came too early for the last question comes first. Whatever is no digit ends the number: # because it
    says so, a star because it asks for help.
    """
    first, early = _variable(wait, 1), _early_variable(wait.seq - 1)
    asking = _read(first, _sounds_while_waiting(wait), _last_seconds(wait))
    commands = [f"EXEC ExecIf ${{LEN(${{{early}}})}}?Set({first}=${{{early}}}):{asking}"]
    if wait.music and wait.prompts:
        music = _read(first, "", f"{wait.seconds:g}")
        commands += ["SET MUSIC ON", f"EXEC ExecIf ${{LEN(${{{first}}}${{{early}}})}}?NoOp():{music}"]
    listening = "&".join([_LISTEN] * _LISTENS_BETWEEN_KEYS)
    for number in range(2, _most_keys(wait) + 1):
        pressed = f"${{LEN(${{FILTER(0-9,${{{keys_variable(wait.seq, number - 1)}}})}})}}"
        rest = _read(keys_variable(wait.seq, number), listening, f"{_LAST_SECONDS:g}")
        commands.append(f"EXEC ExecIf {pressed}?{rest}")
    return commands


def _sounds_while_waiting(wait: Wait) -> str:
    sounds = [_sound(prompt) for prompt in wait.prompts]
    return "&".join(sounds if wait.music else sounds + [_LISTEN] * int(wait.seconds / _LISTEN_SECONDS))


def _last_seconds(wait: Wait) -> str:
    """How long Read waits in silence, or with music, after its last file."""
    if wait.music:
        return f"{_LAST_SECONDS if wait.prompts else wait.seconds:g}"
    return f"{max(_LAST_SECONDS, wait.seconds % _LISTEN_SECONDS):g}"


def _seam(wait: Wait) -> str:
    """Catches a key while the controller thinks."""
    seconds = f"{_SEAM_SECONDS:g}"
    if _most_keys(wait) > 1:
        star = f"${{LEN(${{FILTER(*,{_keys(wait)})}})}}"
        seconds = f"${{IF({star}?{_AFTER_STAR_SECONDS:g}:{seconds})}}"
    return f"EXEC Read {_early_variable(wait.seq)},,1,,1,{seconds}"


def _early_variable(seq: int) -> str:
    return f"HELPLINE_EARLY_{seq}"


def skipping(seq: int) -> tuple[str, str]:
    """A channel variable and its value with which nothing of question `seq` begins any more.

    What is queued on a channel that is taken into a talk is carried out after it: without this, a patient whom the
    doctor has left would first hear the rest of the music.
    """
    return _early_variable(seq - 1), "-"


def _read(variable: str, sounds: str, seconds: str) -> str:
    return f"Read({variable},{sounds},1,,1,{seconds})"


def _record(wait: Wait, recording: str) -> str:
    # k: kept when the caller hangs up. q: without a sound of Asterisk's own. y: any key ends it.
    arguments = f"{recording.replace(',', chr(92) + ',')}.wav,{_LONGEST_SILENCE_SPOKEN},{wait.seconds:g},kqy"
    return f"EXEC Record {_quoted(arguments)}"


def _quoted(argument: str) -> str:
    """One argument of an AGI command, whatever is in it."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
