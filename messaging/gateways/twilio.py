"""SMS through Twilio's official SDK, each of its answers and failures turned into one of the port's three.

Twilio's message creation takes no idempotency key, so that only what it certainly did not take may be tried again:
a refused or timed-out connection, HTTP 429, 503 in Twilio's own JSON, and whatever concerns the whole account. Any
other 4xx is final. Everything else (a time-out while waiting for the answer, a lost connection, 5xx, a page instead
of JSON) leaves the message in doubt, and look_up() reads Twilio's own list of messages.

DLT's entity and template ids are registered with Twilio for the sender; the message resource has no field for them.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from messaging.errors import GatewayMisconfigured
from messaging.gateways import (
    Accepted,
    CannotTell,
    InboundSms,
    InDoubt,
    LookedUp,
    NotThere,
    Outcome,
    OutgoingSms,
    Receipt,
    Rejected,
)
from messaging.gateways.callbacks import with_our_id
from messaging.gateways.twilio_codes import KEYS, OF_THE_ACCOUNT, failure_key, key_of, state_of
from messaging.gateways.twilio_http import API, HttpClientFor, was_never_sent
from messaging.gateways.web import safe_address
from messaging.sparing import SparingLog

_MESSAGING_SERVICE = "MG"  # the prefix of a messaging service's id, which may stand in place of a sender
_NEVER_SENT = frozenset({"failed", "undelivered", "canceled"})

_PAGE = 1000  # Twilio's largest
_MOST_LISTED = 3000
_CLOCKS_APART = timedelta(minutes=15)  # between ours and Twilio's
_ASKING_SECONDS = 5.0  # for one call of receipts(), however many ids there are
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")

_sparing = SparingLog(logging.getLogger(__name__))

# The SDK writes every request's address and headers at INFO.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


class TwilioSmsGateway:
    """`sender`: a number of the account, a registered header, or the id of a messaging service (MG…).

    `timeout` in seconds covers connecting and each wait for bytes. `api` is another address for the same API,
    which the SDK itself has no setting for. `callback`: our public address for receipts, "" for none.
    """

    name = "twilio"

    def __init__(
        self, account_sid: str, auth_token: str, sender: str, *, timeout: float = 10, api: str = API, callback: str = ""
    ) -> None:
        if not (account_sid and auth_token and sender):
            raise GatewayMisconfigured("Twilio needs an account SID, an auth token and a sender")
        key = "messaging_service_sid" if sender.startswith(_MESSAGING_SERVICE) else "from_"
        self._sender = {key: sender}
        self._callback = callback
        self._http = HttpClientFor(safe_address(api, "HELPLINE_TWILIO_URL"), timeout)
        self._client = Client(
            account_sid,
            auth_token,
            http_client=self._http,
            environment={"TWILIO_EDGE": ""},  # our settings only, not what else the process's environment holds
        )

    def send(self, sms: OutgoingSms) -> Outcome:
        more = {"status_callback": with_our_id(self._callback, sms.message_id)} if self._callback else {}
        try:
            answer = self._client.messages.create(to=sms.recipient, body=sms.text, **self._sender, **more)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error)
        except requests.exceptions.ConnectionError as error:
            return _broken_connection(error)
        except Exception as error:  # the request was on its way: whatever went wrong, Twilio may have taken it
            return InDoubt(f"no answer from Twilio that could be understood ({type(error).__name__})")
        if not answer.sid:
            return InDoubt("Twilio answered without a message id")
        if answer.status in _NEVER_SENT:
            reason = _words(answer.error_code, answer.error_message or answer.status)
            return Rejected(reason, final=True, key=key_of(answer.error_code))
        return Accepted(str(answer.sid))

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        """Compare Twilio's list of messages to this number: direction, time, wording, and that it is not another's.

        The list's filter DateSent is left alone: it has the resolution of a day, and what it does with a message that
        is not sent yet is not published.
        """
        if sms.claimed_at is None:
            return CannotTell("nobody knows when it was tried")
        try:
            listed = self._client.messages.list(to=sms.recipient, page_size=_PAGE, limit=_MOST_LISTED)
            return _find(sms, sms.claimed_at, known, listed)
        except Exception as error:
            return CannotTell(f"Twilio's list of messages could not be read ({type(error).__name__})")

    def close(self) -> None:
        self._http.close()

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What Twilio says of each message by now, for a deployment it cannot call: one request an id.

        No more than some seconds in all. It tells no inbound SMS.
        """
        found: list[Receipt] = []
        until = time.monotonic() + _ASKING_SECONDS
        for sid in filter(_SID.fullmatch, provider_ids):
            if time.monotonic() > until:
                break
            try:
                message = self._client.messages(sid).fetch()
            except Exception as error:
                if getattr(error, "status", 0) == HTTPStatus.NOT_FOUND:
                    continue  # deleted there
                _sparing.warning("Twilio could not be asked about message %s (%s)", sid, type(error).__name__)
                break
            found.append(_receipt(sid, message))
        return found, []


def _receipt(sid: str, message: Any) -> Receipt:
    state, code = state_of(str(message.status)), str(message.error_code or "")
    return Receipt(sid, state, failure_key(state, code), code, message.date_updated)


def _find(sms: OutgoingSms, tried_at: datetime, known: frozenset[str], listed: Iterable[Any]) -> LookedUp:
    messages = list(listed)
    others = [one for one in messages if str(one.direction).startswith("outbound") and one.sid not in known]
    same = [one for one in others if _letters(one.body).endswith(_letters(sms.text))]  # a trial account adds words
    since = tried_at - _CLOCKS_APART
    if of_the_time := [one for one in same if one.date_created is None or one.date_created >= since]:
        oldest = min(of_the_time, key=lambda message: (message.date_created is not None, message.date_created))
        return Accepted(str(oldest.sid))
    if same:
        return CannotTell("Twilio has the same wording from before, by its clock: ours may be wrong")
    if any(not one.body for one in others):
        return CannotTell("Twilio has a message to this number whose wording it does not keep")
    if len(messages) >= _MOST_LISTED:
        return CannotTell("Twilio has too many messages to this number to look through")
    return NotThere()


def _letters(text: str | None) -> str:
    # Twilio's "smart encoding" puts plain quotes, dashes and spaces in place of typographic ones.
    return "".join(character for character in text or "" if character.isalnum())


def _refusal(error: TwilioRestException | TwilioServiceException) -> Outcome:
    status = int(error.status)
    reason = _words(error.code, getattr(error, "msg", None) or str(error))
    # The SDK puts the HTTP status in place of the code where the body was not Twilio's: some proxy's page, perhaps
    # written after Twilio took the message.
    from_twilio = error.code != status
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and from_twilio):
        return Rejected(reason, final=False, unwell=True, key="gateway_busy")
    if status == HTTPStatus.UNAUTHORIZED or (
        status < HTTPStatus.INTERNAL_SERVER_ERROR and error.code in OF_THE_ACCOUNT
    ):
        return Rejected(reason, final=False, unwell=True, key=KEYS.get(error.code, "gateway_refused"))
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Rejected(reason, final=True, key=key_of(error.code) if from_twilio else "")
    return InDoubt(reason)


def _broken_connection(error: requests.exceptions.ConnectionError) -> Outcome:
    if was_never_sent(error):
        return Rejected("Twilio could not be reached", final=False, unwell=True, key="gateway_away")
    return InDoubt(f"the connection to Twilio broke ({type(error).__name__})")


def _words(code: Any, message: str) -> str:
    text = message.removeprefix("Unable to create record").removeprefix(": ") or "no reason given"
    return f"Twilio {code}: {' '.join(text.split())[:200]}"
