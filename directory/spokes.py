"""Health workers sign in with their spoke's number and PIN; guessing ends with a lock.

A PIN has four to six digits, at most a million values: no hash, however dear, keeps it from whoever has read the table.
The hash only keeps PINs out of sight (backups, support), so a cheap one is right; it is the lock that ends guessing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import Hub, Spoke
from directory.calendar import Calendar, parse_calendar
from directory.errors import DirectoryError

WRONG_PINS_BEFORE_LOCK = 5
LOCKED_FOR = timedelta(minutes=15)
INSTITUTIONS = ("health_centre", "old_age_home", "prison")

_PIN = re.compile(r"[0-9]{4,6}")
_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # 1 MiB, about a millisecond
_hash_of_nobody = _hasher.hash("nobody")


@dataclass(frozen=True)
class SignIn:
    """How a sign-in went, and as which spoke (None: no such number)."""

    outcome: Literal["welcome", "wrong", "locked"]
    spoke: Spoke | None


def hash_pin(pin: str) -> str:
    """What is stored of a PIN. DirectoryError where it is not four to six digits; the PIN is not in the message."""
    if not _PIN.fullmatch(pin):
        raise DirectoryError("a PIN has four to six digits")
    return _hasher.hash(pin)


def sign_in(session: Session, number: str, pin: str, caller: str | None, at: datetime) -> SignIn:
    """Check number and PIN, in a writing transaction.

    Five wrong PINs in a row lock the spoke for a quarter of an hour. Where a spoke has phones, only they may sign in,
    and others cannot lock it either. An unknown number costs the same time as a wrong PIN.
    """
    spoke = session.scalar(select(Spoke).where(Spoke.number == number, Spoke.active).with_for_update())
    if spoke is None or (spoke.phones and caller not in spoke.phones):
        _matches(_hash_of_nobody, pin)
        return SignIn("wrong", spoke)
    if spoke.locked_until is not None and spoke.locked_until > at:
        return SignIn("locked", spoke)
    if _matches(spoke.pin_hash, pin):
        spoke.wrong_pins, spoke.locked_until = 0, None
        return SignIn("welcome", spoke)
    spoke.wrong_pins += 1
    if spoke.wrong_pins < WRONG_PINS_BEFORE_LOCK:
        return SignIn("wrong", spoke)
    spoke.wrong_pins, spoke.locked_until = 0, at + LOCKED_FOR
    return SignIn("locked", spoke)


def hub_of(session: Session, spoke_id: str) -> Hub:
    """The hub that a spoke calls. DirectoryError for an unknown spoke."""
    hub = session.scalar(select(Hub).join(Spoke, Spoke.hub_id == Hub.id).where(Spoke.id == spoke_id))
    if hub is None:
        raise DirectoryError(f"there is no spoke {spoke_id!r}")
    return hub


def calendar_of(hub: Hub, zone: tzinfo) -> Calendar:
    """When the hub answers its spokes, which may differ from the days of its OPDs."""
    return parse_calendar(hub.calendar, zone, hub.closed_dates)


def _matches(pin_hash: str, pin: str) -> bool:
    try:
        return _hasher.verify(pin_hash, pin)  # argon2 compares in constant time
    except (VerificationError, InvalidHashError):
        return False
