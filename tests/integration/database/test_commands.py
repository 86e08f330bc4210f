"""A command reaches its recipient once, in order, soon when the hint arrives and within a poll when it is lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config.commands import forget_taken, send, take
from config.database import Database
from config.schema import CommandRow
from config.wakeup import WakeUp


@pytest.fixture
def wake_up(database: Database, socket_dir: Path) -> WakeUp:
    return WakeUp(database, socket_dir)


def test_commands_are_taken_once_in_their_order(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for n in range(3):
            send(session, "controller", "duty_changed", {"doctor": f"डॉ {n}"}, now)
        send(session, "messenger", "retry", {}, now)
    taken = take(database, "controller", now)
    assert [command.data for command in taken] == [{"doctor": f"डॉ {n}"} for n in range(3)]
    assert {(command.kind, command.created_at) for command in taken} == {("duty_changed", now)}
    assert take(database, "controller", now) == []
    assert [command.kind for command in take(database, "messenger", now)] == ["retry"]


def test_takers_at_the_same_moment_share_no_command(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for n in range(40):
            send(session, "controller", "x", {"n": n}, now)
    with ThreadPoolExecutor(4) as threads:
        taken = [
            command.data["n"]
            for part in threads.map(lambda _: take(database, "controller", now), range(4))
            for command in part
        ]
    assert sorted(taken) == list(range(40))


def test_a_backlog_is_taken_in_portions(database: Database, now: datetime) -> None:
    with database.writing() as session:
        session.add_all(CommandRow(recipient="controller", kind="x", data={}, created_at=now) for _ in range(501))
    assert [len(take(database, "controller", now)) for _ in range(3)] == [500, 1, 0]


def test_a_command_of_a_transaction_that_failed_was_never_sent(
    database: Database, wake_up: WakeUp, now: datetime
) -> None:
    hinted = threading.Event()
    unsubscribe = wake_up.subscribe("controller", hinted.set)

    def send_and_fail() -> None:
        with database.writing() as session:
            send(session, "controller", "x", {}, now, wake_up)
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        send_and_fail()
    assert not hinted.wait(0.2)
    assert take(database, "controller", now) == []
    unsubscribe()


def test_the_hint_comes_within_200_ms_of_the_commit_and_finds_the_command(
    database: Database, wake_up: WakeUp, now: datetime
) -> None:
    found: list[tuple[float, int]] = []
    hinted = threading.Event()

    def follow() -> None:
        found.append((time.perf_counter(), len(take(database, "controller", now))))
        hinted.set()

    def seconds_from_commit() -> float:
        hinted.clear()
        with database.writing() as session:
            send(session, "controller", "x", {}, now, wake_up)
            assert not hinted.wait(0.1)  # a hint before the commit would find nothing
        committed = time.perf_counter()
        assert hinted.wait(2)
        return found[-1][0] - committed

    unsubscribe = wake_up.subscribe("controller", follow)
    # The quickest of three: the others measure who else uses the machine.
    assert min(seconds_from_commit() for _ in range(3)) < 0.2
    unsubscribe()
    assert [commands for _, commands in found] == [1, 1, 1]


def test_a_savepoint_does_not_hint_before_its_transaction_is_committed(
    database: Database, wake_up: WakeUp, now: datetime
) -> None:
    found: list[int] = []
    hinted = threading.Event()

    def follow() -> None:
        found.append(len(take(database, "controller", now)))
        hinted.set()

    unsubscribe = wake_up.subscribe("controller", follow)
    with database.writing() as session:
        with session.begin_nested():
            send(session, "controller", "x", {}, now, wake_up)
        assert not hinted.wait(0.1)
    assert hinted.wait(2)
    unsubscribe()
    assert found == [1]


def test_a_lost_hint_only_delays_a_command_to_the_next_poll(database: Database, wake_up: WakeUp, now: datetime) -> None:
    with database.writing() as session:
        send(session, "controller", "x", {}, now, wake_up)  # nobody listens
    assert len(take(database, "controller", now)) == 1


def test_only_the_recipient_is_woken_and_only_while_subscribed(wake_up: WakeUp) -> None:
    controller, messenger = threading.Event(), threading.Event()
    ends = [wake_up.subscribe("controller", controller.set), wake_up.subscribe("messenger", messenger.set)]
    wake_up.notify("controller")
    assert controller.wait(2)
    assert not messenger.wait(0.1)
    for end in ends:
        end()
    controller.clear()
    wake_up.notify("controller")
    assert not controller.wait(0.2)


def test_two_listeners_are_both_woken(wake_up: WakeUp) -> None:
    heard = [threading.Event(), threading.Event()]
    ends = [wake_up.subscribe("console", event.set) for event in heard]
    wake_up.notify("console")
    assert all(event.wait(2) for event in heard)
    for end in ends:
        end()


def test_a_callback_that_fails_is_called_again_at_the_next_hint(
    wake_up: WakeUp, caplog: pytest.LogCaptureFixture
) -> None:
    calls, hinted = [], threading.Semaphore(0)

    def fail() -> None:
        calls.append(1)
        hinted.release()
        raise RuntimeError("the database is away")

    unsubscribe = wake_up.subscribe("controller", fail)
    for _ in range(2):
        wake_up.notify("controller")
        assert hinted.acquire(timeout=2)
    unsubscribe()
    assert len(calls) == 2
    assert "controller" in caplog.text


def test_taken_commands_are_forgotten_after_a_week_and_waiting_ones_never(database: Database, now: datetime) -> None:
    with database.writing() as session:
        send(session, "controller", "x", {}, now - timedelta(days=30))
        send(session, "messenger", "x", {}, now - timedelta(days=30))
    take(database, "controller", now - timedelta(days=8))
    with database.writing() as session:
        forget_taken(session, now)
        assert session.scalar(select(func.count()).select_from(CommandRow)) == 1
