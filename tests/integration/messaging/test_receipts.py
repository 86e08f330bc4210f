"""Receipts in any order, early, late, a hundred times and all at once end in the same state, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.schema import Message, MessageEvent
from messaging import history, outbox, receipts
from messaging.gateways import Receipt
from messaging.reasons import reasons
from messaging.rules import MessagingRules
from tests.integration.messaging.promises import promise, stored

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DELIVERED = Receipt("SM1", "delivered")
OFF = Receipt("SM1", "failed", "handset_off", "30003")
ON_ITS_WAY = Receipt("SM1", "on_its_way", code="sent")


class Changes:
    """What the journal would be told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, session: Session, message: Message) -> None:
        session.flush()
        self.told.append((message.state, message.receipt_reason))


def tell(database: Database, *told: Receipt, gateway: str = "twilio", changes: Changes | None = None) -> None:
    for receipt in told:
        with database.writing() as session:
            receipts.record(session, gateway, receipt, utc_now(), changes or Changes())


def in_state(database: Database, state: str, provider_id: str | None = "SM1", **further: Any) -> str:
    """A message as the worker leaves it."""
    message_id = promise(database, key=new_id("k"))
    values = {"state": state, "attempts": 1, "gateway": "twilio", "provider_id": provider_id, **further}
    if state == "sent":
        values["sent_at"] = utc_now()
    with database.writing() as session:
        session.execute(update(Message).where(Message.id == message_id).values(values))
        if provider_id:
            history.note(session, message_id, "accepted", utc_now(), "twilio", provider_id)
    return message_id


def fate(database: Database, message_id: str) -> tuple[str, str, str]:
    message = stored(database, message_id)
    return message.state, message.receipt, message.receipt_reason


def events_of(database: Database, message_id: str | None) -> list[str]:
    mine = MessageEvent.message_id == message_id if message_id else MessageEvent.message_id.is_(None)
    with database.reading() as session:
        query = select(MessageEvent.detail).where(mine, MessageEvent.kind == "receipt").order_by(MessageEvent.id)
        return list(session.scalars(query))


def test_a_delivered_message_says_so_and_the_journal_hears_of_it_once(database: Database) -> None:
    message_id, changes = in_state(database, "sent"), Changes()
    tell(database, *[DELIVERED] * 100, changes=changes)
    assert fate(database, message_id) == ("delivered", "delivered", "")
    assert changes.told == [("delivered", "")]
    assert events_of(database, message_id) == ["delivered -"]


def test_a_failed_message_says_why(database: Database) -> None:
    message_id = in_state(database, "sent")
    tell(database, OFF)
    message = stored(database, message_id)
    assert fate(database, message_id) == ("failed", "failed", "handset_off")
    assert message.error == "the phone is switched off (twilio 30003)"


def test_delivered_is_final_and_overtakes_failed(database: Database) -> None:
    for order in permutations([DELIVERED, OFF, ON_ITS_WAY]):
        message_id = in_state(database, "sent", provider_id=(new := new_id("sm")))
        tell(database, *(replace(receipt, provider_id=new) for receipt in order))
        assert fate(database, message_id) == ("delivered", "delivered", ""), order
        assert stored(database, message_id).error is None


@pytest.mark.parametrize("state", ["sending", "doubt", "unknown"])
def test_whoever_tells_of_a_message_in_doubt_has_taken_it(database: Database, state: str) -> None:
    message_id = in_state(database, state, provider_id=None, error="the answer was lost", receipt_reason="answer_lost")
    changes = Changes()
    tell(database, replace(ON_ITS_WAY, message_id=message_id), changes=changes)
    message = stored(database, message_id)
    assert (message.state, message.provider_id, message.error, message.receipt_reason) == ("sent", "SM1", None, "")
    assert message.sent_at is not None
    tell(database, OFF, changes=changes)  # by the provider's own id from now on
    assert fate(database, message_id) == ("failed", "failed", "handset_off")
    assert [state for state, _ in changes.told] == ["sent", "failed"]


