"""A wake-up hint between the two processes. It carries no data and may be lost; the database row is the message.

PostgreSQL: NOTIFY. SQLite: an empty datagram to a Unix socket beside the database.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from config.database import Database

log = logging.getLogger(__name__)

_PENDING = "helpline_wake_up_recipients"


class WakeUp:
    """Hints to named recipients ('controller', 'messenger', 'console')."""

    # Distinguishes several listeners of one process.
    _numbers = itertools.count(1)

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

    def notify_on_commit(self, session: Session, recipient: str) -> None:
        """Hint `recipient` once the session's transaction is committed, and not at all when it is rolled back.

        PostgreSQL sends a NOTIFY with the commit of its transaction by itself. A second connection from the pool, as
        `notify` takes one, could wait for itself when every connection is in the hands of somebody who commits.
        """
        if not self._database.is_sqlite:
            session.execute(text(f"NOTIFY {_channel(recipient)}"))
            return
        pending: set[str] = session.info.setdefault(_PENDING, set())
        pending.add(recipient)
        if not event.contains(session, "after_commit", self._committed):
            event.listen(session, "after_commit", self._committed)

    def _committed(self, session: Session) -> None:
        if session.in_nested_transaction():
            return  # a savepoint: nobody else sees the row yet
        for recipient in session.info.pop(_PENDING, ()):
            self.notify(recipient)

    def subscribe(self, recipient: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` from a thread at each hint, until the returned function is called.

        Returns when hints are being listened for, or after two seconds when that cannot be had yet.
        """
        stop, listening = threading.Event(), threading.Event()

        def call_back() -> None:
            try:
                callback()
            except Exception:  # or nobody would listen any more
                log.exception("a wake-up hint to %s could not be followed", recipient)

        listen = self._listen_datagrams if self._database.is_sqlite else self._listen_notifications
        thread = threading.Thread(
            target=listen, args=(recipient, call_back, stop, listening), daemon=True, name=f"wake-up-{recipient}"
        )
        thread.start()
        listening.wait(timeout=2)

        def unsubscribe() -> None:
            stop.set()
            thread.join(timeout=2)

        return unsubscribe

    def _send_datagram(self, recipient: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            for path in self._socket_dir.glob(f"{recipient}-*.wake"):
                try:
                    sock.sendto(b"", str(path))
                except ConnectionRefusedError:  # left by a process that was killed
                    path.unlink(missing_ok=True)
                except OSError:
                    continue

    def _listen_datagrams(
        self, recipient: str, callback: Callable[[], None], stop: threading.Event, listening: threading.Event
    ) -> None:
        try:
            # Settings keep the folder within 80 bytes, and a Unix socket's path may have 107: 26 are left for this.
            path = self._socket_dir / f"{recipient}-{os.getpid()}-{next(self._numbers)}.wake"
            self._socket_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.bind(str(path))
                sock.settimeout(0.5)
                listening.set()
                try:
                    _receive(sock, callback, stop)
                finally:
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("no wake-up hints for %s: %s", recipient, error)
            listening.set()  # nothing to wait for

    def _listen_notifications(
        self, recipient: str, callback: Callable[[], None], stop: threading.Event, listening: threading.Event
    ) -> None:
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {_channel(recipient)}")
                    listening.set()
                    while not stop.is_set():
                        for _ in connection.notifies(timeout=0.5):
                            callback()
            except psycopg.Error as error:
                log.warning("no wake-up hints from PostgreSQL for now: %s", error)
                stop.wait(2)


def _receive(sock: socket.socket, callback: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            sock.recv(1)
        except TimeoutError:
            continue
        callback()


def _channel(recipient: str) -> str:
    if not recipient.isidentifier():
        raise ValueError(f"{recipient!r} is not a recipient's name")
    return f"helpline_{recipient}"
