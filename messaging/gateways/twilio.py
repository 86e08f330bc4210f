"""SMS through Twilio's official SDK, each of its answers and failures turned into one of the port's three.

Twilio's message creation takes no idempotency key, so that only what it certainly did not take may be tried again:
a refused or timed-out connection, HTTP 429, and 503 in Twilio's own JSON. Any other 4xx is final. Everything else
(a time-out while waiting for the answer, a lost connection, 5xx, a page instead of JSON) leaves the message in doubt.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from messaging.errors import GatewayMisconfigured
from messaging.gateways import Accepted, CannotTell, InDoubt, LookedUp, Outcome, OutgoingSms, Rejected

API = "https://api.twilio.com"
_MESSAGING_SERVICE = "MG"  # the prefix of a messaging service's id, which may stand in place of a sender
_NEVER_SENT = frozenset({"failed", "undelivered", "canceled"})

# The SDK writes every request's address and headers at INFO.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


class TwilioSmsGateway:
    """`sender`: a number of the account, a registered header, or the id of a messaging service (MG…).

    `timeout` in seconds covers connecting and each wait for bytes. `api` is another address for the same API,
    which the SDK itself has no setting for.
    """

    name = "twilio"

    def __init__(self, account_sid: str, auth_token: str, sender: str, *, timeout: float = 10, api: str = API) -> None:
        if not (account_sid and auth_token and sender):
            raise GatewayMisconfigured("Twilio needs an account SID, an auth token and a sender")
        key = "messaging_service_sid" if sender.startswith(_MESSAGING_SERVICE) else "from_"
        self._sender = {key: sender}
        self._client = Client(
            account_sid,
            auth_token,
            http_client=_HttpClientFor(api, TwilioHttpClient(timeout=timeout)),
            environment={"TWILIO_EDGE": ""},  # our settings only, not what else the process's environment holds
        )

    def send(self, sms: OutgoingSms) -> Outcome:
        try:
            answer = self._client.messages.create(to=sms.recipient, body=sms.text, **self._sender)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error)
        except requests.exceptions.ConnectionError as error:
            return _broken_connection(error)
        except Exception as error:  # the request was on its way: whatever went wrong, Twilio may have taken it
            return InDoubt(f"no answer from Twilio that could be understood ({type(error).__name__})")
        if not answer.sid:
            return InDoubt("Twilio answered without a message id")
        if answer.status in _NEVER_SENT:
            return Rejected(_words(answer.error_code, answer.error_message or answer.status), final=True)
        return Accepted(str(answer.sid))

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        return CannotTell("not asked")

    def close(self) -> None:
        pass


class _HttpClientFor:
    """The SDK's own HTTP client with requests led to `api`: the way its maintainers name (twilio-python issue 521)."""

    is_async = False

    def __init__(self, api: str, client: TwilioHttpClient) -> None:
        self._api = api.rstrip("/")
        self._client = client

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        return self._client.request(method, self._api + url.removeprefix(API), *args, **options)


def _refusal(error: TwilioRestException | TwilioServiceException) -> Outcome:
    status = int(error.status)
    reason = _words(error.code, getattr(error, "msg", None) or str(error))
    # The SDK puts the HTTP status in place of the code where the body was not Twilio's: some proxy's page, perhaps
    # written after Twilio took the message.
    from_twilio = error.code != status
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and from_twilio):
        return Rejected(reason, final=False)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Rejected(reason, final=True)
    return InDoubt(reason)


def _broken_connection(error: requests.exceptions.ConnectionError) -> Outcome:
    cause = error.args[0] if error.args else None
    never_connected = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    # A certificate is checked before a byte of the request is written; other TLS errors may come later.
    wrong_certificate = isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    if never_connected or wrong_certificate or isinstance(error, requests.exceptions.ConnectTimeout):
        return Rejected("Twilio could not be reached", final=False)
    return InDoubt(f"the connection to Twilio broke ({type(error).__name__})")


def _words(code: Any, message: str) -> str:
    text = message.removeprefix("Unable to create record").removeprefix(": ") or "no reason given"
    return f"Twilio {code}: {' '.join(text.split())[:200]}"
