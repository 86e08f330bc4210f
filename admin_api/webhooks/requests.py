"""A provider's request as the provider made it: at the public address, whatever the proxy in front of us made of it."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from admin_api.problems import Problem
from messaging.gateways import WebhookRequest

_MOST_FIELDS = 200
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_READ_BY_THE_GATEWAY = frozenset({"application/json", "text/json", "text/plain", "text/xml", "application/xml", ""})


async def as_made(request: Request, public_url: str) -> WebhookRequest:
    """The request with its body. Problem 400 for a broken one, 413 for a huge one, 415 for what no provider sends."""
    try:
        body = await request.body()
    except ClientDisconnect:
        raise Problem(400, "invalid", "The request ended before its body was complete.") from None
    query = request.scope["query_string"].decode("latin-1")
    return WebhookRequest(
        method=request.method,
        url=_public(request, public_url, query),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=_fields(query),
        form=await _form(request, body),
        body=body,
    )


def _public(request: Request, public_url: str, query: str) -> str:
    # The path as it was written: decoding and writing it anew could make another text, which was not signed.
    raw: bytes = request.scope.get("raw_path") or quote(request.url.path).encode()
    path = raw.decode("latin-1").partition("?")[0]
    here = public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    return f"{here}{path}{'?' if query else ''}{query}"


async def _form(request: Request, body: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        return _fields(body.decode("utf-8", "replace"))
    if kind == _MULTIPART:
        try:
            form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        except HTTPException:
            raise Problem(400, "invalid", "The form could not be read.") from None
        return {name: value for name, value in form.items() if isinstance(value, str)}
    if kind in _READ_BY_THE_GATEWAY or not body:
        return {}
    raise Problem(
        415, "invalid", "A webhook takes a form, JSON or plain text; no provider we know sends anything else."
    )


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Problem(400, "invalid", f"The request has more than {_MOST_FIELDS} fields.") from None
