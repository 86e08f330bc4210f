"""What an operator on loopback would send to our webhook, caught as the request the webhook is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from messaging.gateways import WebhookRequest
from phones.operators.base import Answer, HttpOperator


def told_by(operator: HttpOperator, monkeypatch: pytest.MonkeyPatch, tell: Callable[[], object]) -> WebhookRequest:
    """The request that `tell` makes the operator send, at the public address it was given."""
    caught: list[WebhookRequest] = []

    def call(url: str, fields: Mapping[str, str] | None, headers: Mapping[str, str] | None = None) -> Answer:
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        caught.append(WebhookRequest("POST" if fields else "GET", url, lower, query, dict(fields or {}), b""))
        return Answer(200, b"")

    with monkeypatch.context() as patched:
        patched.setattr(operator, "call", call)
        tell()
    (request,) = caught
    return request
