"""Who is on duty as the matchmaker knows it: reading a thousand doctors for each call costs more than the call.

The policy decides over a snapshot, which may be stale, and the claim finds that out (routing/store.py). So a snapshot
may as well serve for a second, kept up to date with the claims and releases made here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from config.database import DatabaseAway
from routing.policy import DoctorSnapshot, Snapshot

# Somebody whose phone or category was changed may be rung by the old one for this long; duty is checked by the claim.
_LASTS_SECONDS = 1.0


class Roster:
    """Used by one thread; only `forget` may be called from others. `read` is the store's snapshot."""

    def __init__(self, read: Callable[[datetime], Snapshot], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._doctors: dict[str, DoctorSnapshot] = {}
        self._holders: dict[str, str] = {}  # offer -> doctor
        self._read_at = float("-inf")
        self._forgotten = False

    def snapshot(self, at: datetime) -> Snapshot:
        """The doctors as known now; read anew after a second, or when somebody said that things have changed."""
        if self._forgotten or self._clock() - self._read_at >= _LASTS_SECONDS:
            # Before reading: what is forgotten meanwhile, or cannot be read now, must be read again.
            self._forgotten, self._read_at = False, float("-inf")
            try:
                self._doctors = {doctor.id: doctor for doctor in self._read(at).doctors}
            except DatabaseAway:
                self._forgotten = True  # who was on duty when it went is all there is to go by
            else:
                self._read_at = self._clock()
        return Snapshot(at, tuple(self._doctors.values()))

    def forget(self) -> None:
        """The next snapshot is read anew."""
        self._forgotten = True

    def claimed(self, doctor_id: str, offer: str | None) -> None:
        """The doctor is taken: by `offer`, or (None) by somebody else who was quicker."""
        if offer is not None:
            self._holders[offer] = doctor_id
        if doctor_id in self._doctors:
            self._doctors[doctor_id] = replace(self._doctors[doctor_id], claimed=True)

    def released(self, offer: str, free_since: datetime) -> None:
        """The offer's doctor is let go."""
        doctor_id = self._holders.pop(offer, None)
        if doctor_id is None:
            self.forget()  # claimed by an earlier controller
        elif doctor_id in self._doctors:
            self._doctors[doctor_id] = replace(self._doctors[doctor_id], claimed=False, free_since=free_since)
