"""What every operator on loopback has: messages it took, answers written down beforehand, receipts told on request.

Words that may stand in `next_answers` of every operator over HTTP: accept; hang and drop (takes the message, then
never answers, or cuts the line); page (takes it, but some proxy's page comes back); page_503 (that page, not taken);
and the provider's own refusals, which its class names.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Protocol, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

PAGE = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
_LONGEST_WAIT_SECONDS = 30

State = Literal["delivered", "failed", "on_its_way"]


@dataclass(frozen=True, slots=True)
class TakenSms:
    """A message an operator would now send; `fields` are the request's own, `callback` where receipts shall go."""

    provider_id: str
    recipient: str
    text: str
    header: str = ""
    entity_id: str = ""
    template_id: str = ""
    callback: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Operator(Protocol):
    """An operator of whatever protocol, as tests, benchmark and demonstration use it."""

    next_answers: list[str]
    taken: list[TakenSms]
    requests: int
    arrived: threading.Event

    @property
    def url(self) -> str:
        """What the gateway's settings name: an address, or host:port."""
        ...

    def report(self, sms: TakenSms, state: State, code: str = "") -> Any:
        """Tell the receipt of `sms`; `code` is the provider's own."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in; `path` without its query."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The form's fields, those left empty too; broken percent signs raise."""
        return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(self.body)))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"

    @classmethod
    def of_json(cls, status: int, value: Any) -> Answer:
        return cls(status, json.dumps(value).encode())


class HttpOperator:
    """A threaded HTTP server on an ephemeral port; a provider's class fills in its protocol.

    `on_taken` is called in the request's thread, before the message is answered. `reach` turns the public address of
    a callback into the one it has on this machine: a receipt is signed for the first and sent to the second.
    """

    accepted_status = 200

    def __init__(self) -> None:
        self.next_answers: list[str] = []
        self.taken: list[TakenSms] = []
        self.requests = 0
        self.arrived = threading.Event()
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.on_taken: Callable[[TakenSms], None] = lambda sms: None
        self.reach: Callable[[str], str] = lambda url: url

    # --- the provider's protocol -----------------------------------------------------------------------------------

    def submits(self, asked: Asked) -> bool:
        """Whether the request hands a message over; any other goes to tell()."""
        return asked.method == "POST"

    def refusal(self, asked: Asked) -> Answer | None:
        """What the provider finds wrong with a message."""
        raise NotImplementedError

    def scripted(self, word: str) -> Answer | None:
        """The refusal a word of `next_answers` stands for."""
        raise NotImplementedError

    def read(self, asked: Asked) -> TakenSms:
        """The message of a request that is in order."""
        raise NotImplementedError

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        raise NotImplementedError

    def tell(self, asked: Asked) -> Answer:
        """The answer to whatever is no message: look-ups, reports."""
        return Answer.of_json(404, {})

    # --- for tests -------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def count_of(self, recipient: str) -> int:
        with self.lock:
            return sum(sms.recipient == recipient for sms in self.taken)

    def call(self, url: str, fields: Mapping[str, str] | None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call somebody's webhook: POST with a form, GET without."""
        return self.post(url, None if fields is None else urlencode(fields).encode(), headers or {})

    def post(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """The same with a body as it is; None: GET."""
        request = urllib.request.Request(self.reach(url), body, dict(headers))  # noqa: S310
        try:
            answer = _straight().open(request, timeout=10)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))

    # --- the server ------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @cached_property
    def _server(self) -> ThreadingHTTPServer:
        return _Server(("127.0.0.1", 0), _handler(self))

    def answer(self, asked: Asked) -> Answer | None:
        """What goes back; None: nothing ever does."""
        with self.lock:
            self.requests += 1
        if not self.submits(asked):
            return self.tell(asked)
        with self.lock:
            word = self.next_answers.pop(0) if self.next_answers else "accept"
        if word == "page_503":
            return Answer(503, PAGE, "text/html")
        return self.refusal(asked) or self.scripted(word) or self._take(asked, word)

    def _take(self, asked: Asked, word: str) -> Answer | None:
        sms = self.read(asked)
        with self.lock:
            self.taken.append(sms)
        self.on_taken(sms)
        self.arrived.set()
        if word == "hang":
            self.closing.wait(_LONGEST_WAIT_SECONDS)
        if word in ("hang", "drop"):
            return None
        if word == "page":
            return Answer(self.accepted_status, PAGE, "text/html")
        return self.acceptance(sms, word)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _straight() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _handler(operator: HttpOperator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer in two writes would wait 40 ms for an acknowledgement

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = operator.answer(Asked(self.command, address.path, query, headers, body))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
