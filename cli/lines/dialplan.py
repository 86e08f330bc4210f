"""Teaches a running Asterisk which numbers are lines, one extension at a time: no reload, so no call notices.

A reload would also ask for every setting that Asterisk was started with, and an operator's shell may have others.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from typing import Literal

from cli.runtime import RuntimeUnavailable, asterisk
from config.asterisk.render import LINES, Line
from config.settings import Settings

_SECONDS = 10.0

Learned = Literal["learned", "not running", "unreachable"]


def may_run(settings: Settings) -> bool:
    """Whether an Asterisk of this deployment runs on this machine, or was killed and left its socket behind."""
    return (settings.socket_dir / "asterisk.ctl").exists()


def let_in(settings: Settings, number: str, missed_call: bool = False) -> Learned:
    """Hand the number's calls to the controller from now on, answered or (a missed call) not."""
    goto = f"Goto,{Line(number, missed_call).context}\\,{number}\\,1"
    return _teach(
        settings, number, [f"add extension {said},1,{goto} into {LINES} replace" for said in _said(number)], 1
    )


def keep_out(settings: Settings, number: str) -> Learned:
    """Refuse the number's calls from now on; one that is going on goes on."""
    return _teach(settings, number, [f"remove extension {said}@{LINES}" for said in _said(number)], 0)


def _said(number: str) -> Sequence[str]:
    return Line(number).spellings


def _teach(settings: Settings, number: str, lessons: Sequence[str], entries: int) -> Learned:
    """Let Asterisk learn, and look whether it has: each spelling has so many `entries` afterwards."""
    if not may_run(settings):
        return "not running"
    try:
        for lesson in lessons:
            _console(settings, f"dialplan {lesson}")
        shown = _console(settings, f"dialplan show {LINES}")
    except (OSError, RuntimeUnavailable, subprocess.SubprocessError):
        return "unreachable"
    known = [len(re.findall(rf"^\s+'{re.escape(said)}' =>", shown, re.MULTILINE)) for said in _said(number)]
    return "learned" if set(known) == {entries} else "unreachable"


def _console(settings: Settings, command: str) -> str:
    conf = settings.run_dir / "etc" / "asterisk.conf"
    argv = [*asterisk({"HELPLINE_ASTERISK": settings.asterisk}).argv, "-C", str(conf), "-rx", command]
    return subprocess.run(argv, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
