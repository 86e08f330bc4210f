"""Two workers and a handful of tests: who waits for whom, and what is said while they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import CHECKOUT

_CONFTEST = """
from tests.announcer import pytest_sessionstart
from tests.neighbours import *
"""
_TESTS = """
import time
from pathlib import Path
import pytest

def stays(name, seconds):
    (Path(__file__).parent / name).write_text(f"{time.monotonic()} {time.sleep(seconds) or time.monotonic()}")

@pytest.mark.parametrize("number", range(6))
def test_that_calculates(number):
    stays(f"calculates-{number}", 0.2)

@pytest.mark.telephone
@pytest.mark.parametrize("number", range(6))
def test_that_rings(number):
    stays(f"rings-{number}", 0.2)

@pytest.mark.telephone
@pytest.mark.alone
@pytest.mark.parametrize("number", range(2))
def test_that_fills_the_machine(number, record_property):
    stays(f"fills-{number}", 0.6)
    record_property("told", f"found {number} of {number}")

def test_that_fails():
    raise ValueError("no such number")
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Where the tests left when they ran, and the lines that pytest printed."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_some.py").write_text(_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist=worksteal", "-p", "no:cacheprovider"]
    options: list[str | Path] = [
        "-c",
        CHECKOUT / "pyproject.toml",
        "--rootdir",
        folder,
        "--basetemp",
        folder / "tmp",
        folder,
    ]
    done = subprocess.run([*command, *options], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert "1 failed, 14 passed" in done.stdout, done.stdout + done.stderr
    return folder, done.stdout.splitlines()


def times(folder: Path, kind: str) -> list[tuple[float, float]]:
    read = [path.read_text().split() for path in sorted(folder.glob(f"{kind}-*"))]
    return [(float(began), float(ended)) for began, ended in read]


def meet(some: list[tuple[float, float]], others: list[tuple[float, float]]) -> bool:
    pairs = [(one, other) for one in some for other in others if one is not other]
    return any(one[0] < other[1] and other[0] < one[1] for one, other in pairs)


def test_no_telephone_rings_while_one_test_has_them_all(ran: tuple[Path, list[str]]) -> None:
    folder, _ = ran
    fills, rings, calculates = (times(folder, kind) for kind in ("fills", "rings", "calculates"))
    assert (len(fills), len(rings), len(calculates)) == (2, 6, 6)
    assert not meet(fills, rings)
    assert not meet(fills, fills)
    assert meet(fills, calculates) or meet(rings, calculates) or meet(rings, rings), "nothing ran side by side"


def test_a_failure_and_what_a_test_found_are_told_at_once(ran: tuple[Path, list[str]]) -> None:
    _, said = ran
    assert {"found 0 of 0", "found 1 of 1"} <= set(said)
    (failed,) = [line for line in said if "test_some.py::test_that_fails failed after" in line]
    assert failed.endswith("s: ValueError: no such number")
    assert said.index(failed) < next(number for number, line in enumerate(said) if "FAILURES" in line)
