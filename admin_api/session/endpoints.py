"""POST, GET and DELETE /session."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from admin_api.accounts import normal_username
from admin_api.problems import documented
from admin_api.security import CONSOLE_HEADER, Who, client_address
from admin_api.session import service
from admin_api.session.schemas import SignedIn, SignIn
from admin_api.work import CurrentDatabase, CurrentSettings, Writing

router = APIRouter(prefix="/api/v1/session", tags=["session"])


@router.post("", status_code=201, responses=documented(429))
def sign_in(
    body: SignIn, request: Request, response: Response, database: CurrentDatabase, settings: CurrentSettings
) -> SignedIn:
    """A token for 12 hours. With the header X-Helpline-Console it is set as a cookie instead of being returned."""
    signed_in = service.sign_in(
        database,
        request.app.state.throttle,
        username=normal_username(body.username),
        password=body.password,
        address=client_address(request),
    )
    if CONSOLE_HEADER in request.headers:
        response.set_cookie(
            request.app.state.cookie_name,
            signed_in.token or "",
            max_age=int(service.LIFETIME.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=settings.public_url.startswith("https://"),
        )
        signed_in.token = None
    return signed_in


@router.get("", responses=documented())
def who_am_i(who: Who) -> SignedIn:
    """Whose token this is."""
    return SignedIn(username=who.username, role=who.role, doctor_id=who.doctor_id, district=who.district)


@router.delete("", status_code=204, responses=documented())
def sign_out(who: Who, session: Writing, request: Request, response: Response) -> None:
    """End this token at once."""
    service.sign_out(session, who)
    response.delete_cookie(request.app.state.cookie_name, httponly=True, samesite="strict")
