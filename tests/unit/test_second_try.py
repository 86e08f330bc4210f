"""Who gets a second try, and who does not: telephone tests, and few of them on a machine that kept time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.settings import CHECKOUT
from tests.machine_watch import MachineWatch

_CONFTEST = """
import time
from tests.announcer import pytest_sessionstart
from tests.machine_watch import Hitch
from tests.second_try import SecondTry

class Watch:
    def hitches(self, since):
        return [Hitch(time.monotonic(), 2.0, "disk")] if {stood_still} else []
    def close(self):
        pass

def pytest_configure(config):
    config.addinivalue_line("markers", "telephone: ")
    plugin = SecondTry()
    plugin.watch = Watch()
    plugin._left = {left}
    config.pluginmanager.register(plugin)
"""
_TESTS = """
import pytest
tries = []

@pytest.fixture(scope="module")
def house():
    yield len(tries)
    assert not tries, "left behind"

@pytest.fixture
def line(house):
    return house

@pytest.mark.telephone
def test_fails_at_first(line):
    tries.append(1)
    assert line == 1, "a hole in the sound"
    tries.clear()

@pytest.mark.telephone
def test_always_fails():
    assert not "wrong"

def test_that_calculates():
    assert not "also wrong"
"""


def run(folder: Path, stood_still: bool, left: int = 0) -> str:
    (folder / "conftest.py").write_text(_CONFTEST.format(stood_still=stood_still, left=left))
    (folder / "test_it.py").write_text(_TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    env = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False).stdout


def test_a_telephone_test_is_tried_again_where_the_machine_stood_still_and_the_run_says_so(tmp_path: Path) -> None:
    said = run(tmp_path, stood_still=True)
    assert "2 failed, 1 passed" in said
    assert "PASSED test_it.py::test_fails_at_first" in said
    assert (
        "had a second try: the machine stood still (disk 2.0 s); at first: AssertionError: a hole in the sound" in said
    )


def test_on_a_machine_that_kept_time_a_few_are_tried_again(tmp_path: Path) -> None:
    said = run(tmp_path, stood_still=False, left=1)
    assert "2 failed, 1 passed" in said
    assert said.count("had a second try: the machine kept time; at first: AssertionError: a hole") == 1
    assert said.count("had a second try") == 1


def test_when_these_are_used_up_nothing_is_tried_again(tmp_path: Path) -> None:
    said = run(tmp_path, stood_still=False)
    assert "3 failed" in said
    assert "kept time while this test ran" in said


@pytest.fixture
def watch(tmp_path: Path) -> MachineWatch:
    watch = MachineWatch(tmp_path)
    deadline = time.monotonic() + 10
    while not (tmp_path / "disk").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return watch


def test_the_watch_sees_that_it_was_not_let_run(watch: MachineWatch) -> None:
    try:
        began = time.monotonic()
        os.kill(watch._process.pid, signal.SIGSTOP)
        time.sleep(0.6)
        os.kill(watch._process.pid, signal.SIGCONT)
        deadline = time.monotonic() + 5
        while not watch.hitches(began) and time.monotonic() < deadline:
            time.sleep(0.02)
        (hitch, *_) = watch.hitches(began)
        assert hitch.what == "processor"
        assert hitch.seconds > 0.4
        assert not watch.hitches(time.monotonic())
    finally:
        watch.close()