def test_a_message_that_a_receipt_settles_has_its_price(database: Database) -> None:
    message_id = in_state(database, "doubt", provider_id=None)
    with database.writing() as session:
        told, rules = replace(DELIVERED, message_id=message_id), MessagingRules(millirupees={"twilio": 125})
        receipts.record(session, "twilio", told, utc_now(), Changes(), rules=rules)
    message = stored(database, message_id)
    assert message.millirupees == 125 * message.parts


def test_a_receipt_that_comes_before_our_own_record_is_applied_with_it(database: Database) -> None:
    message_id, changes = in_state(database, "sending", provider_id=None), Changes()
    tell(database, ON_ITS_WAY, DELIVERED, DELIVERED)
    assert events_of(database, None) == ["on_its_way - sent", "delivered -"]
    with database.writing() as session:
        message = session.get_one(Message, message_id)
        message.state, message.provider_id = "sent", "SM1"
        assert receipts.apply_early(session, message, changes)
    assert fate(database, message_id) == ("delivered", "delivered", "")
    assert events_of(database, None) == []
    assert changes.told == [("delivered", "")]


def test_an_early_receipt_of_another_providers_is_not_ours(database: Database) -> None:
    tell(database, DELIVERED, gateway="exotel")
    message_id = in_state(database, "sent")
    with database.writing() as session:
        assert not receipts.apply_early(session, session.get_one(Message, message_id), Changes())
    assert fate(database, message_id) == ("sent", "", "")
    assert events_of(database, None) == ["delivered -"]


def test_one_that_came_at_the_very_same_moment_is_found_later(database: Database) -> None:
    tell(database, DELIVERED, replace(OFF, provider_id="nobodys"))
    message_id, changes = in_state(database, "sent"), Changes()
    with database.reading() as session:
        found = receipts.strays(session, utc_now())
    assert found == [message_id]
    with database.writing() as session:
        assert receipts.adopt(session, message_id, changes)
    assert fate(database, message_id) == ("delivered", "delivered", "")
    with database.writing() as session:
        receipts.forget_strays(session, utc_now() + receipts.KEPT)
    assert events_of(database, None) == []
    assert events_of(database, message_id) == ["delivered -"]


def test_a_receipt_told_again_after_it_came_early_needs_nobody_to_find_it(database: Database) -> None:
    tell(database, DELIVERED)
    message_id = in_state(database, "sent")
    tell(database, DELIVERED)
    assert fate(database, message_id) == ("delivered", "delivered", "")
    assert events_of(database, None) == []


def test_an_old_attempts_failure_says_nothing_about_the_one_a_person_asked_for(database: Database) -> None:
    message_id = in_state(database, "sent")
    tell(database, OFF)
    with database.writing() as session:
        assert outbox.send_again(session, message_id, "staff-1")
    tell(database, OFF)
    assert fate(database, message_id)[0] == "queued"
    for state in ("sending", "doubt"):
        with database.writing() as session:
            session.execute(update(Message).where(Message.id == message_id).values(state=state, attempts=1))
        tell(database, OFF, replace(OFF, reason="blocked"), ON_ITS_WAY)
        assert fate(database, message_id)[0] == state
    with database.writing() as session:
        session.execute(update(Message).where(Message.id == message_id).values(state="sent", provider_id="SM2"))
        history.note(session, message_id, "accepted", utc_now(), "twilio", "SM2")
    tell(database, OFF)
    assert fate(database, message_id)[0] == "sent"
    tell(database, replace(OFF, provider_id="SM2"))
    assert fate(database, message_id) == ("failed", "failed", "handset_off")


def test_an_old_attempt_that_was_delivered_after_all_saves_the_second_one(database: Database) -> None:
    message_id = in_state(database, "sent")
    tell(database, OFF)
    with database.writing() as session:
        assert outbox.send_again(session, message_id, "staff-1")
    tell(database, DELIVERED)
    assert fate(database, message_id) == ("delivered", "delivered", "")


def test_nothing_is_said_of_a_message_that_never_left(database: Database) -> None:
    message_id = promise(database)
    tell(database, *(replace(each, message_id=message_id) for each in (DELIVERED, OFF, ON_ITS_WAY)))
    assert fate(database, message_id) == ("queued", "", "")
    with database.writing() as session:
        session.execute(update(Message).where(Message.id == message_id).values(state="refused"))
    tell(database, replace(DELIVERED, message_id=message_id))
    assert fate(database, message_id)[0] == "refused"


