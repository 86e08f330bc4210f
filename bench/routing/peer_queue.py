"""PURE: queues.conf of the peer: app_queue's one queue, as both measurements on real Asterisk have it."""

from __future__ import annotations

from collections.abc import Iterable

from bench.plan import LOAD_CATEGORY

_HEAD = f"""[general]
persistentmembers = no
[{LOAD_CATEGORY}]
strategy = rrmemory
musicclass = wait
timeout = 20
retry = 1
autofill = yes
ringinuse = no
joinempty = yes
"""


def peer_queue(further: str, members: Iterable[tuple[str, str]]) -> str:
    """The queue with `further` settings, a line each; `members` are numbers and the device states they stand for."""
    lines = (f"member => PJSIP/{number}@trunk,0,d{index},{state}\n" for index, (number, state) in enumerate(members))
    return _HEAD + further + "".join(lines)
