"""What the matchmaker knows of the doctors between two readings of the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.roster import Roster
from routing.policy import DoctorSnapshot, Phone, Snapshot

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


class Desk:
    """A store whose doctors a test changes, and a clock it turns."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids
        self.readings = 0
        self.time = 0.0
        self.broken = False
        self.roster = Roster(self.read, lambda: self.time)

    def read(self, at: datetime) -> Snapshot:
        self.readings += 1
        if self.broken:
            raise OSError("no database")
        return Snapshot(at, tuple(_doctor(id) for id in self.ids))

    def free(self) -> list[str]:
        return [doctor.id for doctor in self.roster.snapshot(NOW).doctors if not doctor.claimed]


def test_the_doctors_are_read_once_a_second_however_many_calls_look() -> None:
    desk = Desk("a", "b")
    for _ in range(50):
        desk.free()
    assert desk.readings == 1
    desk.time = 1.0
    desk.free()
    assert desk.readings == 2


def test_a_claimed_doctor_is_not_free_until_released() -> None:
    desk = Desk("a", "b")
    desk.free()
    desk.roster.claimed("a", "offer-1")
    assert desk.free() == ["b"]
    desk.roster.released("offer-1", LATER)
    assert desk.free() == ["a", "b"]
    assert desk.roster.snapshot(NOW).doctors[0].free_since == LATER
    assert desk.readings == 1


def test_a_doctor_whom_somebody_else_took_is_not_tried_again_until_the_next_reading() -> None:
    desk = Desk("a", "b")
    desk.free()
    desk.roster.claimed("a", None)
    assert desk.free() == ["b"]
    desk.time = 1.0
    assert desk.free() == ["a", "b"]


def test_what_is_forgotten_is_read_anew() -> None:
    desk = Desk("a")
    desk.free()
    desk.ids = ("a", "c")
    assert desk.free() == ["a"]
    desk.roster.forget()
    assert desk.free() == ["a", "c"]


def test_an_offer_of_an_earlier_controller_makes_it_read_anew() -> None:
    desk = Desk("a")
    desk.free()
    desk.roster.released("offer-of-before", NOW)
    desk.free()
    assert desk.readings == 2


def test_after_a_reading_that_failed_the_next_one_reads_again() -> None:
    desk = Desk("a")
    desk.free()
    desk.roster.forget()
    desk.broken = True
    with pytest.raises(OSError, match="no database"):
        desk.free()
    desk.broken, desk.ids = False, ("z",)
    assert desk.free() == ["z"]


def test_the_moment_of_a_snapshot_is_now_even_when_the_reading_is_older() -> None:
    # A wrap-up that ends between two readings must end.
    desk = Desk("a")
    desk.roster.snapshot(NOW)
    assert desk.roster.snapshot(LATER).at == LATER


def _doctor(id: str) -> DoctorSnapshot:
    return DoctorSnapshot(id, frozenset({"fever"}), "on", True, False, None, (Phone(f"{id}-phone", "+919811111111"),))
