"""One open callback request per number, however often and however simultaneously somebody asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from config.database import Database
from config.schema import CallbackRequest
from routing.callbacks import open_callbacks
from routing.store import RoutingStore


@pytest.fixture
def store(database: Database) -> RoutingStore:
    return RoutingStore(database)


def request(store: RoutingStore, call: str, number: str, at: datetime) -> str:
    return store.request_callback(call_id=call, number=number, category="fever", at=at).id


def test_who_asks_again_keeps_the_first_place(database: Database, store: RoutingStore, now: datetime) -> None:
    first = request(store, "call-1", "+919876500001", now)
    assert request(store, "call-2", "+919876500001", now + timedelta(hours=1)) == first
    with database.reading() as session:
        [row] = open_callbacks(session)
    assert (row.id, row.call_id, row.requested_at, row.details) == (first, "call-1", now, None)


def test_different_numbers_are_called_back_in_the_order_they_asked(
    database: Database, store: RoutingStore, now: datetime
) -> None:
    later = request(store, "call-2", "+919876500002", now + timedelta(minutes=1))
    sooner = request(store, "call-1", "+919876500001", now)
    with database.reading() as session:
        assert [row.id for row in open_callbacks(session)] == [sooner, later]


def test_who_has_been_called_back_may_ask_again(database: Database, store: RoutingStore, now: datetime) -> None:
    first = request(store, "call-1", "+919876500001", now)
    with database.writing() as session:
        session.execute(update(CallbackRequest).values(state="done"))
    assert request(store, "call-2", "+919876500001", now) != first


def test_a_call_asks_once_even_under_two_numbers(store: RoutingStore, now: datetime) -> None:
    assert request(store, "call-1", "+919876500001", now) == request(store, "call-1", "+919876500002", now)


def test_two_calls_of_one_number_that_ask_at_once_get_one_request(store: RoutingStore, now: datetime) -> None:
    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(lambda n: request(store, f"call-{n}", "+919876500001", now), range(8)))
    assert len(ids) == 1
