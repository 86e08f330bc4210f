"""Signing in: passwords, tokens, the cookie, and what slows down guessing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from admin_api import accounts
from admin_api.permissions import Role
from admin_api.security import CONSOLE_HEADER
from config.clock import utc_now
from config.database import Database
from config.schema import ApiToken
from tests.integration.admin_api.conftest import PASSWORD, Desk

Audited = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def head(desk: Desk) -> str:
    """The user name of an administrator with a real password."""
    with desk.database.writing() as session:
        accounts.ensure_admin(session, "Head", PASSWORD)
    return "head"


def sign_in(client: httpx.Client, username: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    return client.post("/session", json={"username": username, "password": password}, headers=headers)


def test_a_right_password_gives_a_token_that_works_until_it_is_given_back(desk: Desk, head: str) -> None:
    answer = sign_in(desk.client(), " HEAD ")
    assert answer.status_code == 201
    me = desk.client(answer.json()["token"])
    assert me.get("/session").json()["role"] == "admin"
    assert me.delete("/session").status_code == 204
    assert me.get("/session").status_code == 401


def test_the_database_holds_no_token_and_no_password(desk: Desk, head: str) -> None:
    token = sign_in(desk.client(), head).json()["token"]
    with desk.database.reading() as session:
        staff = accounts.find_staff(session, head)
        stored = session.scalars(select(ApiToken)).one()
        assert staff is not None
        assert staff.password_hash.startswith("$argon2id$")
        assert token not in (stored.token_hash, stored.id, stored.label)
        assert stored.expires_at is not None
        assert timedelta(hours=11) < stored.expires_at - utc_now() < timedelta(hours=13)


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(desk: Desk, head: str, audited: Audited) -> None:
    wrong, unknown = sign_in(desk.client(), head, "wrong"), sign_in(desk.client(), "nobody", "wrong")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401
    assert [entry[0] for entry in audited()] == ["session.refused", "session.refused"]


def test_after_five_failures_even_the_right_password_waits(desk: Desk, head: str) -> None:
    assert [sign_in(desk.client(), head, "wrong").status_code for _ in range(5)] == [401] * 5
    answer = sign_in(desk.client(), head)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300


def test_guessing_many_times_at_once_gives_no_more_than_five_guesses(desk: Desk, head: str) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(sign_in(desk.client(), head, "wrong").status_code))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 7


def test_an_expired_a_revoked_and_a_retired_persons_token_are_refused(desk: Desk) -> None:
    staff = desk.staff(Role.SUPERVISOR)
    with desk.database.writing() as session:
        expired = accounts.issue_token(session, staff.id, "old", utc_now() - timedelta(seconds=1))
        good = accounts.issue_token(session, staff.id, "for ever", None)
    assert desk.client(expired).get("/session").status_code == 401
    assert desk.client(good).get("/session").status_code == 200
    with desk.database.writing() as session:
        accounts.revoke_tokens_of(session, staff.id)
    assert desk.client(good).get("/session").status_code == 401
    with desk.database.writing() as session:
        again = accounts.issue_token(session, staff.id, "again", None)
        session.merge(staff).active = False
    assert desk.client(again).get("/session").status_code == 401


def test_the_console_gets_its_token_as_a_cookie_that_scripts_cannot_read(desk: Desk, head: str) -> None:
    client = desk.client()
    answer = sign_in(client, head, **{CONSOLE_HEADER: "1"})
    assert answer.json()["token"] is None
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/session").status_code == 200


def test_a_write_with_the_cookie_needs_the_header_that_a_foreign_page_cannot_send(desk: Desk, head: str) -> None:
    client = desk.client()
    sign_in(client, head, **{CONSOLE_HEADER: "1"})
    assert client.delete("/session").status_code == 403
    assert client.get("/session").status_code == 200
    assert client.delete("/session", headers={CONSOLE_HEADER: "1"}).status_code == 204
    assert client.get("/session").status_code == 401


def test_a_broken_authorization_header_does_not_fall_back_to_the_cookie(desk: Desk, head: str) -> None:
    client = desk.client()
    sign_in(client, head, **{CONSOLE_HEADER: "1"})
    assert client.get("/session", headers={"Authorization": "Basic xyz"}).status_code == 401
    assert client.get("/session", headers={"Authorization": "Bearer"}).status_code == 401


def test_ensuring_the_administrator_again_keeps_sessions_unless_the_password_changes(
    desk: Desk, head: str, database: Database
) -> None:
    token = sign_in(desk.client(), head).json()["token"]
    with database.writing() as session:
        first = accounts.ensure_admin(session, head, PASSWORD).id
    assert desk.client(token).get("/session").status_code == 200
    with database.writing() as session:
        assert accounts.ensure_admin(session, head, "another long password").id == first
    assert desk.client(token).get("/session").status_code == 401
    assert sign_in(desk.client(), head, "another long password").status_code == 201


def test_a_short_password_makes_no_account(desk: Desk) -> None:
    with desk.database.writing() as session, pytest.raises(accounts.AccountError, match="at least 10"):
        accounts.ensure_admin(session, "other", "short")
