"""`./helpline up` with the real Asterisk and the real processes: ready, seen by the preflight, gone without a trace."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cli.check import CHECKS, ask
from cli.checks.running import ami_secret
from cli.checks.witness import Witness
from cli.ports import pick_free_ports
from cli.prepare import environment, prepare_prompts
from cli.supervisor.lock import holder
from config.free_ports import FreePorts
from config.settings import CHECKOUT, Settings, load_settings

pytestmark = pytest.mark.telephone


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    free = FreePorts()
    folder = tmp_path_factory.mktemp("up")
    made = pick_free_ports(load_settings({}, data_dir=folder, trunk=f"127.0.0.1:{free.udp()}"), free)
    prepare_prompts(made)
    return made


def elsewhere(settings: Settings, folder: Path) -> Settings:
    """Settings for another helpline in `folder`, on other ports, that shares the prompts."""
    free = FreePorts()
    folder.mkdir()
    (folder / "prompts").symlink_to(settings.prompts_dir)
    return pick_free_ports(load_settings({}, data_dir=folder, trunk=f"127.0.0.1:{free.udp()}"), free)


class Helpline:
    """`up` in a process of its own, with what it said."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "import sys; from cli.up import up; sys.exit(up())"],
                cwd=CHECKOUT,
                env=environment(settings),
                stderr=out,
                stdout=out,
                stdin=subprocess.DEVNULL,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def children(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found


@pytest.fixture(scope="module")
def helpline(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpline]:
    running = Helpline(settings, tmp_path_factory.mktemp("log") / "up.log")
    try:
        running.wait_for("the helpline is up")
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)


def test_the_preflight_sees_a_running_helpline(helpline: Helpline, settings: Settings) -> None:
    assert holder(settings.data_dir) == helpline.process.pid
    results = {name: ask(question, settings) for name, question in CHECKS if name != "trunk"}
    assert {name: result for name, result in results.items() if not result.ok} == {}
    assert "22." in results["controller"].what
    assert "held by this helpline" in results["ports"].what


def test_a_second_helpline_on_the_same_folder_refuses_and_names_the_first(
    helpline: Helpline, settings: Settings, tmp_path: Path
) -> None:
    second = Helpline(settings, tmp_path / "second.log")
    assert second.process.wait(30) == 1
    assert f"(process {helpline.process.pid})" in second.said()
    assert helpline.process.poll() is None


def test_a_helpline_on_another_folder_but_the_same_ports_names_the_program_that_has_them(
    helpline: Helpline, settings: Settings, tmp_path: Path
) -> None:
    other = load_settings({}, **(settings.model_dump() | {"data_dir": tmp_path / "data"}))
    second = Helpline(other, tmp_path / "second.log")
    assert second.process.wait(30) == 1
    assert f"UDP port {settings.sip_port} (SIP) is in use by asterisk (process " in second.said()
    assert "HELPLINE_HTTP_PORT" in second.said()


def test_the_witness_outlives_a_quiet_asterisk(helpline: Helpline, settings: Settings) -> None:
    with Witness(settings.ami_port, ami_secret(settings)) as witness:
        time.sleep(3.5)  # asterisk-ami's own limit is 3 s
        assert witness.ask("CoreStatus")["CoreCurrentCalls"] == "0"


def test_a_witness_with_a_wrong_secret_is_refused(helpline: Helpline, settings: Settings) -> None:
    with pytest.raises(OSError, match="refused"), Witness(settings.ami_port, "wrong"):
        pass


def test_a_controller_that_was_killed_is_back_while_asterisk_goes_on(helpline: Helpline) -> None:
    def pid_of(word: str) -> int:
        return next(c.pid for c in helpline.children() if word in c.cmdline() or c.cmdline()[-1] == word)

    asterisk = next(c.pid for c in helpline.children() if "-C" in c.cmdline())
    controller = pid_of("ivr")
    os.kill(controller, signal.SIGKILL)
    helpline.wait_for("controller: was ended by SIGKILL; starting it again in 1 s")
    deadline = time.monotonic() + 20
    while helpline.said().count("controller: ready") < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert helpline.said().count("controller: ready") == 2
    assert pid_of("ivr") != controller
    assert psutil.pid_exists(asterisk)
    assert helpline.said().count("asterisk: started") == 1


@contextmanager
def heeding_hang_ups() -> Iterator[None]:
    """Children started here heed SIGHUP, also where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_stops_everything_in_reverse_order_and_leaves_nothing(
    settings: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    own = elsewhere(settings, tmp_path / "data")
    with heeding_hang_ups():
        running = Helpline(own, tmp_path / "up.log")
    running.wait_for("the helpline is up")
    children = running.children()
    assert len(children) >= 3
    running.process.send_signal(number)
    assert running.process.wait(30) == 0, running.said()
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    # uvicorn ends itself once more by the signal it was told to stop with, when all is done.
    ends = re.findall(r"\| (\w+): (?:ended with status 0|was ended by SIGTERM)", running.said())
    assert ends == ["web", "controller", "asterisk"]
    assert holder(own.data_dir) is None


def test_nothing_outlives_a_helpline_that_was_killed(settings: Settings, tmp_path: Path) -> None:
    own = elsewhere(settings, tmp_path / "data")
    running = Helpline(own, tmp_path / "up.log")
    running.wait_for("the helpline is up")
    children = running.children()
    running.process.kill()
    running.process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