def test_another_providers_message_of_the_same_id_is_left_alone(database: Database) -> None:
    message_id = in_state(database, "sent")
    tell(database, DELIVERED, gateway="exotel")
    assert fate(database, message_id) == ("sent", "", "")


@pytest.mark.parametrize(
    "receipt",
    [Receipt("", "delivered"), Receipt("x" * 121, "delivered"), Receipt("SM\x00", "failed"), Receipt("SM 1", "failed")],
)
def test_what_can_be_no_id_is_not_stored(database: Database, receipt: Receipt) -> None:
    in_state(database, "sent")
    tell(database, receipt)
    assert events_of(database, None) == []


def test_reasons_and_codes_are_stored_as_they_may_be(database: Database) -> None:
    message_id = in_state(database, "sent")
    tell(database, Receipt("SM1", "failed", "made up", "30 003\r\n\x00" + "é" * 99))
    message = stored(database, message_id)
    assert fate(database, message_id) == ("failed", "failed", "other")
    assert message.error == "the operator gave no reason we know (twilio 30_003_)"
    with database.reading() as session:
        event = session.scalars(select(MessageEvent).where(MessageEvent.kind == "receipt")).one()
        assert receipts.read(event) == Receipt("SM1", "failed", "other", "30_003_")


def test_the_providers_moment_counts_where_it_can_be(database: Database) -> None:
    for moment, counts in ((utc_now(), True), (AT - timedelta(days=9999), False), (utc_now() + timedelta(9), False)):
        message_id = in_state(database, "sent", provider_id=(new := new_id("sm")))
        tell(database, Receipt(new, "delivered", at=moment))
        assert (stored(database, message_id).receipt_at == moment) is counts


def test_a_hundred_at_once_are_one(database: Database) -> None:
    message_ids = [in_state(database, "sent", provider_id=f"SM{number}") for number in range(4)]
    told = [replace(each, provider_id=f"SM{n}") for each in (DELIVERED, OFF, ON_ITS_WAY) for n in range(4)] * 9
    changes = Changes()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda receipt: tell(database, receipt, changes=changes), told))
    assert {fate(database, each) for each in message_ids} == {("delivered", "delivered", "")}
    assert sum(state == "delivered" for state, _ in changes.told) == 4
    with database.reading() as session:
        count = select(func.count()).select_from(MessageEvent).where(MessageEvent.kind == "receipt")
        assert session.scalar(count) == 12


# --- any order ------------------------------------------------------------------------------------------------------

STORIES = st.lists(
    st.one_of(
        st.sampled_from([DELIVERED, ON_ITS_WAY, OFF]),
        st.builds(
            Receipt, st.just("SM1"), st.just("failed"), st.sampled_from(sorted(reasons())), st.sampled_from("ab")
        ),
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def one_database(migrated_sqlite: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("orders") / "helpline.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(STORIES, st.data(), st.sampled_from(["sent", "sending", "doubt", "unknown"]), st.integers(0, 3))
def test_any_order_and_any_repetition_ends_the_same(
    one_database: Database, story: list[Receipt], data: st.DataObject, state: str, early: int
) -> None:
    again = data.draw(st.lists(st.sampled_from(story), max_size=4), label="told again")
    other = data.draw(st.permutations(story + again), label="the other order")
    assert _ended(one_database, story, state, 0) == _ended(one_database, other, state, early)


def _ended(database: Database, story: Sequence[Receipt], state: str, early: int) -> tuple[str, str, str, str | None]:
    """How a message ends of which this is told, the first ones before our own record of the acceptance."""
    ours = new_id("sm")
    told = [replace(receipt, provider_id=ours) for receipt in story]
    if state != "sent" or early == 0:
        message_id = in_state(database, state, provider_id=ours if state == "sent" else None)
        tell(database, *(replace(receipt, message_id=message_id) for receipt in told))
    else:
        tell(database, *told[:early])
        message_id = in_state(database, "sent", provider_id=ours)
        with database.writing() as session:
            receipts.apply_early(session, session.get_one(Message, message_id), Changes())
        tell(database, *told[early:])
    return (*fate(database, message_id), stored(database, message_id).error)
