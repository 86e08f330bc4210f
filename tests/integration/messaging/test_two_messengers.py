"""Two web processes on one database send each message once, also where one of them is killed while they work."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import select

from config.database import Database
from config.schema import Message
from phones.operators.twilio import TwilioOperator
from tests.integration.messaging.promises import promise
from tests.integration.messaging.test_killed_messenger import NamedGateway, live_on, start

MESSAGES = 60


def test_two_processes_share_the_outbox_and_one_of_them_is_killed(
    database: Database, database_url: str, twilio: TwilioOperator, tmp_path: Path
) -> None:
    numbers = [f"+9198765{number:05d}" for number in range(MESSAGES)]
    for index, number in enumerate(numbers):
        promise(database, str(index), number)
    twilio.on_taken = lambda sms: time.sleep(0.02)
    processes = [start(database_url, tmp_path, "none", twilio.url) for _ in range(2)]
    while len(twilio.taken) < MESSAGES // 3:
        assert twilio.arrived.wait(20)
        time.sleep(0.01)
    processes[0].kill()
    assert [process.wait(60) for process in processes] == [-9, 0]
    live_on(database, tmp_path, NamedGateway(twilio.url))
    assert sorted(sms.recipient for sms in twilio.taken) == numbers
    with database.reading() as session:
        assert list(session.scalars(select(Message.state))) == ["sent"] * MESSAGES
