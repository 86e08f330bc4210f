"""A wake-up hint between the two processes. It carries no data and may be lost; the database row is the message.

PostgreSQL: NOTIFY. SQLite: an empty datagram to a Unix socket beside the database.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg

from config.database import Database

log = logging.getLogger(__name__)


class WakeUp:
    """Hints to named recipients ('controller', 'messenger', 'console')."""

    def __init__(self, database: Database, socket_dir: Path) -> None:
        self._database = database
        self._socket_dir = socket_dir

    def notify(self, recipient: str) -> None:
        """Hint that there is something in the database for `recipient`. Never raises: a lost hint costs a second."""
        try:
            if self._database.is_sqlite:
                self._send_datagram(recipient)
            else:
                with self._database.engine.connect() as connection:
                    connection.exec_driver_sql(f"NOTIFY {_channel(recipient)}")
                    connection.commit()
        except Exception as error:
            log.debug("wake-up hint to %s was lost: %s", recipient, error)

    def subscribe(self, recipient: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` from a thread at each hint, until the returned function is called."""
        stop = threading.Event()
        listen = self._listen_datagrams if self._database.is_sqlite else self._listen_notifications
        thread = threading.Thread(
            target=listen, args=(recipient, callback, stop), daemon=True, name=f"wake-up-{recipient}"
        )
        thread.start()

        def unsubscribe() -> None:
            stop.set()
            thread.join(timeout=2)

        return unsubscribe

    def _send_datagram(self, recipient: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            for path in self._socket_dir.glob(f"wake-{recipient}-*.sock"):
                try:
                    sock.sendto(b"", str(path))
                except ConnectionRefusedError:  # left by a process that was killed
                    path.unlink(missing_ok=True)
                except OSError:
                    continue

    def _listen_datagrams(self, recipient: str, callback: Callable[[], None], stop: threading.Event) -> None:
        self._socket_dir.mkdir(parents=True, exist_ok=True)
        path = self._socket_dir / f"wake-{recipient}-{os.getpid()}.{threading.get_ident() % 100000}.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind(str(path))
            sock.settimeout(0.5)
            try:
                while not stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        sock.recv(1)
                        callback()
            finally:
                path.unlink(missing_ok=True)

    def _listen_notifications(self, recipient: str, callback: Callable[[], None], stop: threading.Event) -> None:
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {_channel(recipient)}")
                    while not stop.is_set():
                        for _ in connection.notifies(timeout=0.5):
                            callback()
            except psycopg.Error as error:
                log.warning("no wake-up hints from PostgreSQL for now: %s", error)
                stop.wait(2)


def _channel(recipient: str) -> str:
    if not recipient.isidentifier():
        raise ValueError(f"{recipient!r} is not a recipient's name")
    return f"helpline_{recipient}"
