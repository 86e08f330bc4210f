"""One call at one phone, for people: what it hears, what it presses, how it ends. Every wait has a time-out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from phones import ears
from phones.ears import RATE, Samples
from phones.errors import PhoneError
from phones.leg import EndCause, KeyWay, Leg
from phones.prompt_shelf import likeness
from phones.sip_capture import SipMessage
from phones.voice import read_speech, tone, write_wav

if TYPE_CHECKING:
    from phones.network import PhoneNetwork

_LISTEN_EVERY = 0.1


class PhoneCall:
    """A call as its phone sees it. Offsets are seconds since it was answered; `*_at` are `time.monotonic()`."""

    def __init__(self, network: PhoneNetwork, leg: Leg) -> None:
        self._network = network
        self._leg = leg
        self._heard_until = 0.0

    # --- how the call stands ----------------------------------------------------------------------------------------

    @property
    def number(self) -> str:
        return self._leg.number

    @property
    def other(self) -> str:
        """The number dialled, or the number shown when it rang."""
        return self._leg.other

    @property
    def dialled_at(self) -> float:
        return self._leg.began_at

    @property
    def rang_at(self) -> float | None:
        return self._leg.rang_at

    @property
    def answered_at(self) -> float | None:
        return self._leg.answered_at

    @property
    def ended_at(self) -> float | None:
        return self._leg.ended_at

    @property
    def end_cause(self) -> EndCause | None:
        return self._leg.end_cause

    @property
    def is_up(self) -> bool:
        return self._leg.answered_at is not None and self._leg.ended_at is None

    @property
    def keys_heard(self) -> str:
        """The keys that arrived from the other side."""
        return self._leg.keys_heard

    @property
    def keys_pressed(self) -> list[tuple[str, float]]:
        """Each key and when it began to leave the phone."""
        return list(self._leg.keys_pressed)

    def answered(self, timeout: float = 3.0) -> float:
        """Wait for the answer; the seconds from dialling to it."""
        self._wait(lambda: self._leg.line is not None, timeout, "was not answered")
        assert self._leg.answered_at is not None
        return self._leg.answered_at - self._leg.began_at

    def rings(self, timeout: float = 3.0) -> float:
        """Wait for the ringing tone (SIP 180); the seconds from dialling to it."""
        self._wait(lambda: self._leg.rang_at is not None, timeout, "did not ring")
        assert self._leg.rang_at is not None
        return self._leg.rang_at - self._leg.began_at

    def ended(self, timeout: float = 5.0) -> EndCause:
        """Wait for the end of the call; why it ended."""
        if not self._network.wait_until(lambda: self._leg.end_cause is not None, timeout):
            raise PhoneError(f"{self} did not end within {timeout:g} s; {self.what_was_heard()}")
        assert self._leg.end_cause is not None
        return self._leg.end_cause

    # --- ears -------------------------------------------------------------------------------------------------------

    def heard(self) -> Samples:
        """All that was heard since the answer: 8 kHz int16, gaps filled with silence."""
        return self._leg.heard()

    def recording(self) -> Path:
        """Write what was heard so far as a WAV (8 kHz mono) and return its path."""
        path = self._network.folder / "recordings" / f"{re.sub(r'[^0-9]', '', self.number)}-{self._leg.id[:8]}.wav"
        path.parent.mkdir(exist_ok=True)
        write_wav(path, self.heard())
        return path

    def hears(self, prompt: str, timeout: float = 10.0, after: float | None = None, whole: bool = False) -> float:
        """Wait for a prompt by its id; the offset of its beginning.

        It returns as soon as the sound tells it from every other prompt (1.5 s, or all of a short one); `whole` waits
        for its end and fails when it was cut short. Each wait listens on after the last prompt recognised, `after`
        from another offset (0: from the answer).
        """
        pattern, lead = self._network.prompts.beginning(prompt)
        start = self._heard_until if after is None else after
        searched = start
        deadline = time.monotonic() + timeout
        while True:
            over = time.monotonic() >= deadline or self._leg.ended_at is not None
            sound = self._between(searched, None)
            if match := ears.find_prompt(sound, pattern, likeness(pattern)) or ears.find_slipped(sound, pattern):
                break
            if over:
                raise PhoneError(f"{self} did not hear {prompt!r} within {timeout:g} s; {self.what_was_heard(start)}")
            # The last stretch may hold the pattern's first part, and its last half second may still move (Timeline).
            searched += max(0.0, (len(sound) - len(pattern)) / RATE - 0.6)
            time.sleep(_LISTEN_EVERY)
        begins = searched + match.offset_s
        self._heard_until = begins + min(len(pattern) / RATE, 0.5)
        if whole:
            self._hears_the_end(prompt, begins - lead)
        return max(0.0, begins - lead)

    def _hears_the_end(self, prompt: str, begins: float) -> None:
        """Wait for the end of a prompt that began at an offset, and make sure that it was said."""
        ending = self._network.prompts.ending(prompt)
        end = begins + len(self._network.prompts.prompt(prompt)) / RATE
        self._network.wait_until(
            lambda: self._leg.ended_at is not None, end + 0.3 - (time.monotonic() - (self._leg.answered_at or 0.0))
        )
        sound = self._between(max(0.0, end - len(ending) / RATE - 0.5), end + 0.5)
        if ears.find_prompt(sound, ending, likeness(ending)) is None:
            raise PhoneError(f"{self} heard {prompt!r} begin at {begins:.1f} s but not end; {self.what_was_heard(end)}")

    def hears_tone(self, hz: float, timeout: float = 5.0, seconds: float = 0.2, after: float = 0.0) -> float:
        """Wait until a pure tone was heard for `seconds` in all; the offset of its beginning."""
        self._listen(
            lambda sound: ears.tone_present(sound, hz) >= seconds, timeout, after, f"did not hear a tone of {hz:g} Hz"
        )
        start = ears.tone_start(self.heard()[round(after * RATE) :], hz)
        return after + (start or 0.0)

    def tone_seconds(self, hz: float, after: float = 0.0, before: float | None = None) -> float:
        """How many seconds of a pure tone were heard between two offsets, so far."""
        return ears.tone_present(self._between(after, before), hz)

    def hears_music(self, timeout: float = 5.0) -> float:
        """Wait for hold music; the offset where it was recognised (it began up to 1.5 s earlier)."""
        tune = self._network.prompts.music()
        deadline = time.monotonic() + timeout
        while True:
            sound = self.heard()
            recent = sound[-round(1.5 * RATE) :]
            if len(recent) == round(1.5 * RATE) and (
                ears.find_prompt(tune, recent) if tune is not None else ears.is_music(recent)
            ):
                return len(sound) / RATE
            if time.monotonic() >= deadline or self._leg.ended_at is not None:
                raise PhoneError(f"{self} did not hear music within {timeout:g} s; {self.what_was_heard()}")
            time.sleep(_LISTEN_EVERY)

    def hears_something(self, timeout: float = 5.0, after: float = 0.0) -> float:
        """Wait for any sound; its offset."""
        self._listen(lambda sound: ears.first_sound(sound) is not None, timeout, after, "heard nothing")
        return after + (ears.first_sound(self._between(after, None)) or 0.0)

    def silence_longest(self, after: float = 0.0, before: float | None = None) -> float:
        """The longest silence heard between two offsets (default: from the answer until now or the end)."""
        return ears.longest_silence(self._between(after, before))

    def what_was_heard(self, after: float = 0.0) -> str:
        """In words: the prompts recognised since `after`, the level, and how the call stands."""
        sound = self._between(after, None)
        if not len(sound):
            return f"it heard nothing and is {self._leg.state()}"
        known = self._network.prompts.recognise(sound)
        told = ", ".join(f"{name} at {after + at:.1f} s" for at, name in known) or "no known prompt"
        return (
            f"in {len(sound) / RATE:.1f} s it heard {told} (level {ears.loudness(sound):.0f} dB, "
            f"longest silence {ears.longest_silence(sound):.1f} s, keys {self.keys_heard or 'none'}) "
            f"and is {self._leg.state()}"
        )

    # --- hands and mouth --------------------------------------------------------------------------------------------

    def presses(self, keys: str, how: KeyWay | None = None, seconds: float = 0.1, pause: float = 0.1) -> None:
        """Press keys (0-9 * # A-D), each for `seconds` and with a `pause` behind it; returns when the last has left.

        `how` they travel is the trunk's way unless said; tones in the sound can be sent on every call.
        """
        if not re.fullmatch(r"[0-9*#A-D]+", keys):
            raise PhoneError(f"{keys!r} are not keys of a telephone")
        board = self._network.switchboard
        if (how or self._leg.keys_as) == "inband":
            work = board.press_in_the_sound(self._leg, keys, seconds, pause)
        elif how in (None, self._leg.keys_as):
            work = board.press(self._leg, keys, seconds, pause)
        else:
            raise PhoneError(f"{self} went through a trunk that sends keys as {self._leg.keys_as}, not {how}")
        self._network.run(work, 5 + len(keys) * (seconds + pause + 0.5))

    def plays_tone(self, hz: float, seconds: float) -> float:
        """Begin to play a tone and return at once; the `time.monotonic()` of its beginning (within 0.02 s)."""
        return self._say(tone(hz, seconds))

    def speaks(self, wav: Path) -> float:
        """Begin to play a WAV (8 kHz mono) and return at once."""
        return self._say(read_speech(wav))

    def hushes(self) -> None:
        """Stop whatever it plays."""
        if self._leg.line is not None:
            self._leg.line.mouth.hush()

    def murmurs(self, samples: Samples) -> float:
        """Begin to play these samples (8 kHz mono) and return at once."""
        return self._say(samples)

    def vanishes(self) -> None:
        """Stop sending any sound, as a phone without a network does; its operator still answers SIP."""
        if self._leg.line is not None:
            self._leg.vanished_at = time.monotonic()
            self._leg.line.mute = True

    def hangs_up(self) -> None:
        """Put the phone down; returns when the call is over."""
        if self._leg.ended_at is None:
            self._network.run(self._network.switchboard.hang_up(self._leg))
        self.ended()

    # --- the wire ---------------------------------------------------------------------------------------------------

    def sip_messages(self) -> list[SipMessage]:
        """Every SIP message of this call, in order."""
        messages = self._network.sip_messages()
        mark = f"icid-value={self._leg.id}"
        own = {message.call_id for message in messages if message.header("P-Charging-Vector") == mark}
        return [message for message in messages if message.call_id in own | {self._leg.sip_call_id}]

    def __str__(self) -> str:
        arrow = "from" if self._leg.incoming else "to"
        return f"{self.number}'s call {arrow} {self.other or 'a withheld number'}"

    def _say(self, samples: Samples) -> float:
        if self._leg.line is None or not self.is_up:
            raise PhoneError(f"{self} cannot speak: it is {self._leg.state()}")
        self._leg.line.mouth.say(samples)
        return time.monotonic()

    def _between(self, after: float, before: float | None) -> Samples:
        return self.heard()[round(after * RATE) : None if before is None else round(before * RATE)]

    def _wait(self, met: Callable[[], bool], timeout: float, missing: str) -> None:
        self._network.wait_until(lambda: met() or self._leg.ended_at is not None, timeout)
        if not met():
            raise PhoneError(f"{self} {missing} within {timeout:g} s: it is {self._leg.state()}")

    def _listen(self, met: Callable[[Samples], bool], timeout: float, after: float, missing: str) -> None:
        deadline = time.monotonic() + timeout
        while not met(self._between(after, None)):
            if time.monotonic() >= deadline or self._leg.ended_at is not None:
                raise PhoneError(f"{self} {missing} within {timeout:g} s; {self.what_was_heard(after)}")
            time.sleep(_LISTEN_EVERY)
