"""PURE: how the time from a doctor's last key to the next ringing phone is measured, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Freed:
    """One side: seconds from each disposition key to the INVITE for that doctor, and how many waited meanwhile."""

    side: str
    delays: tuple[float, ...]
    waiting: int
    problems: tuple[str, ...] = ()
