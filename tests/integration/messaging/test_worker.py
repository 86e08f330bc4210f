"""The Messenger sends each promise at most once and writes down what came of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import JournalRow, Message
from config.wakeup import WakeUp
from messaging.gateways import Accepted, InDoubt, Outcome, OutgoingSms, Rejected
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.outbox import send_again
from messaging.retry import BACK_OFF
from messaging.worker import Messenger
from tests.integration.messaging.loopback_twilio import ACCOUNT, SENDER, TOKEN, LoopbackTwilio
from tests.integration.messaging.promises import promise, stored, write_journal


class FakeSmsGateway:
    """Answers from a list, then accepts; remembers what it was handed."""

    name = "fake"

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.handed: list[OutgoingSms] = []

    def send(self, sms: OutgoingSms) -> Outcome:
        self.handed.append(sms)
        answer = self.answers.pop(0) if self.answers else Accepted(f"id-{len(self.handed)}")
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


MakeMessenger = Callable[[FakeSmsGateway], Messenger]


@pytest.fixture
def messenger_with(database: Database, tmp_path: Path, clock: Clock) -> MakeMessenger:
    def make(gateway: FakeSmsGateway) -> Messenger:
        return Messenger(database, gateway, WakeUp(database, tmp_path / "s"), write_journal, clock)

    return make


def journal(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(row.call_id, row.data["message"]) for row in session.scalars(select(JournalRow))]


def test_a_promise_is_sent_recorded_and_journalled(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway()
    assert messenger_with(gateway).run_once() == 1
    message = stored(database, message_id)
    assert gateway.handed == [OutgoingSms(message_id, "+919876543210", message.text)]
    assert (message.state, message.provider_id, message.gateway, message.attempts) == ("sent", "id-1", "fake", 1)
    assert message.sent_at == clock.now
    assert journal(database) == [("call-1", message_id)]


def test_promises_are_sent_once_and_in_their_order(
    database: Database, messenger_with: MakeMessenger, now: datetime
) -> None:
    late = promise(database, "2", at=now)
    early = promise(database, "1", at=now - timedelta(seconds=1))
    gateway = FakeSmsGateway()
    messenger = messenger_with(gateway)
    assert [messenger.run_once(), messenger.run_once()] == [2, 0]
    assert [sms.message_id for sms in gateway.handed] == [early, late]


def test_a_busy_provider_is_asked_again_later(database: Database, messenger_with: MakeMessenger, clock: Clock) -> None:
    message_id = promise(database)
    messenger = messenger_with(FakeSmsGateway(Rejected("busy", final=False)))
    messenger.run_once()
    message = stored(database, message_id)
    assert (message.state, message.error, message.sent_at) == ("queued", "busy", None)
    assert message.next_try_at == clock.now + timedelta(seconds=BACK_OFF[0])
    assert messenger.run_once() == 0
    clock.now += timedelta(seconds=BACK_OFF[0])
    assert messenger.run_once() == 1
    message = stored(database, message_id)
    assert (message.state, message.attempts, message.error) == ("sent", 2, None)


def test_a_provider_that_stays_busy_is_given_up(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway(*[Rejected("busy", final=False)] * 50)
    messenger = messenger_with(gateway)
    for _ in range(50):
        messenger.run_once()
        clock.now += timedelta(hours=2)
    assert stored(database, message_id).state == "failed"
    assert len(gateway.handed) == len(BACK_OFF) + 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Rejected("no such number", final=True), "failed"),
        (InDoubt("time-out"), "unknown"),
        (RuntimeError("a gateway may not raise"), "unknown"),
    ],
)
def test_what_failed_or_is_in_doubt_is_left_to_a_person(
    database: Database, messenger_with: MakeMessenger, clock: Clock, answer: Outcome | Exception, state: str
) -> None:
    message_id = promise(database)
    messenger = messenger_with(FakeSmsGateway(answer))
    messenger.run_once()
    clock.now += timedelta(days=30)
    assert messenger.run_once() == 0
    assert stored(database, message_id).state == state
    assert stored(database, message_id).error
    assert journal(database) == []


def test_what_a_person_sends_again_is_sent(database: Database, messenger_with: MakeMessenger) -> None:
    message_id = promise(database)
    messenger = messenger_with(FakeSmsGateway(InDoubt("time-out")))
    messenger.run_once()
    with database.writing() as session:
        assert send_again(session, message_id)
    assert messenger.run_once() == 1
    assert stored(database, message_id).state == "sent"


def test_what_an_earlier_process_was_sending_is_unknown_and_not_sent(
    database: Database, messenger_with: MakeMessenger
) -> None:
    message_id = promise(database)
    with database.writing() as session:
        session.execute(update(Message).values(state="sending", attempts=1))
    gateway = FakeSmsGateway()
    assert messenger_with(gateway).run_once() == 0
    assert gateway.handed == []
    assert stored(database, message_id).state == "unknown"


def test_an_answer_settles_the_doubt_another_process_had(database: Database, messenger_with: MakeMessenger) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway()
    other = messenger_with(FakeSmsGateway())

    class WhileAnotherStarts(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            other.run_once()
            assert stored(database, message_id).state == "unknown"
            return gateway.send(sms)

    messenger_with(WhileAnotherStarts()).run_once()
    assert stored(database, message_id).state == "sent"
    assert len(gateway.handed) == 1


def test_five_messengers_at_once_send_each_promise_once(database: Database, messenger_with: MakeMessenger) -> None:
    ids = {promise(database, str(number)) for number in range(20)}
    gateway = FakeSmsGateway()
    messengers = [messenger_with(gateway) for _ in range(5)]
    for messenger in messengers:
        messenger._recover()
    threads = [threading.Thread(target=messenger.run_once) for messenger in messengers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messengers[0].run_once()
    assert sorted(sms.message_id for sms in gateway.handed) == sorted(ids)
    assert {stored(database, message_id).state for message_id in ids} == {"sent"}


def test_an_answer_the_database_would_not_take_is_recorded_later(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    message_id = promise(database)
    failures = [RuntimeError("disk full")]

    def write_when_there_is_room(session: Session, message: Message) -> None:
        if failures:
            raise failures.pop()
        write_journal(session, message)

    gateway = FakeSmsGateway()
    messenger = Messenger(database, gateway, WakeUp(database, tmp_path / "s"), write_when_there_is_room, clock)
    with pytest.raises(RuntimeError):
        messenger.run_once()
    assert stored(database, message_id).state == "sending"
    assert messenger.run_once() == 0
    assert (stored(database, message_id).state, len(gateway.handed)) == ("sent", 1)
    assert journal(database) == [("call-1", message_id)]


def test_the_log_holds_neither_number_nor_text(
    database: Database, messenger_with: MakeMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    promise(database)
    with caplog.at_level(logging.DEBUG, "messaging"):
        messenger_with(FakeSmsGateway(Rejected("no such number +919876543210", final=True))).run_once()
    assert "GiveUp" in caplog.text
    assert "9876543210" not in caplog.text
    assert "पर्ची" not in caplog.text


def test_a_running_messenger_is_woken_by_a_hint(database: Database, socket_dir: Path) -> None:
    wake_up = WakeUp(database, socket_dir)
    messenger = Messenger(database, FakeSmsGateway(), wake_up, write_journal)
    messenger.start()
    try:
        warm = promise(database, "warm")
        _wait_until_sent(database, warm, 5)
        slowest = 0.0
        for number in range(3):
            message_id = promise(database, str(number))
            wake_up.notify("messenger")
            slowest = max(slowest, _wait_until_sent(database, message_id, 5))
    finally:
        messenger.stop()
    assert slowest < 0.5


def test_a_lost_hint_costs_about_a_second(database: Database, tmp_path: Path) -> None:
    messenger = Messenger(database, FakeSmsGateway(), WakeUp(database, tmp_path / "s"), write_journal)
    messenger.start()
    try:
        assert _wait_until_sent(database, promise(database), 5) < 2
    finally:
        messenger.stop()
    assert messenger._thread is not None
    assert not messenger._thread.is_alive()


def test_a_stopped_messenger_finishes_the_message_in_hand(database: Database, tmp_path: Path) -> None:
    class SlowGateway(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            begun.set()
            time.sleep(0.3)
            return super().send(sms)

    begun = threading.Event()
    ids = [promise(database, "1"), promise(database, "2")]
    messenger = Messenger(database, SlowGateway(), WakeUp(database, tmp_path / "s"))
    messenger.start()
    assert begun.wait(5)
    messenger.stop()
    assert sorted(stored(database, message_id).state for message_id in ids) == ["queued", "sent"]


def test_twilio_hanging_after_it_took_the_message_leaves_it_in_doubt(
    database: Database, tmp_path: Path, twilio: LoopbackTwilio, clock: Clock
) -> None:
    message_id = promise(database)
    twilio.next_answers = ["hang"]
    gateway = TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=twilio.url, timeout=0.3)
    messenger = Messenger(database, gateway, WakeUp(database, tmp_path / "s"), write_journal, clock)
    messenger.run_once()
    clock.now += timedelta(days=1)
    messenger.run_once()
    assert stored(database, message_id).state == "unknown"
    assert twilio.requests == 1


def _wait_until_sent(database: Database, message_id: str, seconds: float) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if stored(database, message_id).state == "sent":
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(f"not sent within {seconds} s")
