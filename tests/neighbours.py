"""Tests run side by side (pytest-xdist), but a telephone test marked `alone` has the telephones for itself.

What is said on many lines at once takes a processor, and a neighbour's calls would be heard with holes. So it waits for
the other telephone tests, and they wait for it; tests that only calculate go on. It is run first, while there are many.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_FOLDER = "neighbours"
_MADE = pytest.StashKey[str]()


class Room:
    """A lock that many hold together or one holds alone; the door keeps out who comes after one who waits for that."""

    def __init__(self, folder: Path) -> None:
        self._door, self._room = folder / "door", folder / "room"

    @contextmanager
    def entered(self, alone: bool) -> Iterator[None]:
        """Be in the room, with others or alone; waits as long as it takes."""
        with _locked(self._door, fcntl.LOCK_EX):
            room = os.open(self._room, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
            fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        try:
            yield
        finally:
            os.close(room)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("alone") is None)


# First, so that waiting does not count against the test's own time (pytest-timeout).
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    given = getattr(item.config, "workerinput", {}).get(_FOLDER)
    alone = item.get_closest_marker("alone") is not None
    if given is None or not (alone or item.get_closest_marker("telephone")):
        return (yield)
    with Room(Path(given)).entered(alone):
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist's: tell a worker, before it starts, where it meets its neighbours."""
    stash = node.config.stash
    if _MADE not in stash:
        stash[_MADE] = tempfile.mkdtemp(prefix="neighbours-")
    node.workerinput[_FOLDER] = stash[_MADE]


def pytest_unconfigure(config: pytest.Config) -> None:
    if made := config.stash.get(_MADE, None):
        shutil.rmtree(made, ignore_errors=True)
