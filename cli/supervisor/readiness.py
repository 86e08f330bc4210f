"""How the supervisor asks the helpline's services whether they are well: what a caller would notice, not mere life."""

import http.client
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Self

from config.settings import load_settings

# The dialplan apologises to callers when the controller's heartbeat is older than this (extensions.conf).
HEARTBEAT_SECONDS = 6
_PATIENCE = 1.0  # seconds for one answer


class ManagerProbe:
    """A minimal AMI client that only asks. It stays connected, because each login is a line in Asterisk's log."""

    def __init__(self, port: int, secret: str, user: str = "witness") -> None:
        self._port, self._secret, self._user = port, secret, user
        self._socket: socket.socket | None = None
        self._unread = b""

    def is_booted(self) -> bool:
        """Whether Asterisk has loaded everything and answers."""
        return self._ask({"Action": "Ping"}).get("Ping") == "Pong"

    def variable(self, name: str) -> str:
        """A global variable's value."""
        return self._ask({"Action": "Getvar", "Variable": name}).get("Value", "")

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket, self._unread = None, b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, action: Mapping[str, str]) -> dict[str, str]:
        try:
            if self._socket is None:
                self._sign_in()
            self._send(action)
            return self._message("Response")
        except (OSError, ConnectionError):
            self.close()
            raise

    def _sign_in(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
        self._unread = b""
        self._send({"Action": "Login", "Username": self._user, "Secret": self._secret, "Events": "system"})
        if self._message("Response").get("Response") != "Success":
            raise ConnectionRefusedError("AMI refused the sign-in")
        # Sent at once to whoever signs in after the start, else when the last module is loaded.
        while self._message("Event").get("Event") != "FullyBooted":
            pass
        self._send({"Action": "Events", "EventMask": "off"})
        self._message("Response")

    def _send(self, action: Mapping[str, str]) -> None:
        assert self._socket is not None
        self._socket.sendall("".join(f"{k}: {v}\r\n" for k, v in action.items()).encode() + b"\r\n")

    def _message(self, kind: str) -> dict[str, str]:
        """The next message that has the header `kind`; others are skipped."""
        assert self._socket is not None
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            while b"\r\n\r\n" in self._unread:
                text, self._unread = self._unread.split(b"\r\n\r\n", 1)
                headers = _headers(text)
                if kind in headers:
                    return headers
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionResetError("AMI closed the connection")
            self._unread += received
        raise TimeoutError("AMI did not answer")


def _headers(text: bytes) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in text.decode("utf-8", "replace").split("\r\n"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def asterisk_is_ready(probe: ManagerProbe, bind: str, sip_port: int) -> Callable[[], bool]:
    """Asterisk has booted and holds its SIP port (it goes on without one when the port was taken)."""
    return lambda: probe.is_booted() and udp_port_is_taken(bind, sip_port)


def controller_is_ready(probe: ManagerProbe) -> Callable[[], bool]:
    """The heartbeat is fresh, or still beats: where a clock was set, its value tells nothing."""
    heart = Heart()
    return lambda: heart.beats(int(probe.variable("HELPLINE_HEARTBEAT") or 0), time.time(), time.monotonic())


class Heart:
    """Remembers when the heartbeat was seen to move last."""

    def __init__(self) -> None:
        self._value: int | None = None
        self._moved_at = float("-inf")

    def beats(self, value: int, wall: float, monotonic: float) -> bool:
        """Whether it is of the last seconds by the wall's clock, or has moved within them."""
        if self._value is not None and value != self._value:
            self._moved_at = monotonic
        self._value = value
        return abs(wall - value) <= HEARTBEAT_SECONDS or monotonic - self._moved_at <= HEARTBEAT_SECONDS


def web_is_ready(bind: str, http_port: int) -> Callable[[], bool]:
    """The web process answers its health question."""
    return lambda: http_status(bind, http_port, "/api/v1/healthz")[0] == 200


def http_status(bind: str, port: int, path: str) -> tuple[int, bytes]:
    """GET a path of a server on this machine: status and body. Raises OSError."""
    connection = http.client.HTTPConnection(reachable(bind), port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(65536)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def udp_port_is_taken(bind: str, port: int) -> bool:
    """Whether some process holds the port."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((bind, port))
        except OSError:
            return True
    return False


def reachable(bind: str) -> str:
    """The address under which something bound to `bind` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - compared, not bound


def main() -> int:
    """Healthcheck of the Asterisk container: 0 when Asterisk has booted. Settings from the environment."""
    settings = load_settings()
    with ManagerProbe(settings.ami_port, settings.ami_secret) as probe:
        return 0 if probe.is_booted() else 1


if __name__ == "__main__":
    sys.exit(main())
