"""The headers on every answer: what a browser may load, keep and embed, and one line of log per request."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_api.problems import fault_response, route_path

log = logging.getLogger(__name__)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Asked for every second or two; the webhook by whoever likes, and it writes sparing lines of its own.
_WEBHOOK = "/webhooks/sms/{gateway}/{secret}"
_QUIET = frozenset({"/api/v1/live", "/api/v1/flows", "/api/v1/healthz", "/api/v1/readyz", _WEBHOOK})


class GuardHeaders:
    """ASGI middleware. The log has the route's pattern, never the path: a path could hold what it should not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            # Caught here and not by Starlette, which would hand it on to the server's log with all that it holds.
            response = fault_response(scope, error)
            if status == 0:
                await response(scope, receive, send_with_headers)
        finally:
            route = route_path(scope)
            level = logging.DEBUG if route in _QUIET and status < 500 else logging.INFO
            log.log(level, "%s %s %d %.0f ms", scope["method"], route, status, (time.perf_counter() - began) * 1000)
