"""A test marked `alone` has the telephones for itself, and does not wait for ever while others come and go."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.neighbours import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


class Visitor(threading.Thread):
    """Enters a room in a thread of its own, and stays until told to leave."""

    def __init__(self, room: Room, alone: bool) -> None:
        super().__init__(daemon=True)
        self.room, self.alone = room, alone
        self.inside, self.leave = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        with self.room.entered(self.alone):
            self.inside.set()
            self.leave.wait(10)

    def left(self) -> None:
        self.leave.set()
        self.join(10)


def test_ordinary_tests_run_side_by_side(room: Room) -> None:
    first, second = Visitor(room, alone=False), Visitor(room, alone=False)
    assert first.inside.wait(5)
    assert second.inside.wait(5)
    first.left()
    second.left()


def test_one_alone_waits_for_those_before_it_and_goes_before_those_after_it(room: Room) -> None:
    before = Visitor(room, alone=False)
    assert before.inside.wait(5)
    alone = Visitor(room, alone=True)
    time.sleep(0.1)  # it stands at the door
    after = Visitor(room, alone=False)
    assert not alone.inside.wait(0.1)
    assert not after.inside.is_set()
    before.left()
    assert alone.inside.wait(5)
    assert not after.inside.wait(0.1)
    alone.left()
    assert after.inside.wait(5)
    after.left()
