"""Plays the prompt files aloud, through whichever player program the machine has."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

_PROGRAMS: tuple[tuple[str, ...], ...] = (
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("afplay",),
)


def player_program() -> tuple[str, ...] | None:
    """The command that plays a file on this machine, or None."""
    return next((line for line in _PROGRAMS if shutil.which(line[0])), None)


class Loudspeaker:
    """Plays files one after the other; `missing` are those that have not been made yet."""

    def __init__(self, program: Sequence[str]) -> None:
        self._program = tuple(program)
        self.missing: set[Path] = set()

    def play(self, files: Iterable[Path]) -> None:
        """Play every file that is there; a player program that fails is not tried again."""
        for file in files:
            if not file.exists():
                self.missing.add(file)
            elif self._program and subprocess.run([*self._program, str(file)], check=False).returncode:
                self._program = ()
