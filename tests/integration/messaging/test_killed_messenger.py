"""kill -9 at every step between promise and record: each message reaches the patient once, and only once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from config.clock import utc_now
from config.database import Database
from config.schema import JournalRow
from config.wakeup import WakeUp
from messaging.gateways import LookedUp, OutgoingSms
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.rules import MessagingRules
from messaging.worker import Messenger
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator
from tests.integration.messaging import messenger_process
from tests.integration.messaging.fakes import Clock, lane_of
from tests.integration.messaging.promises import promise, stored, write_journal

CHECKOUT = Path(__file__).parents[3]


class NamedGateway(TwilioSmsGateway):
    """Another name for the same protocol; it may die when it was asked about a message in doubt."""

    def __init__(self, api: str, name: str = "twilio") -> None:
        super().__init__(ACCOUNT, TOKEN, SENDER, api=api, timeout=2)
        self.name = name
        self.dies: type[BaseException] | None = None

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        looked = super().look_up(sms, known)
        if self.dies is not None:
            raise self.dies
        return looked


def start(database_url: str, folder: Path, step: str, *apis: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", messenger_process.__name__, database_url, str(folder), step, *apis]
    return subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | {"NO_PROXY": "127.0.0.1"})


def kill_at(step: str, database_url: str, folder: Path, *apis: str) -> None:
    assert start(database_url, folder, step, *apis).wait(30) == -signal.SIGKILL


def live_on(database: Database, folder: Path, *gateways: NamedGateway) -> None:
    """A process that starts afterwards."""
    clock = Clock(utc_now())
    lanes = [lane_of(gateway, clock) for gateway in gateways]
    messenger = Messenger(database, lanes, WakeUp(database, folder), MessagingRules(), write_journal, clock)
    for _ in range(9):
        messenger.run_once()
        clock.forward(20)


def journal_entries(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(JournalRow)).all())


@pytest.mark.parametrize(
    ("step", "answer", "states_at_death", "taken_at_death"),
    [
        ("claim_uncommitted", "accept", "queued queued", 0),
        ("claimed", "accept", "sending sending", 0),
        ("sent", "accept", "sending sending", 1),
        ("half_sent", "accept", "sending sending", 1),
        ("recorded_uncommitted", "accept", "sending sending", 2),
        ("half_recorded", "accept", "sent sending", 2),
        ("recorded", "accept", "sent sent", 2),
        ("doubt_recorded", "hang", "doubt sending", 1),
    ],
)
def test_a_messenger_killed_at_any_step_sends_each_message_once(
    database: Database,
    database_url: str,
    twilio: TwilioOperator,
    tmp_path: Path,
    step: str,
    answer: str,
    states_at_death: str,
    taken_at_death: int,
) -> None:
    ids = [promise(database, str(number), f"+91987654321{number}") for number in range(2)]
    twilio.next_answers = [answer]
    kill_at(step, database_url, tmp_path, twilio.url)
    states = [stored(database, id).state for id in ids]
    if "recorded" in step:  # how many answers there are by then is a matter of moments
        assert (states[0], len(twilio.taken) in (1, 2)) == (states_at_death.split()[0], True)
    else:
        assert (" ".join(states), len(twilio.taken)) == (states_at_death, taken_at_death)
    live_on(database, tmp_path, NamedGateway(twilio.url))
    assert [stored(database, id).state for id in ids] == ["sent", "sent"]
    assert sorted(sms.recipient for sms in twilio.taken) == [f"+91987654321{number}" for number in range(2)]
    assert journal_entries(database) == 2


def test_a_messenger_killed_while_twilio_works_never_sends_twice(
    database: Database, database_url: str, twilio: TwilioOperator, tmp_path: Path
) -> None:
    message_id = promise(database)
    twilio.next_answers = ["hang"]
    process = start(database_url, tmp_path, "none", twilio.url)
    assert twilio.arrived.wait(20)
    process.kill()
    process.wait(10)
    live_on(database, tmp_path, NamedGateway(twilio.url))
    assert stored(database, message_id).state == "sent"
    assert len(twilio.taken) == 1


def test_a_messenger_that_dies_when_it_has_looked_a_message_up_leaves_it_to_the_next(
    database: Database, tmp_path: Path, twilio: TwilioOperator
) -> None:
    message_id = promise(database)
    twilio.next_answers = ["drop"]
    gateway, clock = NamedGateway(twilio.url), Clock(utc_now())
    messenger = Messenger(
        database, [lane_of(gateway, clock)], WakeUp(database, tmp_path), MessagingRules(), clock=clock
    )
    messenger.run_once()
    clock.forward(20)
    gateway.dies = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        messenger.run_once()
    assert stored(database, message_id).state == "doubt"
    live_on(database, tmp_path, NamedGateway(twilio.url))
    assert stored(database, message_id).state == "sent"
    assert len(twilio.taken) == 1


@pytest.mark.parametrize("step", ["claimed", "sent", "recorded_uncommitted"])
def test_killed_while_the_fall_back_sends_the_fall_back_is_asked(
    database: Database, database_url: str, twilio: TwilioOperator, tmp_path: Path, step: str
) -> None:
    ids = [promise(database, str(number), f"+91987654321{number}") for number in range(3)]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        kill_at(step, database_url, tmp_path, away, twilio.url)
        assert len(twilio.taken) == (0 if step == "claimed" else 1)
        live_on(database, tmp_path, NamedGateway(away), NamedGateway(twilio.url, "second"))
    assert [stored(database, id).state for id in ids] == ["sent", "sent", "sent"]
    assert len(twilio.taken) == len({sms.recipient for sms in twilio.taken}) == 3
