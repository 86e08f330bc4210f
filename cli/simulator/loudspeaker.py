"""Plays the prompt files aloud, through whichever player program the machine has."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

_PROGRAMS: tuple[tuple[str, ...], ...] = (
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
)
_LOOK_SECONDS = 0.05


def player_program() -> tuple[str, ...] | None:
    """The command that plays a file on this machine, or None."""
    return next((line for line in _PROGRAMS if shutil.which(line[0])), None)


class Loudspeaker:
    """Plays files one after the other until a key is pressed; `missing` are those that have not been made yet.

    `pressed` waits up to so many seconds for a key and says whether there is one.
    """

    def __init__(self, program: Sequence[str], pressed: Callable[[float], bool]) -> None:
        self._program, self._pressed = tuple(program), pressed
        self.missing: set[Path] = set()
        self.broken = False

    def play(self, files: Iterable[Path]) -> None:
        """Play every file that is there. A program that fails is not tried again: there may be no sound card."""
        for file in files:
            if not file.exists():
                self.missing.add(file)
            elif self.broken or not self._play(file):
                return

    def _play(self, file: Path) -> bool:
        """Whether the file was heard to its end."""
        with subprocess.Popen([*self._program, str(file)], stdin=subprocess.DEVNULL) as program:
            while program.poll() is None:
                started = time.monotonic()
                if self._pressed(_LOOK_SECONDS):
                    program.terminate()
                    return False
                time.sleep(max(0.0, _LOOK_SECONDS - (time.monotonic() - started)))
        self.broken = program.returncode != 0
        return not self.broken
