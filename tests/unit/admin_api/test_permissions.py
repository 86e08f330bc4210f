"""The table of permissions covers every route of the application, and nothing that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from admin_api.app import create_app
from admin_api.permissions import PUBLIC, TABLE, Role, Scope, is_public, scope_of
from admin_api.security import authorize
from config.database import Database
from config.settings import load_settings


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    settings = load_settings({}, data_dir=tmp_path)
    return create_app(settings, Database(f"sqlite:///{tmp_path}/nothing.db"))


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    return {(method, str(route.path)) for route in iter_route_contexts(app.routes) for method in route.methods or ()}


def test_every_route_is_in_the_table_and_the_table_names_no_other(app: FastAPI) -> None:
    assert routes_of(app) == set(TABLE)


def test_every_route_is_checked_before_it_runs(app: FastAPI) -> None:
    def calls(dependant: Dependant) -> list[object]:
        return [each.call for each in dependant.dependencies]

    unchecked = [r.path for r in iter_route_contexts(app.routes) if authorize not in calls(r.dependant)]
    assert unchecked == []


def test_the_public_routes_are_these() -> None:
    assert {path for (_, path), rule in TABLE.items() if rule is PUBLIC} == {
        "/",
        "/static/{name}",
        "/favicon.ico",
        "/api/v1/openapi.json",
        "/api/v1/healthz",
        "/api/v1/readyz",
        "/api/v1/session",
        "/webhooks/sms/{gateway}/{secret}",
    }


def test_a_route_that_is_not_in_the_table_is_refused_to_everybody() -> None:
    assert not is_public("GET", "/api/v1/new")
    assert [scope_of(role, "GET", "/api/v1/new") for role in Role] == [None] * 4


def test_a_rule_that_names_nobody_is_not_public_by_accident() -> None:
    assert not any(rule == {} and rule is not PUBLIC for rule in TABLE.values())


def test_a_district_officer_changes_the_own_districts_doctors_and_nothing_else() -> None:
    writable = {key for key in TABLE if key[0] != "GET" and scope_of(Role.DISTRICT, *key) is not None}
    doctors = {key for key in writable if key[1].startswith("/api/v1/doctors/{doctor_id}")}
    assert {scope_of(Role.DISTRICT, *key) for key in doctors} == {Scope.DISTRICT}
    assert writable - doctors == {("DELETE", "/api/v1/session")}


def test_a_doctor_reaches_only_what_is_the_doctors_own() -> None:
    assert {scope_of(Role.DOCTOR, *key) for key in TABLE} == {Scope.OWN, None}


def test_only_doctors_issue_slips() -> None:
    allowed = [role for role in Role if scope_of(role, "POST", "/api/v1/calls/{call_id}/slip")]
    assert allowed == [Role.DOCTOR]
