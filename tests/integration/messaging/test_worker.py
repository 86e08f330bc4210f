"""The Messenger sends each promise at most once and writes down what came of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import JournalRow, Message, MessageEvent
from config.wakeup import WakeUp
from messaging.gateways import Accepted, CannotTell, InDoubt, NotThere, Outcome, OutgoingSms, Rejected
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.outbox import send_again
from messaging.receipts import OnChange
from messaging.retry import BACK_OFF
from messaging.rules import MessagingRules
from messaging.sending import Lane
from messaging.worker import Messenger
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator
from tests.integration.messaging.fakes import PLENTY, Clock, FakeSmsGateway, lane_of
from tests.integration.messaging.promises import promise, stored, write_journal

RULES = MessagingRules()


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


MakeMessenger = Callable[..., Messenger]


@pytest.fixture
def messenger_with(database: Database, tmp_path: Path, clock: Clock) -> MakeMessenger:
    def make(gateway: FakeSmsGateway, node: str = "one", on_change: OnChange = write_journal) -> Messenger:
        wake_up = WakeUp(database, tmp_path / "s")
        return Messenger(database, [lane_of(gateway, clock)], wake_up, RULES, on_change, clock, node)

    return make


def test_a_promise_is_sent_recorded_and_journalled(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway()
    assert messenger_with(gateway).run_once() == 1
    message = stored(database, message_id)
    assert [replace(sms, purpose="") for sms in gateway.handed] == [
        OutgoingSms(message_id, "+919876543210", message.text, claimed_at=clock.now)
    ]
    assert (message.state, message.provider_id, message.gateway, message.attempts) == ("sent", "id-1", "fake", 1)
    assert message.sent_at == clock.now
    assert journal(database) == [("call-1", message_id, "sent")]


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
    message = stored(database, message_id)
    assert (message.state, message.receipt_reason) == ("failed", "gateway_busy")
    assert len(gateway.handed) == len(BACK_OFF) + 1


@pytest.mark.parametrize("answer", [InDoubt("time-out"), RuntimeError("a gateway may not raise")])
def test_what_is_in_doubt_is_asked_for_and_then_left_to_a_person(
    database: Database, messenger_with: MakeMessenger, clock: Clock, answer: Outcome | Exception
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway(answer, looks=[CannotTell("it keeps no list")] * 9)
    messenger = messenger_with(gateway)
    messenger.run_once()
    assert stored(database, message_id).state == "doubt"
    for _ in range(9):
        clock.forward(600)
        messenger.run_once()
    message = stored(database, message_id)
    assert (message.state, message.receipt_reason) == ("unknown", "answer_lost")
    assert (len(gateway.handed), len(gateway.asked)) == (1, 3)
    assert journal(database) == [("call-1", message_id, "unknown")]


def test_what_is_turned_down_for_good_has_failed(database: Database, messenger_with: MakeMessenger) -> None:
    message_id = promise(database)
    messenger = messenger_with(FakeSmsGateway(Rejected("no such number", final=True, key="number_invalid")))
    messenger.run_once()
    message = stored(database, message_id)
    assert (message.state, message.error, message.receipt_reason) == ("failed", "no such number", "number_invalid")
    assert journal(database) == [("call-1", message_id, "failed")]


def test_a_message_whose_answer_was_lost_is_found_at_the_provider(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    earlier, message_id = promise(database, "0", at=clock.now - timedelta(hours=1)), promise(database, at=clock.now)
    gateway = FakeSmsGateway(Accepted("id-of-the-earlier"), InDoubt("time-out"), looks=[Accepted("id-found")])
    messenger = messenger_with(gateway)
    messenger.run_once()
    claimed_at = stored(database, message_id).claimed_at
    clock.forward(10)
    messenger.run_once()
    assert gateway.asked == []
    clock.forward(10)
    messenger.run_once()
    message = stored(database, message_id)
    assert (message.state, message.provider_id, message.claimed_at) == ("sent", "id-found", claimed_at)
    [(asked, known)] = gateway.asked
    assert (asked.message_id, asked.claimed_at, known) == (message_id, claimed_at, frozenset({"id-of-the-earlier"}))
    assert [kind for kind, _ in history(database, message_id)] == ["doubt", "looked_up"]
    assert stored(database, earlier).state == "sent"


def test_only_after_two_looks_a_minute_apart_is_it_sent_again(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway(InDoubt("time-out"), looks=[NotThere(), NotThere()])
    messenger = messenger_with(gateway)
    messenger.run_once()
    clock.forward(20)
    messenger.run_once()
    clock.forward(74)
    messenger.run_once()
    assert (len(gateway.handed), len(gateway.asked)) == (1, 1)
    clock.forward(1)
    messenger.run_once()
    messenger.run_once()
    assert (len(gateway.handed), len(gateway.asked)) == (2, 2)
    message = stored(database, message_id)
    assert (message.state, message.attempts, message.provider_id) == ("sent", 2, "id-2")
    told = history(database, message_id)
    assert told == [("doubt", "time-out"), ("looked_up", "not there"), ("looked_up", "not there"), ("accepted", "")]


def test_a_look_that_finds_another_message_settles_nothing(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    promise(database, "0", at=clock.now - timedelta(hours=1))
    message_id = promise(database, at=clock.now)
    gateway = FakeSmsGateway(Accepted("id-of-another"), InDoubt("time-out"), looks=[Accepted("id-of-another")])
    messenger = messenger_with(gateway)
    messenger.run_once()
    clock.forward(20)
    messenger.run_once()
    assert stored(database, message_id).state == "doubt"


def test_what_a_person_sends_again_is_sent_and_told_apart_from_the_first(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway(Accepted("id-first"), InDoubt("time-out"))
    messenger = messenger_with(gateway)
    messenger.run_once()
    with database.writing() as session:
        session.get_one(Message, message_id).state = "failed"
    with database.writing() as session:
        assert send_again(session, message_id, "staff-1")
    messenger.run_once()
    clock.forward(20)
    messenger.run_once()
    assert gateway.asked[0][1] == frozenset({"id-first"})
    assert [kind for kind, _ in history(database, message_id)] == ["accepted", "resent", "doubt", "looked_up"]
    assert stored(database, message_id).asked_by == "staff-1"


def test_what_an_earlier_process_was_sending_is_in_doubt_and_not_sent(
    database: Database, messenger_with: MakeMessenger
) -> None:
    message_id = promise(database)
    _claimed_by(database, "one/worker-that-died")
    gateway = FakeSmsGateway()
    assert messenger_with(gateway).run_once() == 0
    assert gateway.handed == []
    assert stored(database, message_id).state == "doubt"


def test_what_another_machine_is_sending_is_its_own_for_two_minutes(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database)
    _claimed_by(database, "one/worker-1", clock.now)
    other = messenger_with(FakeSmsGateway(), node="two")
    clock.forward(119)
    other.run_once()
    assert stored(database, message_id).state == "sending"
    clock.forward(2)
    other.run_once()
    assert stored(database, message_id).state == "doubt"


def test_an_answer_settles_the_doubt_another_process_had(database: Database, messenger_with: MakeMessenger) -> None:
    message_id = promise(database)
    gateway = FakeSmsGateway()
    other = messenger_with(FakeSmsGateway())

    class WhileAnotherStarts(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            other.run_once()
            assert stored(database, message_id).state == "doubt"
            return gateway.send(sms)

    messenger_with(WhileAnotherStarts()).run_once()
    assert stored(database, message_id).state == "sent"
    assert len(gateway.handed) == 1


def test_an_answer_to_an_attempt_before_a_persons_decision_says_nothing_about_the_new_one(
    database: Database, messenger_with: MakeMessenger
) -> None:
    message_id = promise(database)
    other = messenger_with(FakeSmsGateway(InDoubt("time-out")), node="two")

    class Late(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            with database.writing() as session:
                session.get_one(Message, message_id).state = "unknown"
                session.flush()
                assert send_again(session, message_id, "staff-1")
            other.run_once()
            return Rejected("no such number", final=True)

    messenger_with(Late()).run_once()
    assert (stored(database, message_id).state, stored(database, message_id).attempts) == ("doubt", 1)


def test_what_was_claimed_and_slept_through_is_not_handed_over_any_more(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    first, second = promise(database, "1", at=clock.now), promise(database, "2", at=clock.now + timedelta(seconds=1))
    clock.forward(1)

    class SleepyGateway(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            if len(self.handed) == 0:
                clock.forward(46)  # the machine was put to sleep
            return super().send(sms)

    gateway = SleepyGateway()
    messenger = messenger_with(gateway)
    messenger.run_once()
    assert [sms.message_id for sms in gateway.handed] == [first, second]
    assert [stored(database, id).attempts for id in (first, second)] == [1, 1]
    assert [kind for kind, _ in history(database, second)] == ["accepted"]
    assert stored(database, second).claimed_at == clock.now


def test_five_messengers_at_once_send_each_promise_once(database: Database, tmp_path: Path) -> None:
    ids = {promise(database, str(number)) for number in range(60)}
    gateway = FakeSmsGateway()
    wake_up = WakeUp(database, tmp_path / "s")
    messengers = [
        Messenger(database, [Lane(gateway, PLENTY, threads=3)], wake_up, RULES, write_journal, node=f"node-{number}")
        for number in range(5)
    ]
    threads = [threading.Thread(target=messenger.run_once) for messenger in messengers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messengers[0].run_once()
    assert sorted(sms.message_id for sms in gateway.handed) == sorted(ids)
    assert {stored(database, message_id).state for message_id in ids} == {"sent"}


def test_an_answer_the_database_would_not_take_is_recorded_later_and_nothing_sent_meanwhile(
    database: Database, messenger_with: MakeMessenger
) -> None:
    message_id = promise(database)
    failures = [OperationalError("INSERT", {}, Exception("database or disk is full"))] * 2

    def write_when_there_is_room(session: Session, message: Message) -> None:
        if failures:
            raise failures.pop()
        write_journal(session, message)

    gateway = FakeSmsGateway()
    messenger = messenger_with(gateway, on_change=write_when_there_is_room)
    with pytest.raises(OperationalError):
        messenger.run_once()
    second = promise(database, "2")
    with pytest.raises(OperationalError):
        messenger.run_once()
    assert (stored(database, message_id).state, stored(database, second).state) == ("sending", "queued")
    assert messenger.run_once() == 1
    assert [stored(database, id).state for id in (message_id, second)] == ["sent", "sent"]
    assert [sms.message_id for sms in gateway.handed] == [message_id, second]


def test_where_a_claim_cannot_be_written_nothing_is_sent_and_later_it_is(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, or a database that is away."""
    gateway, disk = FakeSmsGateway(), Database(database.url)
    disk.is_away = lambda: True
    messenger = Messenger(disk, [Lane(gateway, PLENTY)], WakeUp(disk, tmp_path / "s"), RULES)
    message_id = promise(database)
    with caplog.at_level(logging.ERROR, "messaging"):
        messenger.start()
        try:
            time.sleep(1.5)  # two tries
            assert (gateway.handed, stored(database, message_id).state) == ([], "queued")
            disk.is_away = lambda: False
            _wait_until_sent(database, message_id, 5)
        finally:
            messenger.stop()
            disk.close()
    assert len([record for record in caplog.records if "does not answer" in record.message]) == 1


