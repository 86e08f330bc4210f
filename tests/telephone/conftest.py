"""A helpline with its telephone network, started once for all tests; after each test nothing of its calls is left."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cli.prepare import prepare_prompts
from cli.rehearsal import Rehearsal
from cli.supervisor.errors import SupervisorError
from config.settings import RUNTIME_DIR, load_settings
from tests.telephone.house import House

DUTY_PHONE = "+919700000108"
_LOG_LINES = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.telephone)


@pytest.fixture(scope="session")
def spoken_prompts() -> Path:
    """The prompts, kept from one run to the next: speaking them takes longer than most tests."""
    folder = RUNTIME_DIR / "test-prompts"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_prompts(load_settings({}, data_dir=folder))
    return folder / "prompts"


def open_house(folder: Path, prompts: Path, **options: Any) -> Rehearsal:
    """A helpline whose patience is short, so that tests need less of it."""
    data = folder / "data"
    data.mkdir(parents=True)
    os.symlink(prompts, data / "prompts")
    usual: dict[str, Any] = {
        "services": ("asterisk", "controller"),
        "rtp_timeout": 5,
        "ring_seconds": 8,
        "wrap_up_seconds": 2,
        "callback_minutes": "0.03,0.03,0.03",
        "callback_ring_seconds": 15,
        # What is behind the menus is tested behind the shortest of them.
        "lines": {"104": "smallest"},
    }
    return Rehearsal(folder, duty_phone=DUTY_PHONE, **(usual | options))


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[Rehearsal]:
    with open_house(tmp_path_factory.mktemp("house"), spoken_prompts) as rehearsal:
        yield rehearsal


@pytest.fixture
def house(rehearsal: Rehearsal) -> Iterator[House]:
    """The helpline for one test."""
    house = House(rehearsal)
    yield house
    _repair(house)
    house.closes()


def _repair(house: House) -> None:
    """Whatever a failed test did to the controller must not reach the next one."""
    with suppress(SupervisorError):
        house.continues_controller()
        return
    house.starts_controller()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A failure comes with what the helpline said of it."""
    report = yield
    house = getattr(item, "funcargs", {}).get("house")
    if report.failed and isinstance(house, House):
        path = house.rehearsal.folder / "log" / "helpline.log"
        if path.exists():
            tail = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            report.sections.append(("the helpline's log", "\n".join(tail)))
    return report
