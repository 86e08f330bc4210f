"""One HTTP request to a provider, its failures told apart by what matters: whether it may have arrived."""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx

from messaging.errors import GatewayMisconfigured
from messaging.gateways import InDoubt, Rejected

LONGEST_ANSWER = 65_536  # octets; a provider's answer has a few hundred
_LONGEST_SECONDS = 30.0  # for the body, in however small pieces it comes
# Every request's address is written at INFO, and some providers want password and number in it.
logging.getLogger("httpx").setLevel(logging.WARNING)

# Kept for less than servers keep them: a request on a line that is being closed would be in doubt.
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=4)


@dataclass(frozen=True)
class WebAnswer:
    """What came back: the HTTP status and the body as text (at most LONGEST_ANSWER octets of it)."""

    status: int
    text: str

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def is_page(self) -> bool:
        """Whether some proxy or portal answered with a page for people."""
        return self.text.lstrip()[:1] == "<"


def client(timeout: float) -> httpx.Client:
    """A client for many threads. `timeout` in seconds covers connecting and each wait for bytes."""
    return httpx.Client(timeout=timeout, limits=_CONNECTIONS, follow_redirects=False)


def ask(who: str, through: httpx.Client, request: httpx.Request) -> WebAnswer | Rejected | InDoubt:
    """Send the request once. Rejected: not a byte of it can have arrived; InDoubt: nobody can say. Never raises."""
    try:
        answer = through.send(request, stream=True)
        try:
            return WebAnswer(answer.status_code, _body(answer))
        finally:
            answer.close()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
        # Certificates are checked while connecting, before the request is written.
        return Rejected(f"{who} could not be reached", final=False, unwell=True, key="gateway_away")
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        # Its own words may quote a header, and with it a password.
        words = f"the request for {who} cannot be written ({type(error).__name__})"
        return Rejected(words, final=True, key="value_unsendable")
    except Exception as error:  # the request was on its way: whatever went wrong, the provider may have taken it
        return InDoubt(f"no answer from {who} that could be understood ({type(error).__name__})")


def refused_by_status(who: str, answer: WebAnswer, told: str = "") -> Rejected | InDoubt:
    """What the HTTP status alone says, where the provider's own words say nothing.

    Any 4xx is written before a message is taken; a 5xx, or a success without the provider's words, may come after.
    """
    words = f"{who} {answer.status}: {told or 'no reason given'}"
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return Rejected(words, final=False, unwell=True, key="gateway_busy")
    if 400 <= answer.status < 500:
        return Rejected(words, final=False, unwell=True, key="gateway_refused")
    if answer.is_page:
        return InDoubt(f"{who} {answer.status}: a page instead of an answer")
    return InDoubt(words)


def in_short(text: str) -> str:
    """A provider's words on one line, for an error."""
    return " ".join(text.split())[:200]


def safe_address(address: str, setting: str) -> str:
    """`address` if secrets may be sent there: HTTPS, or a server on this machine. GatewayMisconfigured otherwise."""
    parts = urlsplit(address)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise GatewayMisconfigured(f"{setting} must be an address such as https://sms.example.in/send")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise GatewayMisconfigured(f"{setting} must begin with https://, since it is sent passwords and numbers")
    return address


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _body(answer: httpx.Response) -> str:
    read = bytearray()
    until = time.monotonic() + _LONGEST_SECONDS
    for piece in answer.iter_bytes():
        read += piece
        if len(read) >= LONGEST_ANSWER:
            break
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(read[:LONGEST_ANSWER]).decode("utf-8", "replace")
