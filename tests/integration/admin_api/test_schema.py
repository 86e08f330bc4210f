"""The API does what its OpenAPI description says, whatever is sent to it: no fault of ours, no undocumented answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from admin_api.permissions import TABLE, Role
from tests.integration.admin_api.conftest import Desk

PROMISES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DOCTOR])
def test_whatever_is_sent_the_answer_is_one_that_the_description_promises(desk: Desk, role: Role) -> None:
    doctor_id = desk.doctor()
    desk.call(doctor_id)
    load_all_checks()
    checks: list[Any] = [CHECKS.get_one(name) for name in PROMISES]
    headers = {"Authorization": desk.signed_in(role, doctor_id=doctor_id).headers["Authorization"]}
    schema = schemathesis.openapi.from_url(f"{desk.address}/api/v1/openapi.json")
    tried: list[str] = []

    def probe(operation: Any) -> None:
        @settings(
            max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            case.call_and_validate(checks=checks, headers=headers)
            tried.append(operation.label)

        send()

    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # ours is a valid description
        if operation.label != "DELETE /api/v1/session":  # it would end the token of all that follow
            probe(operation)
    described = {f"{method} {path}" for method, path in TABLE if path.startswith("/api/v1/")}
    assert set(tried) == described - {"GET /api/v1/openapi.json", "DELETE /api/v1/session"}
