"""The socket beside SQLite: what is left by a killed process, and the longest folder that settings allow."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.database import Database
from config.wakeup import WakeUp


@pytest.fixture
def longest_folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="wake-"))
    path = root / ("x" * (80 - len(os.fsencode(root)) - 1))
    assert len(os.fsencode(path)) == 80
    yield path
    shutil.rmtree(root)


@pytest.fixture
def wake_up(tmp_path: Path, longest_folder: Path) -> Iterator[WakeUp]:
    database = Database(f"sqlite:///{tmp_path / 'helpline.db'}")
    yield WakeUp(database, longest_folder)
    database.close()


def test_hints_arrive_in_the_longest_folder_that_settings_allow(wake_up: WakeUp) -> None:
    hinted = threading.Event()
    unsubscribe = wake_up.subscribe("controller", hinted.set)
    wake_up.notify("controller")
    assert hinted.wait(2)
    unsubscribe()


def test_a_dead_listeners_socket_is_cleared_away_and_the_living_still_woken(
    wake_up: WakeUp, longest_folder: Path
) -> None:
    hinted = threading.Event()
    unsubscribe = wake_up.subscribe("controller", hinted.set)
    dead = longest_folder / "controller-1-1.wake"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(dead))
    wake_up.notify("controller")
    assert hinted.wait(2)
    assert not dead.exists()
    unsubscribe()
    assert list(longest_folder.iterdir()) == []


def test_a_hint_to_nobody_raises_nothing(wake_up: WakeUp) -> None:
    wake_up.notify("messenger")


def test_hints_that_cannot_be_had_are_said_and_do_not_stop_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'helpline.db'}")
    too_long = WakeUp(database, tmp_path / ("x" * 120))
    too_long.subscribe("controller", lambda: None)()
    assert "no wake-up hints for controller" in caplog.text
    database.close()
