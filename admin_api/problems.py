"""Every refusal in one shape (RFC 9457), so that clients and the console can say what went wrong and where."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

log = logging.getLogger(__name__)


class AdminApiError(Exception):
    """The web process cannot do what was asked."""


class Problem(AdminApiError):
    """A refusal: an HTTP status, a stable kind (a word clients may test), and a sentence for people."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.field = field
        self.errors = list(errors)
        self.headers = dict(headers or {})


class ProblemError(BaseModel):
    """One of several things wrong with a request."""

    field: str | None = None
    kind: str = ""
    detail: str
    source: str | None = Field(default=None, description="The flow's file, where a flow is broken")
    line: int | None = None
    node: str | None = None
    advice: str | None = None


class ProblemBody(BaseModel):
    """What a refusal looks like (media type application/problem+json)."""

    type: str = Field(examples=["urn:paramarsh:problem:not_found"])
    title: str
    status: int
    detail: str
    field: str | None = Field(default=None, description="The part of the request that is wrong, such as phones.0")
    errors: list[ProblemError] = []


TITLES = {
    "signed_out": "Not signed in",
    "wrong_password": "User name or password is wrong",
    "too_many_attempts": "Too many attempts",
    "not_allowed": "Not allowed",
    "not_found": "Not found",
    "conflict": "Already there",
    "invalid": "The request is not right",
    "refused": "Refused by a rule",
    "broken_flow": "The menu has errors",
    "too_large": "Too large",
    "database_unavailable": "The database is not answering",
    "broken": "A fault of ours",
}


def problem_response(problem: Problem) -> JSONResponse:
    """The HTTP answer to a refusal."""
    body = ProblemBody(
        type=f"urn:paramarsh:problem:{problem.kind}",
        title=TITLES.get(problem.kind, "Refused"),
        status=problem.status,
        detail=problem.detail,
        field=problem.field,
        errors=[ProblemError.model_validate(error) for error in problem.errors],
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of an endpoint: these statuses and the ones every endpoint can give."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": content}
        for status in sorted({*statuses, 401, 403, 413, 422, 500, 503})
    }


_DESCRIPTIONS = {
    401: "Not signed in",
    403: "Signed in, but not allowed",
    404: "There is no such thing",
    409: "It conflicts with what is there",
    413: "The request is too large",
    422: "The request is not right; `field` says where",
    429: "Too many attempts; `Retry-After` says when to come back",
    500: "A fault of ours",
    503: "The database is not answering",
}


def install(app: FastAPI) -> None:
    """Answer every exception as a problem; none shows a stack trace or a value from the database."""

    @app.exception_handler(Problem)
    def _problem(_request: Request, error: Problem) -> JSONResponse:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(_from_validation(error))

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return problem_response(_from_http(error))

    @app.exception_handler(IntegrityError)
    def _conflict(_request: Request, _error: IntegrityError) -> JSONResponse:
        return problem_response(Problem(409, "conflict", "Somebody else has just stored the same thing."))

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(PoolTimeoutError)
    def _no_database(_request: Request, error: Exception) -> JSONResponse:
        log.error("the database is not answering (%s)", type(error).__name__)
        detail = "The database is not answering; please try again in a moment."
        return problem_response(Problem(503, "database_unavailable", detail, headers={"Retry-After": "2"}))


def fault_response(scope: Scope, error: Exception) -> JSONResponse:
    """The answer to an exception nobody expected.

    The message of an exception may carry a patient's data (SQLAlchemy's do): only its kind and place are logged.
    """
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__)))
    log.error("%s %s failed: %s at %s", scope["method"], route_path(scope), type(error).__name__, places)
    return problem_response(Problem(500, "broken", "Something went wrong on our side; it has been logged."))


def route_path(scope: Scope) -> str:
    """The pattern of the matched route, such as /api/v1/calls/{call_id}; never the path itself."""
    return str(getattr(scope.get("route"), "path", "(no route)"))


def _from_validation(error: RequestValidationError) -> Problem:
    errors = [
        {"field": _field_name(item["loc"]), "kind": str(item["type"]), "detail": str(item["msg"])}
        for item in error.errors()[:20]
    ]
    first = errors[0]
    return Problem(422, "invalid", str(first["detail"]), field=first["field"], errors=errors)


def _field_name(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location if part not in ("body", "query", "path", "header")) or "body"


def _from_http(error: HTTPException) -> Problem:
    kinds = {401: "signed_out", 403: "not_allowed", 404: "not_found", 413: "too_large"}
    kind = kinds.get(error.status_code, "invalid")
    return Problem(error.status_code, kind, str(error.detail), headers=error.headers)