def test_one_answer_that_cannot_be_written_holds_up_no_other(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    odd, other = promise(database, "odd"), promise(database, "other")
    faulty = [True]

    def write(session: Session, message: Message) -> None:
        if message.id == odd and faulty:
            raise RuntimeError("a fault of ours")
        write_journal(session, message)

    messenger = messenger_with(FakeSmsGateway(Accepted("nul \x00 and \ud800")), on_change=write)
    messenger.run_once()
    assert [stored(database, id).state for id in (odd, other)] == ["sending", "sent"]
    faulty.clear()
    clock.forward(60)
    messenger.run_once()
    assert stored(database, odd).state == "sent"


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
    messenger = Messenger(database, [Lane(FakeSmsGateway(), PLENTY)], wake_up, RULES, write_journal)
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
    wake_up = WakeUp(database, tmp_path / "s")
    messenger = Messenger(database, [Lane(FakeSmsGateway(), PLENTY)], wake_up, RULES, write_journal)
    messenger.start()
    try:
        assert _wait_until_sent(database, promise(database), 5) < 2
    finally:
        messenger.stop()
    assert messenger._thread is not None
    assert not messenger._thread.is_alive()


def test_a_stopped_messenger_finishes_the_message_in_hand_and_puts_the_others_back(
    database: Database, tmp_path: Path
) -> None:
    class SlowGateway(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            begun.set()
            time.sleep(0.3)
            return super().send(sms)

    begun = threading.Event()
    ids = [promise(database, "1"), promise(database, "2")]
    messenger = Messenger(database, [Lane(SlowGateway(), PLENTY, threads=1)], WakeUp(database, tmp_path / "s"), RULES)
    messenger.start()
    assert begun.wait(5)
    messenger.stop()
    assert sorted((one.state, one.attempts) for id in ids if (one := stored(database, id))) == [
        ("queued", 0),
        ("sent", 1),
    ]


def test_twilio_hanging_after_it_took_the_message_is_asked_and_has_it(
    database: Database, tmp_path: Path, twilio: TwilioOperator, clock: Clock
) -> None:
    message_id = promise(database)
    twilio.next_answers = ["hang"]
    clock.now = utc_now()  # Twilio has a clock of its own
    gateway = TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=twilio.url, timeout=0.3)
    messenger = Messenger(
        database, [lane_of(gateway, clock)], WakeUp(database, tmp_path / "s"), RULES, write_journal, clock
    )
    messenger.run_once()
    assert stored(database, message_id).state == "doubt"
    clock.forward(20)
    messenger.run_once()
    message = stored(database, message_id)
    assert (message.state, message.provider_id) == ("sent", twilio.taken[0].provider_id)
    assert len(twilio.taken) == 1


def journal(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.scalars(select(JournalRow))
        return [(row.call_id, row.data["message"], row.data["result"]) for row in rows]


def history(database: Database, message_id: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        wanted = select(MessageEvent).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)
        return [(event.kind, event.detail) for event in session.scalars(wanted)]


def _claimed_by(database: Database, worker: str, at: datetime | None = None) -> None:
    claimed = {"state": "sending", "attempts": 1, "claimed_by": worker, "claimed_at": at or utc_now()}
    with database.writing() as session:
        session.execute(update(Message).values(gateway="fake", **claimed))


def _wait_until_sent(database: Database, message_id: str, seconds: float) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if stored(database, message_id).state == "sent":
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(f"not sent within {seconds} s")
