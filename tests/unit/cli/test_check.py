"""The preflight: each question answered by ok or by what to do, and a status a script can use."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import check
from cli.checks import CheckResult, bad, good, machine, network, parts, running
from cli.ports import pick_free_ports
from cli.supervisor.lock import sole_user
from config.free_ports import FreePorts
from config.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return pick_free_ports(load_settings({}, data_dir=tmp_path))


def changed(settings: Settings, **values: object) -> Settings:
    return load_settings({}, **(settings.model_dump() | values))


@contextmanager
def sip_server(answer: Callable[[str], str]) -> Iterator[str]:
    """Something that answers one SIP request on loopback; yields host:port."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)

        def serve() -> None:
            request, sender = sock.recvfrom(65535)
            sock.sendto(answer(request.decode()).encode(), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{sock.getsockname()[1]}"
        thread.join()


def via(request: str) -> str:
    return next(line for line in request.split("\r\n") if line.startswith("Via:"))


def test_all_in_order_is_status_zero() -> None:
    out = io.StringIO()
    assert check.report([("python", good("3.11"))], out) == 0
    assert out.getvalue() == "ok   python     3.11\n"


def test_what_is_not_in_order_says_what_to_do_and_fails() -> None:
    out = io.StringIO()
    assert check.report([("disk", bad("full", "make room")), ("python", good("3.11"))], out) == 1
    assert out.getvalue().splitlines()[:2] == ["NOT  disk       full", "                → make room"]


def test_a_check_that_breaks_is_a_finding_and_not_the_end(settings: Settings) -> None:
    def breaks(_: Settings) -> CheckResult:
        raise ZeroDivisionError("oops")

    result = check.ask(breaks, settings)
    assert not result.ok
    assert "ZeroDivisionError: oops" in result.what


def test_a_wrong_setting_is_named_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_SIP_PORT", "many")
    assert check.check() == 1
    said = capsys.readouterr().out
    assert said.startswith("NOT  settings")
    assert "HELPLINE_SIP_PORT=many" in said


def test_a_package_in_another_version_than_locked_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text("psutil==0.0.1 ; x \\\n    --hash=sha256:00\nnot-a-package==1.0\n")
    result = machine.packages(lock)
    assert not result.ok
    assert "not-a-package missing" in result.what


def test_a_package_locked_differently_for_different_pythons_may_be_either(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text(f"psutil==0.0.1 ; a\npsutil=={machine._installed('psutil')} ; b\n")
    assert machine.packages(lock).ok


def test_a_disk_that_is_nearly_full_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_BYTES_WANTED", 10**18)
    assert "HELPLINE_DATA_DIR" in machine.disk(settings).do


def test_the_disk_is_looked_at_before_the_folder_exists(settings: Settings) -> None:
    assert machine.disk(changed(settings, data_dir=settings.data_dir / "a" / "b")).ok


@pytest.mark.parametrize("zone", ["Asia/Bhopal", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused_by_its_variable(settings: Settings, zone: str) -> None:
    assert machine.clock(settings).ok
    assert "HELPLINE_TIME_ZONE" in machine.clock(changed(settings, time_zone=zone)).do


def test_a_broken_menu_is_reported_with_its_place(settings: Settings, tmp_path: Path) -> None:
    assert parts.flows(settings).ok
    (tmp_path / "line_104.yaml").write_text("flow: line_104\nstart: nowhere\nnodes: {menu: {kind: say, go: menu}}\n")
    result = parts.flows(changed(settings, flows_dir=tmp_path))
    assert not result.ok
    assert "line_104.yaml" in result.do


def test_prompts_that_were_not_made_yet_are_counted(settings: Settings) -> None:
    result = parts.prompts(settings)
    assert not result.ok
    assert "have to be made" in result.what


def test_an_empty_database_is_no_fault(settings: Settings) -> None:
    assert parts.database(settings) == good("SQLite, empty; `./helpline up` makes its tables")


def test_a_database_that_is_not_there_names_the_variable(settings: Settings) -> None:
    url = f"postgresql://x:y@127.0.0.1:{FreePorts().tcp()}/z"
    result = parts.database(changed(settings, database_url=url))
    assert not result.ok
    assert "HELPLINE_DATABASE_URL" in result.do


def test_a_busy_port_is_a_finding_unless_it_is_our_own_helplines(settings: Settings) -> None:
    with socket.create_server((settings.bind, settings.http_port)):
        assert f"port {settings.http_port}" in network.ports(settings).do
        with sole_user(settings.data_dir):
            assert "held by this helpline" in network.ports(settings).what


def test_the_trunk_is_named_by_what_it_calls_itself(settings: Settings) -> None:
    def answer(request: str) -> str:
        return f"SIP/2.0 200 OK\r\n{via(request)}\r\nServer: Operator \x1b[2J1.0\r\n\r\n"

    with sip_server(answer) as address:
        result = network.trunk(changed(settings, trunk=address))
    assert result == good(f"{address} answered 200 OK (Operator [2J1.0)")


def test_a_trunk_that_challenges_has_answered(settings: Settings) -> None:
    with sip_server(lambda request: f"SIP/2.0 401 Unauthorized\r\n{via(request)}\r\n\r\n") as address:
        assert network.trunk(changed(settings, trunk=address)).what.endswith("answered 401 Unauthorized")


def test_an_answer_to_somebody_elses_question_does_not_count(settings: Settings) -> None:
    with sip_server(lambda _: "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKother\r\n\r\n") as address:
        result = network.trunk(changed(settings, trunk=address), seconds=0.3)
    assert not result.ok


def test_a_trunk_where_nobody_answers_names_the_variable(settings: Settings) -> None:
    result = network.trunk(changed(settings, trunk=f"127.0.0.1:{FreePorts().udp()}"), seconds=0.3)
    assert "HELPLINE_TRUNK" in result.do


def test_what_does_not_run_is_not_asked(settings: Settings) -> None:
    assert running.witness(settings) == running.web(settings) == good("not running now")


def test_a_running_helpline_whose_processes_do_not_answer_is_a_finding(settings: Settings) -> None:
    with sole_user(settings.data_dir):
        assert "helpline.log" in running.witness(settings).do
        assert "helpline.log" in running.web(settings).do


def test_the_witness_reads_its_secret_from_the_running_asterisks_own_file(settings: Settings) -> None:
    etc = settings.run_dir / "etc"
    etc.mkdir(parents=True)
    (etc / "manager.conf").write_text("[controller]\nsecret = one\n\n[witness]\nsecret = two\ndeny = 0.0.0.0/0\n")
    assert running.ami_secret(settings) == "two"
    assert running.ami_secret(changed(settings, ami_secret="given")) == "given"
