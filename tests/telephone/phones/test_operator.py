"""The operator's side of the trunk: passwords, a softphone, and what happens to whole networks."""

import hashlib
import re
import socket
import time
from pathlib import Path

import pytest

from cli.runtime import asterisk
from config.free_ports import FreePorts
from phones.errors import PhoneError
from phones.network import PhoneNetwork

pytestmark = pytest.mark.telephone


class Registrar:
    """The least of a SIP user agent: registers over UDP and answers the digest challenge (RFC 3261, 22)."""

    def __init__(self, network: PhoneNetwork) -> None:
        self._to = ("127.0.0.1", network.sip_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(3)
        self._sequence = 0

    def register(self, user: str, password: str) -> int:
        """The final status of REGISTER."""
        challenge = self._send(user, "")
        nonce = re.search(r'nonce="([^"]+)"', challenge)
        realm = re.search(r'realm="([^"]+)"', challenge)
        assert challenge.startswith("SIP/2.0 401"), challenge
        assert nonce
        assert realm
        uri = f"sip:127.0.0.1:{self._to[1]}"
        first = hashlib.md5(f"{user}:{realm[1]}:{password}".encode()).hexdigest()
        second = hashlib.md5(f"REGISTER:{uri}".encode()).hexdigest()
        opaque = re.search(r'opaque="([^"]+)"', challenge)
        middle = f"{nonce[1]}:00000001:0123:auth" if "qop" in challenge else nonce[1]
        response = hashlib.md5(f"{first}:{middle}:{second}".encode()).hexdigest()
        answer = self._send(
            user,
            f'Authorization: Digest username="{user}", realm="{realm[1]}", nonce="{nonce[1]}", uri="{uri}", '
            f'response="{response}", algorithm=MD5'
            + (f', opaque="{opaque[1]}"' if opaque else "")
            + (', qop=auth, nc=00000001, cnonce="0123"' if "qop" in challenge else "")
            + "\r\n",
        )
        return int(answer.split()[1])

    def close(self) -> None:
        self._socket.close()

    def _send(self, user: str, extra: str) -> str:
        self._sequence += 1
        port = self._socket.getsockname()[1]
        text = (
            f"REGISTER sip:127.0.0.1:{self._to[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{self._sequence};rport\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=1\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: reg-{port}\r\n"
            f"CSeq: {self._sequence} REGISTER\r\nContact: <sip:{user}@127.0.0.1:{port}>\r\nExpires: 60\r\n"
            f"Max-Forwards: 70\r\n{extra}Content-Length: 0\r\n\r\n"
        )
        self._socket.sendto(text.encode(), self._to)
        return self._socket.recv(4096).decode()


@pytest.fixture
def guarded(tmp_path: Path) -> PhoneNetwork:
    return PhoneNetwork(
        asterisk(),
        tmp_path / "guarded",
        f"127.0.0.1:{FreePorts().udp()}",
        trunk_user="helpline",
        trunk_password="right",
    )


def test_a_softphone_registers_with_its_password_only(here: PhoneNetwork) -> None:
    phone = Registrar(here)
    assert phone.register(here.softphone_user, "wrong") == 401
    assert phone.register(here.softphone_user, here.softphone_password) == 200
    phone.close()


def test_a_registered_softphone_rings_at_its_number(here: PhoneNetwork, there: PhoneNetwork) -> None:
    phone = Registrar(there)
    assert phone.register(there.softphone_user, there.softphone_password) == 200
    call = here.patient().dials(there.softphone_number)
    assert phone._socket.recv(4096).startswith(b"INVITE sip:softphone@")
    call.hangs_up()
    phone.close()


def test_a_trunk_with_a_password_takes_the_helplines_registration(guarded: PhoneNetwork) -> None:
    with guarded:
        helpline = Registrar(guarded)
        assert helpline.register("helpline", "wrong") == 401
        assert helpline.register("helpline", "right") == 200
        helpline.close()


def test_a_trunk_with_a_password_challenges_whoever_calls_without_it(tmp_path: Path) -> None:
    install = asterisk()
    stranger_port = FreePorts().udp()
    guarded = PhoneNetwork(
        install, tmp_path / "g", f"127.0.0.1:{stranger_port}", trunk_user="helpline", trunk_password="right"
    )
    stranger = PhoneNetwork(install, tmp_path / "s", guarded.address, sip_port=stranger_port)
    with guarded, stranger:
        assert stranger.patient().dials("9001").ended().sip == 401
        assert guarded.doctor("9001").rang == 0


def test_a_network_from_elsewhere_cannot_call_in(tmp_path: Path, here: PhoneNetwork) -> None:
    with PhoneNetwork(asterisk(), tmp_path / "x", here.address) as elsewhere:
        assert elsewhere.patient().dials("9050").ended().sip == 401
    assert here.doctor("9050").rang == 0


def test_a_killed_network_ends_its_calls_and_leaves_nothing(tmp_path: Path) -> None:
    network = PhoneNetwork(asterisk(), tmp_path / "k", f"127.0.0.1:{FreePorts().udp()}")
    with network:
        call = network.patient().dials("104")
        network.kill()
        assert call.ended(timeout=3).by == "the network"
        with pytest.raises(PhoneError):
            network.patient().dials("104")


def test_a_stopped_network_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    network = PhoneNetwork(asterisk(), tmp_path / "z", f"127.0.0.1:{FreePorts().udp()}")
    with network:
        pid = network.pid
        call = network.patient().dials("104")
        assert network.wait_until(lambda: bool(call.sip_messages()), 2)
        network.patient().dials("104")
        network.freeze()
    network.stop()
    assert any(message.method == "INVITE" for message in call.sip_messages())
    with pytest.raises(PhoneError, match="not running"):
        network.channels()
    assert not Path(f"/proc/{pid}").exists()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", network.sip_port))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        network = PhoneNetwork(asterisk(), tmp_path / "p", "127.0.0.1:9", sip_port=port)
        with pytest.raises(PhoneError, match=f"SIP port {port} is in use"):
            network.start()


def test_a_folder_with_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("path" * 10)
    with PhoneNetwork(asterisk(), folder, f"127.0.0.1:{FreePorts().udp()}") as network:
        assert network.channels() == []


def test_a_network_is_ready_within_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    with PhoneNetwork(asterisk(), tmp_path / "q", f"127.0.0.1:{FreePorts().udp()}"):
        assert time.monotonic() - began < 5
