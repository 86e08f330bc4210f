"""The one log: readable, in one file, and safe to look at."""

import io
from pathlib import Path

import pytest

from cli.supervisor.log import ServiceLog, printable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_line_carries_its_time_and_its_service(tmp_path: Path) -> None:
    out = io.StringIO()
    log = ServiceLog(["asterisk", "web"], tmp_path, out)
    log.write("web", "GET /healthz 200")
    log.close()
    assert out.getvalue()[2] == ":"
    assert out.getvalue().endswith(" web      | GET /healthz 200\n")
    assert (tmp_path / "helpline.log").read_text().endswith(" web      | GET /healthz 200\n")


def test_only_a_terminal_gets_colour(tmp_path: Path) -> None:
    plain, terminal = io.StringIO(), Terminal()
    ServiceLog(["web"], terminal=plain).write("web", "hello")
    log = ServiceLog(["web"], tmp_path, terminal)
    log.write("web", "hello")
    log.close()
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in plain.getvalue() + (tmp_path / "helpline.log").read_text()


@pytest.mark.parametrize("evil", ["\x1b[2Jgone", "a\rb", "\x07", "\x9b31m"])
def test_a_strangers_control_characters_do_not_reach_the_terminal(evil: str) -> None:
    out = io.StringIO()
    ServiceLog(["asterisk"], terminal=out).write("asterisk", evil)
    assert not set("\x1b\r\x07\x9b") & set(out.getvalue())


def test_hindi_is_kept_as_it_is() -> None:
    assert printable("एम्बुलेंस के लिए आठ दबाएँ") == "एम्बुलेंस के लिए आठ दबाएँ"


def test_the_last_two_hundred_lines_of_a_service_are_remembered() -> None:
    log = ServiceLog(["a", "b"])
    for i in range(300):
        log.write("a", str(i))
    log.write("b", "other")
    assert log.said("a") == [str(i) for i in range(100, 300)]


def test_a_closed_terminal_does_not_stop_the_log(tmp_path: Path) -> None:
    out = io.StringIO()
    log = ServiceLog(["web"], tmp_path, out)
    out.close()
    log.write("web", "still written")
    log.close()
    assert "still written" in (tmp_path / "helpline.log").read_text()


def test_a_log_is_silent_unless_it_is_told_to_speak(capsys: pytest.CaptureFixture[str]) -> None:
    ServiceLog(["web"]).write("web", "hello")
    ServiceLog(["web"], quiet=True).write("web", "hello")
    assert capsys.readouterr().err == ""
    ServiceLog(["web"], quiet=False).write("web", "hello")
    assert capsys.readouterr().err.endswith(" web | hello\n")
