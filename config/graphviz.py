"""Runs Graphviz's `dot`, which says where the boxes of a drawing go. Whoever has no dot draws nothing, and says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigError

# A flow of 150 nodes takes about a second; a flow that somebody uploaded may not hold the web process for ever.
LONGEST_SECONDS = 20


class LayoutFailed(ConfigError):
    """Graphviz could not lay out a drawing."""


@dataclass(frozen=True)
class Dot:
    """A `dot` that can be started."""

    program: Path

    def lay_out(self, graph: str) -> str:
        """The positions of a DOT graph as json0 (points, from the lower left). Raises LayoutFailed."""
        try:
            done = subprocess.run(
                [self.program, "-Tjson0"],
                input=graph,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=LONGEST_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LayoutFailed(f"{self.program} could not lay out the drawing: {error}") from error
        if done.returncode != 0:
            raise LayoutFailed(f"{self.program} could not lay out the drawing: {done.stderr.strip()}")
        return done.stdout


def find_dot(named: str = "") -> Dot | None:
    """The `dot` that is named (the setting HELPLINE_DOT), else the machine's own; None where there is none."""
    program = named or shutil.which("dot")
    return Dot(Path(program)) if program and os.access(program, os.X_OK) else None
