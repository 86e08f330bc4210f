"""What an adversary tried with the messenger: broken commits, rows that cannot be written, answers of another time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from config import migrate
from config.database import Database
from config.schema import Message, MessageEvent
from config.wakeup import WakeUp
from messaging.gateways import (
    Accepted,
    CannotTell,
    InDoubt,
    NotThere,
    Outcome,
    OutgoingSms,
    Receipt,
    ReceiptState,
    Rejected,
)
from messaging.outbox import send_again
from messaging.receipts import OnChange, record
from messaging.rules import MessagingRules
from messaging.worker import Messenger
from tests.integration.messaging.fakes import Clock, FakeSmsGateway, lane_of
from tests.integration.messaging.promises import promise, stored, write_journal

RULES = MessagingRules()
MakeMessenger = Callable[..., Messenger]


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def messenger_with(database: Database, tmp_path: Path, clock: Clock) -> MakeMessenger:
    def make(gateway: FakeSmsGateway, on_change: OnChange = write_journal) -> Messenger:
        return Messenger(database, [lane_of(gateway, clock)], WakeUp(database, tmp_path / "s"), RULES, on_change, clock)

    return make


def test_a_claim_whose_commit_was_not_confirmed_does_not_lie_in_sending_for_ever(
    database: Database, messenger_with: MakeMessenger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = promise(database, at=clock.now)
    gateway = FakeSmsGateway()
    messenger = messenger_with(gateway)
    writing = Database.writing

    @contextmanager
    def broken_after_commit(self: Database) -> Iterator[Session]:
        with writing(self) as session:
            yield session
        monkeypatch.setattr(Database, "writing", writing)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(Database, "writing", broken_after_commit)
    with pytest.raises(OperationalError):
        messenger.run_once()
    assert (stored(database, message_id).state, gateway.handed) == ("sending", [])
    for _ in range(10):
        clock.forward(60)
        messenger.run_once()
    assert stored(database, message_id).state == "sent"
    assert len(gateway.handed) == 1


def test_what_cannot_be_put_right_keeps_no_other_message_from_going(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    stale, fresh = promise(database, "stale", at=clock.now), promise(database, "fresh", at=clock.now)
    with database.writing() as session:
        session.get_one(Message, stale).expires_at = clock.now - timedelta(minutes=1)

    def write(session: Session, message: Message) -> None:
        if message.id == stale:
            raise RuntimeError("a fault of ours")
        write_journal(session, message)

    messenger = messenger_with(FakeSmsGateway(), on_change=write)
    messenger.start()
    try:
        wait_until(lambda: stored(database, fresh).state == "sent")
    finally:
        messenger.stop()


def test_an_answer_that_waited_for_the_database_brings_no_message_in_doubt(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database, at=clock.now)
    failures = [OperationalError("INSERT", {}, Exception("database or disk is full"))]

    def write_when_there_is_room(session: Session, message: Message) -> None:
        if failures:
            raise failures.pop()
        write_journal(session, message)

    messenger = messenger_with(FakeSmsGateway(), on_change=write_when_there_is_room)
    with pytest.raises(OperationalError):
        messenger.run_once()
    clock.forward(600)
    messenger.run_once()
    assert stored(database, message_id).state == "sent"
    with database.reading() as session:
        kinds = session.scalars(select(MessageEvent.kind).where(MessageEvent.message_id == message_id)).all()
    assert kinds == ["accepted"]


def test_what_an_older_version_was_sending_is_asked_for_and_what_was_unknown_waits_for_a_person(
    empty_database_url: str, clock: Clock, tmp_path: Path
) -> None:
    database = Database(empty_database_url)
    with database.engine.connect() as connection, connection.begin():
        command.upgrade(migrate.alembic_config(connection), "0004")
    row = (
        "INSERT INTO message (id, purpose, recipient, key, template, language, text, encoding, parts, state, gateway,"
        " attempts, created_at) VALUES (:state, 'slip', :to, 'k', 'advice_slip', 'hi', 't', 'ucs2', 1, :state, :by,"
        " 1, '2026-01-01 00:00:00+00:00')"
    )
    states = {"sending": "fake", "unknown": "fake", "queued": None, "sent": "fake", "failed": "fake"}
    with database.writing() as session:
        for number, (state, by) in enumerate(states.items()):
            session.execute(text(row), {"state": state, "by": by, "to": f"+91987654321{number}"})
    migrate.upgrade(empty_database_url)
    gateway = FakeSmsGateway(looks=[CannotTell("it keeps no list")] * 9)
    messenger = Messenger(database, [lane_of(gateway, clock)], WakeUp(database, tmp_path / "s"), RULES, clock=clock)
    for _ in range(9):
        messenger.run_once()
        clock.forward(600)
    now = {state: stored(database, state).state for state in states}
    assert now == {"sending": "unknown", "unknown": "unknown", "queued": "sent", "sent": "sent", "failed": "failed"}
    assert [sms.message_id for sms in gateway.handed] == ["queued"]
    database.close()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_webhooks_secret_is_not_kept_when_a_provider_repeats_its_address(
    database: Database, messenger_with: MakeMessenger
) -> None:
    message_id = promise(database)
    words = (
        "Twilio 21609: Invalid StatusCallback https://104.example.in/webhooks/sms/twilio/a-secret-of-sixteen?m=sms-1"
        " (https%3A%2F%2F104.example.in%2Fwebhooks%2Fsms%2Ftwilio%2Fa-secret-of-sixteen)"
    )
    messenger_with(FakeSmsGateway(Rejected(words, final=True))).run_once()
    with database.reading() as session:
        events = session.scalars(select(MessageEvent.detail).where(MessageEvent.message_id == message_id)).all()
    told = f"{stored(database, message_id).error} {events}"
    assert "21609" in told
    assert "a-secret" not in told


def test_a_failure_of_an_attempt_that_nobody_knew_of_does_not_fail_the_one_that_was_sent(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database, at=clock.now)
    messenger = messenger_with(FakeSmsGateway(InDoubt("time-out"), Accepted("id-2"), looks=[NotThere(), NotThere()]))
    messenger.run_once()
    for _ in range(2):
        clock.forward(80)
        messenger.run_once()
    assert stored(database, message_id).provider_id == "id-2"
    late = Receipt("id-of-the-first", "failed", "handset_off", message_id=message_id)
    with database.writing() as session:
        record(session, "fake", late, clock.now, write_journal)
    assert stored(database, message_id).state == "sent"
    with database.writing() as session:
        record(session, "fake", Receipt("id-2", "failed", "dnd"), clock.now, write_journal)
    assert (stored(database, message_id).state, stored(database, message_id).receipt_reason) == ("failed", "dnd")
    with database.writing() as session:
        record(session, "fake", replace(late, state="delivered", reason=""), clock.now, write_journal)
    assert stored(database, message_id).state == "delivered"


def test_a_receipt_under_another_id_than_the_acceptances_settles_a_message_that_went_once(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database, at=clock.now)
    messenger_with(FakeSmsGateway(Accepted("batch-1"))).run_once()
    with database.writing() as session:
        record(session, "fake", Receipt("part-7", "failed", "dnd", message_id=message_id), clock.now, write_journal)
    assert stored(database, message_id).state == "failed"


@pytest.mark.parametrize("state", ["on_its_way", "delivered"])
@pytest.mark.parametrize("resent", [False, True])
def test_what_turns_out_to_have_been_taken_is_not_sent_again_though_it_waits_to_be(
    database: Database, messenger_with: MakeMessenger, clock: Clock, state: ReceiptState, resent: bool
) -> None:
    message_id = promise(database, at=clock.now)
    gateway = FakeSmsGateway(InDoubt("time-out"))
    messenger = messenger_with(gateway)
    messenger.run_once()
    with database.writing() as session:  # as after two looks that found nothing, or by a person's decision
        row = session.get_one(Message, message_id)
        row.state, row.next_try_at = ("unknown", None) if resent else ("queued", clock.now + timedelta(minutes=5))
        session.flush()
        assert send_again(session, message_id, "staff-1") is resent
    with database.writing() as session:
        record(session, "fake", Receipt("late", state, message_id=message_id), clock.now, write_journal)
    clock.forward(600)
    messenger.run_once()
    assert len(gateway.handed) == 1
    row = stored(database, message_id)
    assert (row.state, row.provider_id) == ("delivered" if state == "delivered" else "sent", "late")


def test_an_attempt_that_failed_keeps_the_next_one_from_nothing_however_late_its_first_receipt_comes(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database, at=clock.now)
    gateway = FakeSmsGateway(InDoubt("time-out"))
    messenger = messenger_with(gateway)
    messenger.run_once()
    with database.writing() as session:
        session.get_one(Message, message_id).state = "queued"
    told: tuple[ReceiptState, ...] = ("failed", "on_its_way")
    for state in told:
        with database.writing() as session:
            record(session, "fake", Receipt("late", state, message_id=message_id), clock.now, write_journal)
    clock.forward(600)
    messenger.run_once()
    assert len(gateway.handed) == 2


def test_where_a_provider_gives_an_id_once_more_the_receipt_is_the_newest_messages(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    gateway = FakeSmsGateway(*[Accepted("00000001")] * 3)  # as an SMSC that counts anew after a restart
    ids = []
    for day in range(3):
        ids.append(promise(database, str(day), at=clock.now))
        messenger_with(gateway).run_once()
        clock.forward(86_400)
    with database.writing() as session:
        session.get_one(Message, ids[1]).text += " "  # PostgreSQL moves a changed row to the end
    with database.writing() as session:
        record(session, "fake", Receipt("00000001", "delivered"), clock.now, write_journal)
    assert [stored(database, id).state for id in ids] == ["sent", "sent", "delivered"]


def test_an_error_of_the_database_that_ends_in_a_log_quotes_no_message(database: Database) -> None:
    message_id = promise(database)
    statement = text("UPDATE message SET id = :id, text = :text, state = NULL")
    with pytest.raises(IntegrityError) as broken, database.writing() as session:
        session.execute(statement, {"id": message_id, "text": "Ram Lal has epilepsy"})
    assert "epilepsy" not in str(broken.value).replace(str(broken.value.orig), "")


def test_a_late_failure_while_the_next_attempt_is_on_its_way_is_not_taken_for_that_ones(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    message_id = promise(database, at=clock.now)

    class Gateway(FakeSmsGateway):
        def send(self, sms: OutgoingSms) -> Outcome:
            if self.handed:
                late = Receipt("id-of-the-first", "failed", "handset_off", message_id=message_id)
                with database.writing() as session:
                    record(session, "fake", late, clock.now, write_journal)
            return super().send(sms)

    messenger = messenger_with(Gateway(InDoubt("time-out"), Accepted("id-2"), looks=[NotThere(), NotThere()]))
    for _ in range(3):
        messenger.run_once()
        clock.forward(80)
    row = stored(database, message_id)
    assert (row.state, row.provider_id, row.receipt, row.receipt_reason) == ("sent", "id-2", "", "")
