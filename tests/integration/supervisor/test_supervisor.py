"""The supervisor with real processes: order, restart, stop, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cli.supervisor import AlreadyRunning, NotRunning, Service, ServiceFailed, Supervisor, SupervisorError
from cli.supervisor.lock import holder, sole_user
from cli.supervisor.policy import Phase

CHECKOUT = Path(__file__).resolve().parents[3]
SLEEPS = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def runs(name: str, code: str = SLEEPS, **more: object) -> Service:
    return Service(name, (sys.executable, "-c", code), **more)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def writes_its_turn(path: Path, name: str) -> str:
    return (
        "import pathlib, signal, sys, time\n"
        f"def note(what):\n  open({str(path)!r}, 'a').write(what + ' ')\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (note('{name}-stops'), sys.exit(0)))\n"
        f"note('{name}-starts')\n"
        f"pathlib.Path({str(path.parent)!r}, '{name}').touch()\n"
        "time.sleep(600)"
    )


def test_services_start_in_order_each_after_the_one_before_is_ready_and_stop_in_reverse(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    services = [
        runs(name, writes_its_turn(diary, name), ready=(tmp_path / name).exists) for name in ("first", "second")
    ]
    with Supervisor(services) as supervisor:
        assert supervisor.is_up
        assert diary.read_text().split() == ["first-starts", "second-starts"]
    assert diary.read_text().split()[2:] == ["second-stops", "first-stops"]


def test_a_killed_service_comes_back_with_another_pid() -> None:
    with Supervisor([runs("web"), runs("other")]) as supervisor:
        other = supervisor.pid("other")
        before = supervisor.kill("web")
        assert supervisor.phase("web") is Phase.DOWN
        after = supervisor.wait_ready("web", 10)
        assert after != before
        assert gone(before)
        assert supervisor.pid("other") == other
        assert "starting it again in 1 s" in " ".join(supervisor.said("supervisor"))
    assert gone(after)


def test_a_service_whose_restart_is_disabled_stays_down_until_it_is_started() -> None:
    with Supervisor([runs("controller")]) as supervisor:
        supervisor.set_restart("controller", False)
        supervisor.kill("controller")
        time.sleep(1.3)
        with pytest.raises(NotRunning, match="controller is not running"):
            supervisor.pid("controller")
        supervisor.start_service("controller")
        assert psutil.pid_exists(supervisor.wait_ready("controller", 10))


def test_a_service_that_ends_while_starting_stops_everything_and_is_quoted() -> None:
    broken = runs("broken", "print('no such file: sip.conf'); raise SystemExit(3)", ready=lambda: False)
    supervisor = Supervisor([runs("first"), broken])
    with pytest.raises(ServiceFailed, match=r"broken ended with status 3 while starting(?s:.*)no such file: sip.conf"):
        supervisor.start()
    with pytest.raises(NotRunning):
        supervisor.pid("first")


def test_a_command_that_does_not_exist_is_named() -> None:
    service = Service("missing", ("/nowhere/asterisk",), ready=lambda: False)
    with pytest.raises(ServiceFailed, match=r"status 127(?s:.*)/nowhere/asterisk: No such file"):
        Supervisor([service]).start()


def test_a_service_that_is_not_ready_in_its_time_stops_everything() -> None:
    with pytest.raises(ServiceFailed, match=r"slow was not ready after 0.3 s"):
        Supervisor([runs("slow", ready=lambda: False, ready_seconds=0.3)]).start()


def test_a_stopped_process_is_reported_and_its_recovery_too(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    code = f"import pathlib, time\nwhile True: pathlib.Path({str(beat)!r}).touch(); time.sleep(0.1)"

    def beating() -> bool:
        return time.time() - beat.stat().st_mtime < 1

    with Supervisor([runs("controller", code, ready=beating)]) as supervisor:
        supervisor.kill("controller", signal.SIGSTOP)
        assert eventually(lambda: supervisor.phase("controller") is Phase.HUNG, 12)
        assert "does not answer" in supervisor.said("supervisor")[-1]
        supervisor.kill("controller", signal.SIGCONT)
        assert eventually(lambda: supervisor.phase("controller") is Phase.READY)
        assert "answers again" in supervisor.said("supervisor")[-1]


def test_a_service_deaf_to_its_stop_signal_is_killed_after_its_time() -> None:
    deaf = runs("deaf", DEAF, stop_seconds=0.5)
    with Supervisor([deaf]) as supervisor:
        pid = supervisor.pid("deaf")
        assert eventually(lambda: supervisor.said("deaf") == ["deaf"])
        began = time.monotonic()
    assert 0.4 < time.monotonic() - began < 5
    assert gone(pid)


def test_a_second_request_to_stop_does_not_wait() -> None:
    with Supervisor([runs("deaf", DEAF, stop_seconds=60)]) as supervisor:
        assert eventually(lambda: supervisor.said("deaf") == ["deaf"])
        began = time.monotonic()
        supervisor.ask_to_stop()
        time.sleep(0.3)
        supervisor.ask_to_stop()
        assert supervisor.finished(10)
    assert time.monotonic() - began < 8


def test_a_process_that_was_stopped_by_a_signal_still_ends_cleanly(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    service = runs("first", writes_its_turn(diary, "first"), ready=(tmp_path / "first").exists, stop_seconds=8)
    with Supervisor([service]) as supervisor:
        supervisor.kill("first", signal.SIGSTOP)
    assert "first-stops" in diary.read_text()


def test_what_a_service_started_does_not_outlive_it() -> None:
    code = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {DEAF!r}], stdout=subprocess.DEVNULL).pid, flush=True)\n"
        "time.sleep(600)"
    )
    with Supervisor([runs("parent", code)]) as supervisor:
        assert eventually(lambda: len(supervisor.said("parent")) == 1)
        child = int(supervisor.said("parent")[0])
        assert not gone(child)
    assert eventually(lambda: gone(child), 5)


def test_two_supervisors_refuse_to_share_a_data_folder(tmp_path: Path) -> None:
    with Supervisor([runs("web")], data_dir=tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            Supervisor([runs("web")], data_dir=tmp_path).start()
    assert holder(tmp_path) is None
    with Supervisor([runs("web")], data_dir=tmp_path) as again:
        assert again.is_up
    assert " web: ready\n" in (tmp_path / "log" / "helpline.log").read_text()


def test_waiting_for_a_service_that_never_gets_ready_says_so() -> None:
    with Supervisor([runs("web")]) as supervisor:
        supervisor.set_restart("web", False)
        supervisor.kill("web")
        with pytest.raises(SupervisorError, match=r"web did not become ready in 0.2 s"):
            supervisor.wait_ready("web", 0.2)


PROGRAM = """
import sys, time
from cli.supervisor import Service, Supervisor
sleeps = (sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
with Supervisor([Service("one", sleeps), Service("two", sleeps)]) as supervisor:
    print(supervisor.pid("one"), supervisor.pid("two"), flush=True)
    time.sleep(600)
"""


def test_no_service_outlives_a_supervisor_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as program:
        assert program.stdout is not None
        pids = [int(pid) for pid in program.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(gone(pid) for pid in pids)
        program.kill()
    assert eventually(lambda: all(gone(pid) for pid in pids), 5)


def test_a_part_that_was_started_alone_counts_as_running(tmp_path: Path) -> None:
    with sole_user(tmp_path / "parts" / "web"):
        assert holder(tmp_path) == os.getpid()
    assert holder(tmp_path) is None
