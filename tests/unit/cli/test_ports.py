"""A busy port is named with its holder and the variable to change; two deployments find ports side by side."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.ports import PortsBusy, pick_free_ports, require_free
from config import free_ports
from config.free_ports import FreePorts, NoFreePorts, is_free
from config.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return pick_free_ports(load_settings({}, data_dir=tmp_path))


@pytest.fixture
def taken() -> Iterator[tuple[int, int]]:
    """A TCP and a UDP port that this process holds."""
    with closing(socket.create_server(("127.0.0.1", 0))) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield tcp.getsockname()[1], udp.getsockname()[1]


def moved(settings: Settings, **changes: object) -> Settings:
    return load_settings({}, **(settings.model_dump() | changes))


def test_picked_ports_are_free_and_all_different(settings: Settings) -> None:
    require_free(settings)
    first, last = settings.rtp_range
    singles = {settings.sip_port, settings.ami_port, settings.http_port}
    assert len(singles) == 3
    assert last - first + 1 == 200
    assert not singles & set(range(first, last + 1))


def test_everything_but_the_ports_stays_as_it_was(tmp_path: Path) -> None:
    before = load_settings({}, data_dir=tmp_path, trunk="127.0.0.1:9999", language="en")
    after = pick_free_ports(before)
    changed = {name for name, value in after.model_dump().items() if value != getattr(before, name)}
    assert changed == {"sip_port", "ami_port", "http_port", "rtp_ports"}


@pytest.mark.parametrize(
    ("field", "is_tcp"), [("http_port", True), ("ami_port", True), ("sip_port", False)], ids=["http", "ami", "sip"]
)
def test_a_busy_port_is_named_with_its_holder_and_the_variable(
    settings: Settings, taken: tuple[int, int], field: str, is_tcp: bool
) -> None:
    number = taken[0] if is_tcp else taken[1]
    with pytest.raises(PortsBusy) as caught:
        require_free(moved(settings, **{field: number}))
    (sentence,) = caught.value.problems
    assert f"port {number}" in sentence
    assert f"(process {os.getpid()})" in sentence
    assert f"HELPLINE_{field.upper()}" in sentence


def test_one_busy_port_of_the_speech_range_is_passed_over(settings: Settings) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", settings.rtp_range[0]))
        require_free(settings)


def test_a_speech_range_that_is_anothers_is_refused(settings: Settings) -> None:
    first = settings.rtp_range[0]
    sockets = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(30)]
    try:
        for offset, udp in enumerate(sockets):
            udp.bind(("127.0.0.1", first + offset))
        with pytest.raises(PortsBusy, match="30 of the UDP ports") as caught:
            require_free(settings)
        assert "HELPLINE_RTP_PORTS" in str(caught.value)
    finally:
        for udp in sockets:
            udp.close()


def test_only_the_asked_ports_are_looked_at(settings: Settings, taken: tuple[int, int]) -> None:
    busy = moved(settings, http_port=taken[0])
    require_free(busy, only=["HELPLINE_SIP_PORT"])
    with pytest.raises(PortsBusy):
        require_free(busy, only=["HELPLINE_HTTP_PORT"])


def test_an_address_that_is_not_this_machines_is_said_so(settings: Settings) -> None:
    with pytest.raises(PortsBusy, match=r"192\.0\.2\.1 is not an address of this machine.*HELPLINE_BIND"):
        require_free(moved(settings, bind="192.0.2.1"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sip_port": 20010, "rtp_ports": "20000-20100"}, "lies within HELPLINE_RTP_PORTS"),
        ({"ami_port": 20500, "http_port": 20500}, "are both 20500"),
        ({"sip_port": 20501, "trunk": "127.0.0.1:20501"}, "own SIP address"),
    ],
)
def test_ports_that_the_settings_give_away_twice_are_refused(
    settings: Settings, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(PortsBusy, match=said):
        require_free(moved(settings, **changes))


def test_a_port_whose_connection_has_just_ended_counts_as_free() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    number = server.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", number))
    accepted, _ = server.accept()
    accepted.close()  # closes first: TIME_WAIT stays on the server's port
    client.close()
    server.close()
    assert is_free("TCP", "127.0.0.1", number)


def test_two_askers_are_never_given_the_same_port_by_one_source() -> None:
    free = FreePorts()
    numbers = [free.udp() for _ in range(50)] + [free.tcp() for _ in range(50)]
    assert len(set(numbers)) == 100


def test_what_one_process_has_chosen_no_other_is_given_until_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are ten ports; the other process has taken eight of them and bound none."""
    lock = tmp_path / "ports.lock"
    lowest = FreePorts().udp_range(10)[0]
    monkeypatch.setattr(free_ports, "_SINGLE", range(lowest, lowest + 10))
    monkeypatch.setattr(free_ports, "_CHOICES", free_ports._Choices(lock))
    chooses = f"""
import sys
from pathlib import Path
from config import free_ports
free_ports._SINGLE = range({lowest}, {lowest + 10})
free_ports._CHOICES = free_ports._Choices(Path({str(lock)!r}))
print(*[free_ports.FreePorts().udp() for _ in range(8)], flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", chooses]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        theirs = {int(number) for number in other.stdout.readline().split()}
        assert len(theirs) == 8
        ours = {FreePorts().udp(), FreePorts().tcp()}
        assert ours | theirs == set(range(lowest, lowest + 10))
        with pytest.raises(NoFreePorts):
            FreePorts().udp()
        other.stdin.close()
    assert FreePorts().udp() in theirs


def test_a_choice_that_was_not_bound_for_minutes_may_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = free_ports._Choices(tmp_path / "ports.lock")
    assert choices.reserve(range(20000, 20200))
    assert not choices.reserve(range(20100, 20101))
    monkeypatch.setattr(free_ports, "_KEPT_SECONDS", -1.0)
    assert choices.reserve(range(20100, 20101))


def test_when_every_range_for_speech_has_been_chosen_a_free_one_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = FreePorts().udp_range(40)
    monkeypatch.setattr(free_ports, "_SPEECH", range(first, last + 1))
    shared = {FreePorts().udp_range(20) for _ in range(20)}
    assert shared == {(first, first + 19), (first + 20, last)}
    busy = socket.socket(type=socket.SOCK_DGRAM)
    with busy:
        busy.bind(("127.0.0.1", first))
        assert FreePorts().rtp(20) == f"{first + 20}-{last}"
