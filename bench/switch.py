"""The operator's switch: the one address a helpline knows as its trunk, with SIPp's doctors and real phones behind it.

It only moves datagrams. Load calls come straight from SIPp (the helpline knows its trunk by IP address); it has what
the helpline dials, and the probe phones' calls.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading

from bench.plan import PROBE_DOCTORS

Address = tuple[str, int]

_REQUEST_USER = re.compile(rb"[A-Z]+ sips?:([^@;>\s]*)@")


def for_phones(datagram: bytes, prefix: str = PROBE_DOCTORS) -> bool:
    """Whether what the helpline sends is for the real phones: dialled there, or an answer to a call from there.

    SIPp's doctors dial nothing, so answers to INVITE and CANCEL are the phones'; their own INFO is answered to them.
    """
    if datagram.startswith(b"SIP/2.0"):
        return bool(re.search(rb"\r\nCSeq: *\d+ +(INVITE|CANCEL)", datagram, re.IGNORECASE))
    dialled = _REQUEST_USER.match(datagram)
    return dialled is not None and dialled[1].replace(b"%2B", b"+").startswith(prefix.encode())


class Switch:
    """A context manager; `doctors` and `phones` are told after both have started."""

    def __init__(self, helpline: Address) -> None:
        self._helpline = helpline
        self.doctors: Address | None = None
        self.phones: Address | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.address: Address = self._socket.getsockname()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)

    def __enter__(self) -> Switch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(2)
        self._socket.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                datagram, source = self._socket.recvfrom(65535)
                target = self._way(datagram, source)
                if target is not None:
                    self._socket.sendto(datagram, target)

    def _way(self, datagram: bytes, source: Address) -> Address | None:
        if source != self._helpline:
            return self._helpline
        return self.phones if for_phones(datagram) else self.doctors
