"""Two gateways, a rate, quiet hours and messages whose time passes: which message goes which way, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.database import Database
from config.schema import Message
from config.settings import load_settings
from config.wakeup import WakeUp
from messaging.breaker import FAILURES, PAUSES
from messaging.gateways import Accepted, CannotTell, InDoubt, Rejected
from messaging.gateways.inbox import InboxSmsGateway
from messaging.rules import MessagingRules, messaging_rules
from messaging.sending import Lane, lanes_of
from messaging.worker import Messenger
from tests.integration.messaging.fakes import PLENTY, Clock, FakeSmsGateway, lane_of
from tests.integration.messaging.promises import promise, stored

AWAY = Rejected("no connection", final=False, unwell=True, key="gateway_away")
RULES = MessagingRules(millirupees={"first": 120, "second": 250})

MakeMessenger = Callable[..., Messenger]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 4, 30, 8, 0, tzinfo=UTC))  # half past one in India


@pytest.fixture
def messenger_with(database: Database, tmp_path: Path, clock: Clock) -> MakeMessenger:
    def make(*gateways: FakeSmsGateway, per_second: float = PLENTY) -> Messenger:
        lanes = [lane_of(gateway, clock, per_second) for gateway in gateways]
        return Messenger(database, lanes, WakeUp(database, tmp_path / "s"), RULES, clock=clock)

    return make


def promised(database: Database, clock: Clock, count: int) -> list[str]:
    return [promise(database, str(number), at=clock.now + timedelta(microseconds=number)) for number in range(count)]


def states(database: Database, ids: list[str]) -> list[tuple[str, str | None]]:
    return [(one.state, one.gateway) for one in (stored(database, id) for id in ids)]


def test_while_the_first_gateway_is_away_the_second_takes_over(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    ids = promised(database, clock, 5)
    clock.forward(1)
    first, second = FakeSmsGateway(*[AWAY] * 9, name="first"), FakeSmsGateway(name="second")
    messenger = messenger_with(first, second)
    messenger.run_once()
    clock.forward(5)
    messenger.run_once()
    assert states(database, ids) == [("sent", "second")] * 5
    assert len(second.handed) == 5
    assert stored(database, ids[0]).millirupees == 250 * stored(database, ids[0]).parts


def test_a_message_that_waits_goes_to_the_second_at_once_when_the_first_is_found_away(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    ids = promised(database, clock, FAILURES)
    clock.forward(1)
    messenger = messenger_with(FakeSmsGateway(*[AWAY] * 9, name="first"), FakeSmsGateway(name="second"))
    messenger.run_once()
    assert states(database, ids)[-1] == ("sent", "second")


def test_what_is_in_doubt_is_asked_for_where_it_was_and_never_given_to_the_second(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    ids = promised(database, clock, FAILURES)
    clock.forward(1)
    lost = [InDoubt("time-out")] * FAILURES
    first = FakeSmsGateway(*lost, looks=[Accepted(f"found-{n}") for n in range(FAILURES)], name="first")
    second = FakeSmsGateway(name="second")
    messenger = messenger_with(first, second)
    messenger.run_once()
    assert states(database, ids) == [("doubt", "first")] * FAILURES
    clock.forward(60)
    messenger.run_once()
    assert states(database, ids) == [("sent", "first")] * FAILURES
    assert (second.handed, second.asked) == ([], [])


def test_the_first_is_tried_with_one_message_and_used_again_when_it_is_well(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    first, second = FakeSmsGateway(*[AWAY] * (FAILURES + 1), name="first"), FakeSmsGateway(name="second")
    messenger = messenger_with(first, second)
    promised(database, clock, FAILURES)
    clock.forward(1)
    messenger.run_once()
    clock.forward(PAUSES[0])
    later = [promise(database, f"later-{number}", at=clock.now) for number in range(4)]
    messenger.run_once()
    assert len(first.handed) == FAILURES + 1
    assert {gateway for _, gateway in states(database, later)} == {"second"}
    clock.forward(PAUSES[1])
    well = [promise(database, f"well-{number}", at=clock.now) for number in range(4)]
    messenger.run_once()
    assert states(database, well)[0] == ("sent", "first")
    again = [promise(database, f"again-{number}", at=clock.now) for number in range(4)]
    messenger.run_once()
    assert states(database, again) == [("sent", "first")] * 4


def test_a_gateway_alone_that_is_away_is_spared_and_everything_goes_when_it_is_back(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    ids = promised(database, clock, 40)
    gateway = FakeSmsGateway(*[AWAY] * 40, name="first")
    messenger = messenger_with(gateway)
    clock.forward(1)
    messenger.run_once()
    tried = len(gateway.handed)
    assert tried <= 16  # what was claimed before anything was known of it
    assert {state for state, _ in states(database, ids)} == {"queued"}
    gateway.answers.clear()
    for _ in range(3):
        clock.forward(60)
        messenger.run_once()
    assert {state for state, _ in states(database, ids)} == {"sent"}


def test_a_message_of_a_gateway_that_is_not_in_use_any_more_comes_to_an_end(
    database: Database, messenger_with: MakeMessenger, clock: Clock
) -> None:
    [id] = promised(database, clock, 1)
    clock.forward(1)
    messenger_with(FakeSmsGateway(InDoubt("time-out"), name="first")).run_once()
    messenger = messenger_with(FakeSmsGateway(name="another"))
    for _ in range(5):
        clock.forward(400)
        messenger.run_once()
    assert states(database, [id]) == [("unknown", "first")]


def test_no_more_than_the_rate_goes_in_a_second(
    database: Database, messenger_with: MakeMessenger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised(database, clock, 60)
    gateway = FakeSmsGateway(looks=[CannotTell("")])
    messenger = messenger_with(gateway, per_second=8)
    monkeypatch.setattr(messenger, "_waits_for_rate", lambda: False)
    clock.forward(1)
    handed = []
    for _ in range(8):
        messenger.run_once()
        handed.append(len(gateway.handed))
        clock.forward(0.25)
    assert handed == [2, 4, 6, 8, 10, 12, 14, 16]


@pytest.mark.parametrize(("category", "state"), [("promotional", "queued"), ("service_implicit", "sent")])
def test_only_what_is_promotional_waits_for_the_morning(
    database: Database, messenger_with: MakeMessenger, clock: Clock, category: str, state: str
) -> None:
    [id] = promised(database, clock, 1)
    with database.writing() as session:
        session.get_one(Message, id).category = category
    clock.now = datetime(2026, 4, 30, 16, 0, tzinfo=UTC)  # half past nine in the evening
    messenger = messenger_with(FakeSmsGateway())
    messenger.run_once()
    message = stored(database, id)
    assert message.state == state
    if state == "queued":
        assert message.next_try_at == datetime(2026, 5, 1, 3, 30, tzinfo=UTC)
        clock.now = message.next_try_at
        messenger.run_once()
        assert stored(database, id).state == "sent"


def test_what_comes_too_late_is_not_sent(database: Database, messenger_with: MakeMessenger, clock: Clock) -> None:
    ids = promised(database, clock, 2)
    with database.writing() as session:
        session.get_one(Message, ids[0]).expires_at = clock.now + timedelta(seconds=300)
    clock.forward(300)
    gateway = FakeSmsGateway()
    messenger_with(gateway).run_once()
    assert [state for state, _ in states(database, ids)] == ["expired", "sent"]
    assert stored(database, ids[0]).receipt_reason == "expired"
    assert [sms.message_id for sms in gateway.handed] == [ids[1]]


def test_what_is_spoken_is_not_for_this_worker(database: Database, messenger_with: MakeMessenger, clock: Clock) -> None:
    [id] = promised(database, clock, 1)
    with database.writing() as session:
        session.get_one(Message, id).channel = "voice"
    clock.forward(1)
    assert messenger_with(FakeSmsGateway()).run_once() == 0


def test_the_settings_give_each_gateway_its_rate_and_its_price() -> None:
    settings = load_settings({"HELPLINE_SMS_PER_SECOND": "cdac=7", "HELPLINE_SMS_PAISE_PER_PART": "inbox=12.5"})
    lanes = lanes_of([FakeSmsGateway(name="cdac"), FakeSmsGateway(name="other"), InboxSmsGateway()], settings)
    assert [lane.room(10) for lane in lanes] == [1, 5, 10]
    assert messaging_rules(settings).millirupees == {"inbox": 125}
    for lane in lanes:
        lane.close()


def test_a_lane_gives_no_more_than_its_threads_can_have_in_hand() -> None:
    lane = Lane(FakeSmsGateway(), PLENTY, threads=3)
    answer = threading.Event()

    def waits() -> None:
        answer.wait(5)

    for _ in range(4):
        lane.submit(waits)
    assert lane.room(50) == 2
    answer.set()
    lane.close()
    assert lane.room(50) == 6


def test_a_fault_of_ours_while_sending_leaves_the_message_in_doubt_and_the_lane_free(
    database: Database, messenger_with: MakeMessenger, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [id] = promised(database, clock, 1)
    clock.forward(1)
    messenger = messenger_with(FakeSmsGateway())

    def faulty(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("messaging.worker.decide", faulty)
    messenger.run_once()
    assert stored(database, id).state == "doubt"
    assert messenger._lanes[0].in_hand == 0
