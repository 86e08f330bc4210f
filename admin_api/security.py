"""Who is asking, and may they: the check in front of every route."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from admin_api import accounts
from admin_api.permissions import Role, Scope, is_public, scope_of
from admin_api.problems import Problem
from config.clock import utc_now
from config.database import Database

log = logging.getLogger(__name__)

# A form on a foreign page can send a cookie, but not a header of its own without asking first (CORS), and nobody is
# given leave here: that is the protection of writes made with the cookie.
CONSOLE_HEADER = "X-Helpline-Console"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Principal:
    """The signed-in person, and how far this route reaches for them."""

    staff_id: str
    username: str
    role: Role
    doctor_id: str | None
    district: str | None
    token_id: str
    scope: Scope
    address: str


def cookie_name(port: int) -> str:
    """Cookies are shared by all ports of a host; two checkouts side by side must not sign each other out."""
    return f"helpline_session_{port}"


def client_address(request: Request) -> str:
    """Where the request came from. Behind a proxy this is the proxy."""
    return request.client.host if request.client else "?"


def authorize(request: Request) -> None:
    """Refuse the request (401, 403), or leave the Principal in `request.state`. Runs before every route."""
    method, path = request.method, str(getattr(request.scope.get("route"), "path", ""))
    request.state.principal = None
    if is_public(method, path):
        return
    token, by_cookie = _presented(request)
    if token is None:
        raise Problem(401, "signed_out", "Please sign in.", headers={"WWW-Authenticate": "Bearer"})
    principal = _principal(request, token, method, path)
    if by_cookie and method not in _READS and CONSOLE_HEADER not in request.headers:
        raise Problem(403, "not_allowed", f"A change made with the cookie needs the header {CONSOLE_HEADER}.")
    request.state.principal = principal


def current(request: Request) -> Principal:
    """The Principal that `authorize` found."""
    principal = request.state.principal
    if principal is None:  # a public route that asks who is there would be a mistake of ours
        raise Problem(401, "signed_out", "Please sign in.", headers={"WWW-Authenticate": "Bearer"})
    assert isinstance(principal, Principal)
    return principal


Who = Annotated[Principal, Depends(current)]


def _presented(request: Request) -> tuple[str | None, bool]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        return (token.strip() or None if scheme.lower() == "bearer" else None), False
    return request.cookies.get(request.app.state.cookie_name), True


def _principal(request: Request, token: str, method: str, path: str) -> Principal:
    database: Database = request.app.state.database
    with database.reading() as session:
        found = accounts.staff_of_token(session, token, utc_now())
    if found is None:
        raise Problem(401, "signed_out", "Please sign in again.", headers={"WWW-Authenticate": "Bearer"})
    staff, token_id = found
    role = Role(staff.role)
    scope = scope_of(role, method, path)
    if scope is None:
        log.warning("%s %s refused to %s (%s)", method, path, staff.id, role)
        raise Problem(403, "not_allowed", "Your account may not do this.")
    return Principal(
        staff_id=staff.id,
        username=staff.username,
        role=role,
        doctor_id=staff.doctor_id,
        district=staff.district,
        token_id=token_id,
        scope=scope,
        address=client_address(request),
    )
