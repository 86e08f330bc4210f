"""`python -m admin_api` as it runs in earnest: starts, sends what the outbox promises, stops when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cdr.journal import Journal
from config.database import Database
from config.ids import new_id
from config.schema import Message
from config.settings import CHECKOUT
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from tests.integration.admin_api.conftest import journal_of_call


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def web(empty_database_url: str, port: int, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process over a database that it has to migrate first."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("HELPLINE_")}
    environment = own | {
        "HELPLINE_DATABASE_URL": empty_database_url,
        "HELPLINE_HTTP_PORT": str(port),
        "HELPLINE_DATA_DIR": str(tmp_path / "data"),
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "admin_api"], cwd=CHECKOUT, env=environment, stderr=log)
    try:
        wait_until_ready(process, port)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/v1/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the web process did not become ready")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_told(
    web: subprocess.Popen[bytes], port: int, number: signal.Signals, tmp_path: Path
) -> None:
    web.send_signal(number)
    assert web.wait(timeout=10) == 0
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "GET / " not in log


def test_headers_without_end_fill_no_memory(web: subprocess.Popen[bytes], port: int) -> None:
    endless = b"GET /webhooks/sms/twilio/x HTTP/1.1\r\nHost: a\r\n" + b"X-Padding: 1\r\n" * 2_000_000
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger, pytest.raises(ConnectionError):
        stranger.sendall(endless)


def test_a_promised_message_is_sent_and_the_journal_says_so(
    web: subprocess.Popen[bytes], empty_database_url: str, tmp_path: Path
) -> None:
    database = Database(empty_database_url)
    journal, call_id = Journal(database), new_id("call")
    with database.writing() as session:
        journal.append(session, journal_of_call(call_id, None, "+919876543210", ended=True))
        message_id = enqueue(
            session,
            rules=MessagingRules(),
            purpose="callback",
            recipient="+919876543210",
            key=call_id,
            template="callback_registered",
            language="hi",
            variables={},
            call_id=call_id,
        ).id
    deadline = time.monotonic() + 10
    state = "queued"
    while state != "sent" and time.monotonic() < deadline:
        time.sleep(0.05)
        with database.reading() as session:
            state = session.get_one(Message, message_id).state
    sent = [entry.data for entry in journal.entries_of(call_id) if entry.kind == "sms.sent"]
    assert (state, [data["message"] for data in sent]) == ("sent", [message_id])
    assert "9876543210" not in (tmp_path / "log").read_text()
    database.close()


def test_a_wrong_setting_is_named_and_nothing_starts(tmp_path: Path) -> None:
    environment = os.environ | {"HELPLINE_HTTP_PORT": "eighty"}
    ended = subprocess.run([sys.executable, "-m", "admin_api"], cwd=CHECKOUT, env=environment, capture_output=True)
    assert ended.returncode == 2
    assert b"HELPLINE_HTTP_PORT=eighty" in ended.stderr
    assert b"Traceback" not in ended.stderr
