"""The helpline's prompts as a phone knows them: which sound is which, and from how much of it one can tell."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from phones.ears import RATE, Floats, Samples, first_sound
from phones.errors import PhoneError
from phones.recognition import find_prompts
from phones.voice import read_speech
from prompts.store import file_name

_ENOUGH = 1.5  # seconds of a prompt that tell it from every other
# Single words are more alike than sentences are (see find_prompt).
_ALIKE_WORD, _ALIKE = 0.75, 0.6
_STEP = RATE // 4
_SAME = 0.9
_NO_WORDS = frozenset({"listen", "pause"})


class PromptShelf:
    """The WAV files below `folder` (`<language>/<id with . as ->.wav`)."""

    def __init__(self, folder: Path, language: str) -> None:
        self._folder = folder
        self.language = language
        self.prompt = cache(self._prompt)
        self.beginning = cache(self._beginning)
        self._heads = cache(self._find_heads)

    def ids(self) -> list[str]:
        """The prompts that say something."""
        found = {path.stem.replace("-", ".") for path in (self._folder / self.language).glob("*.wav")}
        return sorted(found - _NO_WORDS)

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
        alike = [other for other in self._begin_like(sound) if other != prompt_id]
        shared = max((_shared(sound, self.prompt(other)) for other in alike), default=0)
        size = round(_ENOUGH * RATE)
        skipped = max(0, min(shared, len(sound) - size))
        return sound[skipped : skipped + size], (start + skipped) / RATE

    def _begin_like(self, sound: Samples) -> list[str]:
        """The prompts whose first quarter of a second is this sound's, or that are shorter than that."""
        ids, heads, whole = self._heads()
        head = _head(sound)
        alike = (heads @ head >= _SAME - 0.01) | ~whole | (len(sound) < _STEP)
        return [ids[place] for place in np.flatnonzero(alike)]

    def _find_heads(self) -> tuple[list[str], Floats, npt.NDArray[np.bool_]]:
        ids = self.ids()
        sounds = [_from_its_start(self.prompt(prompt_id)) for prompt_id in ids]
        return ids, np.array([_head(sound) for sound in sounds]), np.array([len(sound) >= _STEP for sound in sounds])

    def ending(self, prompt_id: str) -> Samples:
        """The last 1.5 s of a prompt."""
        return self.prompt(prompt_id)[-round(_ENOUGH * RATE) :]

    def recognise(self, heard: Samples) -> list[tuple[float, str]]:
        """Every prompt's first place in `heard`, by time (seconds, id)."""
        beginnings = {prompt_id: self.beginning(prompt_id) for prompt_id in self.ids()}
        patterns = {prompt_id: pattern for prompt_id, (pattern, _) in beginnings.items()}
        matches = find_prompts(heard, patterns, {name: likeness(pattern) for name, pattern in patterns.items()})
        return sorted((max(0.0, match.offset_s - beginnings[name][1]), name) for name, match in matches.items())


def likeness(pattern: Samples) -> float:
    """The score that says a pattern was heard."""
    return _ALIKE if len(pattern) >= _ENOUGH * RATE else _ALIKE_WORD


def _shared(sound: Samples, other: Samples) -> int:
    """For how many samples `other` begins with the same sound."""
    other = _from_its_start(other)
    for position in range(0, min(len(sound), len(other)) - _STEP, _STEP):
        ours, theirs = (piece[position : position + _STEP].astype(np.float64) for piece in (sound, other))
        norm = float(np.sqrt(np.dot(ours, ours) * np.dot(theirs, theirs)))
        if norm and float(np.dot(ours, theirs)) / norm < _SAME:
            return position
    return min(len(sound), len(other))


def _from_its_start(prompt: Samples) -> Samples:
    return prompt[round((first_sound(prompt) or 0.0) * RATE) :]


def _head(sound: Samples) -> Floats:
    """The first quarter of a second, of length 1, so that a product of two is their likeness."""
    head = np.zeros(_STEP)
    head[: len(sound)] = sound[:_STEP]
    norm = float(np.linalg.norm(head))
    return head / norm if norm else head
