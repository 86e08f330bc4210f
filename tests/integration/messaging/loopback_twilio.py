"""Twilio's message resource on loopback, as its REST reference describes it, with the failures a network adds.

POST /2010-04-01/Accounts/{sid}/Messages.json, form-encoded, Basic authentication, JSON answers and error bodies.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token"
SENDER = "+15005550006"

_ERRORS: dict[str, tuple[int, int | None, str]] = {
    "rate_limited": (429, 20429, "Too Many Requests"),
    "unavailable": (503, 20503, "Service is unavailable"),
    "broken": (500, 20500, "Internal Server Error"),
}
_PAGE = b"<html><body><h1>503 Service Unavailable</h1></body></html>"


@dataclass
class LoopbackTwilio:
    """`next_answers` are used up one a request: a key of _ERRORS, hang, drop, page, page_503, failed; then accept."""

    next_answers: list[str] = field(default_factory=list)
    taken: list[dict[str, str]] = field(default_factory=list)  # the messages Twilio would have sent
    requests: int = 0
    url: str = ""
    arrived: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count_of(self, recipient: str) -> int:
        with self.lock:
            return sum(message["To"] == recipient for message in self.taken)


@contextmanager
def loopback_twilio() -> Iterator[LoopbackTwilio]:
    state = LoopbackTwilio()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: LoopbackTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with state.lock:
                state.requests += 1
                answer = state.next_answers.pop(0) if state.next_answers else "accept"
            form = {key: values[0] for key, values in parse_qs(body.decode("utf-8"), strict_parsing=True).items()}
            refusal = _refusal(self.path, dict(self.headers), form)
            if refusal:
                self._error(*refusal)
            elif answer in _ERRORS:
                self._error(*_ERRORS[answer])
            elif answer == "page_503":
                self._reply(503, _PAGE, "text/html")
            else:
                self._take(form, answer)

        def _take(self, form: dict[str, str], answer: str) -> None:
            with state.lock:
                state.taken.append(form)
            state.arrived.set()
            if answer == "hang":
                state.closing.wait(30)
            if answer in ("hang", "drop"):
                self.close_connection = True
                return
            if answer == "page":
                self._reply(201, _PAGE, "text/html")
                return
            self._reply(201, json.dumps(_resource(form, "failed" if answer == "failed" else "queued")).encode())

        def _error(self, status: int, code: int | None, message: str) -> None:
            more = f"https://www.twilio.com/docs/errors/{code}"
            body = {"code": code, "message": message, "more_info": more, "status": status}
            self._reply(status, json.dumps(body).encode())

        def _reply(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _refusal(path: str, headers: dict[str, str], form: dict[str, str]) -> tuple[int, int, str] | None:
    wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    if headers.get("Authorization") != wanted:
        return 401, 20003, "Authenticate"
    if path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        return 404, 20404, f"The requested resource {path} was not found"
    if headers.get("Content-Type") != "application/x-www-form-urlencoded":
        return 415, 20415, "Unsupported Media Type"
    if not re.fullmatch(r"\+[1-9]\d{9,14}", form.get("To", "")):
        return 400, 21211, f"Invalid 'To' Phone Number: {form.get('To', '')[:5]}XXXX"
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return 400, 21603, "A 'From' phone number is required."
    if not form.get("Body"):
        return 400, 21602, "Message body is required."
    return None


def _resource(form: dict[str, str], status: str) -> dict[str, Any]:
    sid = "SM" + uuid.uuid4().hex
    failed = status == "failed"
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": form["Body"],
        "date_created": "Fri, 15 May 2020 10:30:00 +0000",
        "date_sent": None,
        "date_updated": "Fri, 15 May 2020 10:30:00 +0000",
        "direction": "outbound-api",
        "error_code": 30034 if failed else None,
        "error_message": "Message from an unregistered number" if failed else None,
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": status,
        "subresource_uris": {},
        "to": form["To"],
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
    }
