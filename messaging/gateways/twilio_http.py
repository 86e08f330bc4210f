"""The SDK's HTTP client made fit for our use: another address, several threads, and failures told apart."""

from __future__ import annotations

import threading
import time
from typing import Any
from weakref import WeakSet

import requests
from twilio.http.http_client import TwilioHttpClient
from urllib3.exceptions import MaxRetryError, NewConnectionError

API = "https://api.twilio.com"
# A connection that a firewall has forgotten meanwhile swallows the request, and the message is in doubt for nothing.
_IDLE_SECONDS = 20.0


class HttpClientFor:
    """The SDK's own HTTP client with requests led to `api`: the way its maintainers name (twilio-python issue 521).

    Made anew for each request, because it keeps the last answer in itself and returns that: with several threads one
    would get another's, and a message another's id.
    """

    is_async = False

    def __init__(self, api: str, timeout: float) -> None:
        self._api = api.rstrip("/")
        self._timeout = timeout
        self._of_thread = threading.local()
        self._sessions: WeakSet[requests.Session] = WeakSet()
        self._lock = threading.Lock()

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        client = TwilioHttpClient(pool_connections=False, timeout=self._timeout)
        client.session = self._session()
        return client.request(method, self._api + url.removeprefix(API), *args, **options)

    def close(self) -> None:
        with self._lock:
            for session in list(self._sessions):
                session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        now = time.monotonic()
        if session is None:
            session = self._of_thread.session = requests.Session()
            with self._lock:
                self._sessions.add(session)
        elif now - self._of_thread.used > _IDLE_SECONDS:
            session.close()  # connections only; it opens new ones
        self._of_thread.used = now
        return session


def was_never_sent(error: requests.exceptions.RequestException) -> bool:
    """Whether no byte of the request can have left: connecting failed, or the certificate is another's."""
    cause = error.args[0] if error.args else None
    never_connected = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    # A certificate is checked before a byte of the request is written; other TLS errors may come later.
    wrong_certificate = isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    return never_connected or wrong_certificate or isinstance(error, requests.exceptions.ConnectTimeout)
