"""The helpline's prompts as a phone knows them: which sound is which, and from how much of it one can tell."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from phones.ears import RATE, Samples, find_prompt, first_sound
from phones.errors import PhoneError
from phones.voice import read_speech
from prompts.store import file_name

_ENOUGH = 1.5  # seconds of a prompt that tell it from every other
# Single words are more alike than sentences are (see find_prompt).
_ALIKE_WORD, _ALIKE = 0.75, 0.6
_STEP = RATE // 4


class PromptShelf:
    """The WAV files below `folder` (`<language>/<id with . as ->.wav`)."""

    def __init__(self, folder: Path, language: str) -> None:
        self._folder = folder
        self.language = language
        self.prompt = cache(self._prompt)
        self.beginning = cache(self._beginning)

    def ids(self) -> list[str]:
        return sorted(path.stem.replace("-", ".") for path in (self._folder / self.language).glob("*.wav"))

    def path(self, prompt_id: str) -> Path:
        """A prompt's WAV file. PhoneError when there is none."""
        path = self._folder / self.language / f"{file_name(prompt_id)}.wav"
        if not path.exists():
            raise PhoneError(f"there is no prompt {prompt_id!r}: {path} does not exist")
        return path

    def music(self) -> Samples | None:
        """The hold music, when its file is there."""
        path = self._folder / "music" / "hold.wav"
        return read_speech(path) if path.exists() else None

    def _prompt(self, prompt_id: str) -> Samples:
        return read_speech(self.path(prompt_id))

    def _beginning(self, prompt_id: str) -> tuple[Samples, float]:
        """The first 1.5 s that only this prompt has (all of a shorter one), and where in its file that lies (seconds).

        Sentences that begin with the same words are the same sound for as long.
        """
        prompt = self.prompt(prompt_id)
        start = round((first_sound(prompt) or 0.0) * RATE)
        sound = prompt[start:]
        shared = max((_shared(sound, self.prompt(other)) for other in self.ids() if other != prompt_id), default=0)
        size = round(_ENOUGH * RATE)
        skipped = max(0, min(shared, len(sound) - size))
        return sound[skipped : skipped + size], (start + skipped) / RATE

    def ending(self, prompt_id: str) -> Samples:
        """The last 1.5 s of a prompt."""
        return self.prompt(prompt_id)[-round(_ENOUGH * RATE) :]

    def recognise(self, heard: Samples) -> list[tuple[float, str]]:
        """Every prompt's first place in `heard`, by time (seconds, id). Slow: for telling what was heard instead."""
        places = []
        for prompt_id in self.ids():
            beginning, lead = self.beginning(prompt_id)
            if match := find_prompt(heard, beginning, likeness(beginning)):
                places.append((max(0.0, match.offset_s - lead), prompt_id))
        return sorted(places)


def likeness(pattern: Samples) -> float:
    """The score that says a pattern was heard."""
    return _ALIKE if len(pattern) >= _ENOUGH * RATE else _ALIKE_WORD


def _shared(sound: Samples, other: Samples) -> int:
    """For how many samples `other` begins with the same sound."""
    start = round((first_sound(other) or 0.0) * RATE)
    other = other[start:]
    for position in range(0, min(len(sound), len(other)) - _STEP, _STEP):
        ours, theirs = (piece[position : position + _STEP].astype(np.float64) for piece in (sound, other))
        norm = float(np.sqrt(np.dot(ours, ours) * np.dot(theirs, theirs)))
        if norm and float(np.dot(ours, theirs)) / norm < 0.9:
            return position
    return min(len(sound), len(other))
