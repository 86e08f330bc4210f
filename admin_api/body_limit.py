"""No request may fill the memory: a body has a largest size, whether it says its length or not."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_api.problems import Problem, problem_response

LARGEST_BODY = 64 * 1024  # bytes; the longest slip in Devanagari has about 20,000
LARGEST_FLOW = 1024 * 1024  # a flow's text has at most 256 kB (admin_api/flows), and JSON escapes line ends and quotes
LARGEST_SHEET = 512 * 1024  # a sheet of a hundred templates; the shipped ones come to 22 kB
LARGEST_TOLD = 256 * 1024  # of receipts, of which some providers tell a thousand at once
_WEBHOOKS = "/webhooks/"
_FLOWS = "/api/v1/flows/"
_SHEET = "/api/v1/templates/sheet"


class LimitBody:
    """ASGI middleware: 413 as a problem (FastAPI's own limit answers in plain text)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        largest = _largest(scope["path"])
        too_large = f"A request may have at most {largest} bytes."
        if length.isdigit() and int(length) > largest:
            await problem_response(Problem(413, "too_large", too_large))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(413, too_large)
            return message

        await self._app(scope, counted, send)


def _largest(path: str) -> int:
    if path.startswith(_FLOWS):
        return LARGEST_FLOW
    if path.startswith(_WEBHOOKS):
        return LARGEST_TOLD
    return LARGEST_SHEET if path == _SHEET else LARGEST_BODY
