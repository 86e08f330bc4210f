"""kill -9 at every step between promise and record: the patient never gets the message twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from config.database import Database
from config.schema import JournalRow
from tests.integration.messaging import messenger_process
from tests.integration.messaging.loopback_twilio import LoopbackTwilio
from tests.integration.messaging.promises import promise, stored

CHECKOUT = Path(__file__).parents[3]


def start(database_url: str, api: str, folder: Path, step: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", messenger_process.__name__, database_url, api, str(folder), step]
    return subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | {"NO_PROXY": "127.0.0.1"})


def run(database_url: str, api: str, folder: Path, step: str) -> int:
    return start(database_url, api, folder, step).wait(30)


def journal_entries(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(JournalRow)).all())


@pytest.mark.parametrize(
    ("step", "state_at_death", "state_in_the_end", "sends"),
    [
        ("claim_uncommitted", "queued", "sent", 1),
        ("claimed", "sending", "unknown", 0),
        ("sent", "sending", "unknown", 1),
        ("recorded_uncommitted", "sending", "unknown", 1),
        ("recorded", "sent", "sent", 1),
    ],
)
def test_a_messenger_killed_at_any_step_never_sends_twice(
    database: Database,
    database_url: str,
    twilio: LoopbackTwilio,
    tmp_path: Path,
    step: str,
    state_at_death: str,
    state_in_the_end: str,
    sends: int,
) -> None:
    message_id = promise(database)
    assert run(database_url, twilio.url, tmp_path, step) == -signal.SIGKILL
    assert stored(database, message_id).state == state_at_death
    for _ in range(2):
        assert run(database_url, twilio.url, tmp_path, "none") == 0
    assert stored(database, message_id).state == state_in_the_end
    assert twilio.count_of("+919876543210") == sends
    assert journal_entries(database) == (1 if state_in_the_end == "sent" else 0)


def test_a_messenger_killed_while_twilio_works_never_sends_twice(
    database: Database, database_url: str, twilio: LoopbackTwilio, tmp_path: Path
) -> None:
    message_id = promise(database)
    twilio.next_answers = ["hang"]
    process = start(database_url, twilio.url, tmp_path, "none")
    assert twilio.arrived.wait(20)
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    time.sleep(0.1)
    assert run(database_url, twilio.url, tmp_path, "none") == 0
    assert stored(database, message_id).state == "unknown"
    assert twilio.count_of("+919876543210") == 1
