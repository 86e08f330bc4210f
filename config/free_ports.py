"""Free ports for demo, tests and benchmarks, which run side by side: nobody's choice is taken before it is bound."""

import errno
import fcntl
import os
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from config.errors import ConfigError
from config.settings import RUNTIME_DIR

# Outside the kernel's range for outgoing connections (32768-60999), which would take them between choice and use.
_SINGLE = range(16384, 20480)
_SPEECH = range(20480, 32768)
# From the choice of a port to the server that binds it; speaking the prompts may lie between.
_KEPT_SECONDS = 180.0

Kind = Literal["TCP", "UDP"]


class NoFreePorts(ConfigError):
    """So many ports are in use that what was asked for is not to be had."""


class FreePorts:
    """Hands out free ports, none twice; for three minutes no process of this checkout is given them either."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self._given: set[int] = set()
        self._random = random.Random(os.urandom(16))  # noqa: S311 - only to stay out of each other's way

    def tcp(self) -> int:
        """A TCP port nobody listens on."""
        return self._one("TCP")

    def udp(self) -> int:
        """A UDP port nobody has bound."""
        return self._one("UDP")

    def rtp(self, count: int = 200) -> str:
        """A range of `count` free UDP ports, as HELPLINE_RTP_PORTS writes it."""
        first, last = self.udp_range(count)
        return f"{first}-{last}"

    def udp_range(self, count: int = 200) -> tuple[int, int]:
        """The first, which is even, and the last of `count` neighbouring free UDP ports."""
        ranges = [
            range(first, first + count) for first in _SPEECH[:: count + count % 2] if first + count - 1 in _SPEECH
        ]
        self._random.shuffle(ranges)
        # When each is somebody's choice one is shared: Asterisk passes over the ports that are busy.
        for taken in (self._is_ours, self._is_free):
            for numbers in ranges:
                if taken(numbers, ("UDP",)):
                    return numbers[0], numbers[-1]
        raise NoFreePorts(f"There is no range of {count} free UDP ports between {_SPEECH[0]} and {_SPEECH[-1]}.")

    def _one(self, kind: Kind) -> int:
        # Whatever its kind, free for both: easier to read in a log, and AMI's number may be tried as SIP's.
        for number in self._random.sample(_SINGLE, len(_SINGLE)):
            if self._is_ours(range(number, number + 1), ("TCP", "UDP")):
                return number
        raise NoFreePorts(f"There is no free {kind} port between {_SINGLE[0]} and {_SINGLE[-1]}.")

    def _is_ours(self, numbers: range, kinds: Sequence[Kind]) -> bool:
        return _CHOICES.reserve(numbers) and self._is_free(numbers, kinds)

    def _is_free(self, numbers: range, kinds: Sequence[Kind]) -> bool:
        if not self._given.isdisjoint(numbers):
            return False
        self._given.update(numbers)
        return all(bind_error(kind, self._address, number) is None for number in numbers for kind in kinds)


class _Choices:
    """What was chosen lately, by any process of this checkout: a port is a byte of a file, and its lock the choice.

    The kernel frees a process's locks when it ends. It does so too when the process closes any descriptor of the
    file; so there is one, and it stays open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._ours: deque[tuple[float, range]] = deque()
        self._one_thread = threading.Lock()

    def reserve(self, numbers: range) -> bool:
        """Whether neighbouring ports were nobody's choice; they are ours now."""
        with self._one_thread:
            self._forget()
            if any(numbers[0] <= chosen[-1] and chosen[0] <= numbers[-1] for _, chosen in self._ours):
                return False
            try:
                self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB, numbers)
            except OSError:
                return False
            self._ours.append((time.monotonic(), numbers))
            return True

    def _forget(self) -> None:
        while self._ours and time.monotonic() - self._ours[0][0] > _KEPT_SECONDS:
            self._lock(fcntl.LOCK_UN, self._ours.popleft()[1])

    def _lock(self, how: int, numbers: range) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.lockf(self._file, how, len(numbers), numbers[0])


_CHOICES = _Choices(RUNTIME_DIR / "ports.lock")


def is_free(kind: Kind, address: str, number: int) -> bool:
    """Whether the port could be bound now."""
    return bind_error(kind, address, number) is None


def bind_error(kind: Kind, address: str, number: int) -> int | None:
    """The errno with which binding the port fails now; None when it is free."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "TCP" else socket.SOCK_DGRAM) as sock:
        if kind == "TCP":  # servers set it too; without it a connection that has just ended would count as a holder
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, number))
            if kind == "TCP":
                sock.listen(1)
        except OSError as error:
            return error.errno or errno.EIO
    return None
