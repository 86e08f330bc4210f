"""SMS through Exotel: POST /v1/Accounts/{sid}/Sms/send.json with a form, Basic authentication, JSON answers.

Facts from developer.exotel.com ("Send SMS", "SMS Status Codes"). It has no idempotency key, and its only look-up is
by Exotel's own id, which a lost answer takes with it: what is in doubt stays so until the receipt settles it, which
hands our id back (CustomField). Exotel takes 200 requests a minute: HELPLINE_SMS_PER_SECOND=exotel=3, or exotel=2
where it cannot call us and has to be asked for receipts.
"""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from messaging.errors import GatewayMisconfigured
from messaging.gateways import (
    Accepted,
    CannotTell,
    InboundSms,
    InDoubt,
    LookedUp,
    Outcome,
    OutgoingSms,
    Receipt,
    Rejected,
)
from messaging.gateways.callbacks import with_our_id
from messaging.gateways.exotel_codes import OF_THE_RECIPIENT, failure_key, receipt_of, refusal_key, state_of
from messaging.gateways.web import WebAnswer, ask, client, in_short, safe_address
from messaging.sparing import SparingLog

_WHO = "Exotel"
_INDIA = "+91"
_BETWEEN_SECONDS = 1.0  # between two questions: they count in the same 200 a minute as what is sent
# "transactional (OTP or Service Implicit content), transactional_opt_in (Service Explicit), promotional"
_SMS_TYPES = {"service_explicit": "transactional_opt_in", "promotional": "promotional"}

_sparing = SparingLog(logging.getLogger(__name__))


class ExotelSmsGateway:
    """`api`: the address for the account's region. `sender`: an ExoPhone or header, where a message names none itself.

    `timeout` in seconds covers connecting and each wait for bytes. `callback`: our public address for receipts, or "".
    """

    name = "exotel"

    def __init__(
        self,
        api: str,
        account_sid: str,
        api_key: str,
        api_token: str,
        sender: str,
        *,
        timeout: float = 10,
        callback: str = "",
    ) -> None:
        if not (account_sid and api_key and api_token and sender):
            raise GatewayMisconfigured("Exotel needs an account SID, an API key, an API token and a sender")
        base = safe_address(api, "HELPLINE_EXOTEL_URL").rstrip("/")
        account = f"{base}/v1/Accounts/{quote(account_sid, safe='')}"
        self._url, self._details = f"{account}/Sms/send.json", f"{account}/SMS/Messages"
        self._asked_at = float("-inf")
        self._sender = sender
        self._callback = callback
        self._client = client(timeout)
        self._client.auth = (api_key, api_token)

    def send(self, sms: OutgoingSms) -> Outcome:
        request = self._client.build_request("POST", self._url, data=self._form(sms))
        answer = ask(_WHO, self._client, request)
        return _outcome(answer) if isinstance(answer, WebAnswer) else answer

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        return CannotTell("Exotel looks messages up by its own id only")

    def close(self) -> None:
        self._client.close()

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What Exotel says of each message by now, for a deployment it cannot call: one request an id and second.

        It tells no inbound SMS.
        """
        found: list[Receipt] = []
        for sid in provider_ids:
            time.sleep(max(0.0, self._asked_at + _BETWEEN_SECONDS - time.monotonic()))
            self._asked_at = time.monotonic()
            request = self._client.build_request("GET", f"{self._details}/{quote(sid, safe='')}.json")
            answer = ask(_WHO, self._client, request)
            if not isinstance(answer, WebAnswer) or answer.status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
                status = answer.status if isinstance(answer, WebAnswer) else "no answer"
                _sparing.warning("Exotel could not be asked about message %s (%s)", sid, status)
                break
            if receipt := _details_of(sid, answer):
                found.append(receipt)
        return found, []

    def _form(self, sms: OutgoingSms) -> dict[str, str]:
        form = {
            "From": sms.header or self._sender,
            "To": sms.recipient,
            "Body": sms.text,
            "EncodingType": "plain" if sms.encoding == "gsm7" else "unicode",
            "CustomField": sms.message_id,
        }
        if sms.recipient.startswith(_INDIA):
            of_dlt = {"DltEntityId": sms.entity_id, "DltTemplateId": sms.template_id}
            form["SmsType"] = _SMS_TYPES.get(sms.category, "transactional")
            form |= {name: value for name, value in of_dlt.items() if value}
        if self._callback:
            form["StatusCallback"] = with_our_id(self._callback, sms.message_id)
        return form


def _outcome(answer: WebAnswer) -> Outcome:
    told = answer.json if isinstance(answer.json, dict) else {}
    taken, refused = told.get("SMSMessage"), told.get("RestException")
    if isinstance(refused, dict):
        return _refusal(answer.status, _word(refused, "Code"), in_short(_word(refused, "Message")))
    if isinstance(taken, dict) and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return _taken(taken)
    if answer.status == HTTPStatus.UNAUTHORIZED:  # may come without a body
        return _refusal(answer.status, "", "")
    return InDoubt(f"Exotel {answer.status}: no answer that could be understood")


def _taken(message: dict[str, Any]) -> Outcome:
    status, name, code = (_word(message, key) for key in ("Status", "DetailedStatus", "DetailedStatusCode"))
    if state_of(status, name) == "failed":
        return Rejected(f"Exotel {name or status}", final=True, key=failure_key(status, name, code))
    sid = _word(message, "Sid")
    return Accepted(sid) if sid else InDoubt("Exotel answered without a message id")


def _details_of(sid: str, answer: WebAnswer) -> Receipt | None:
    # DateUpdated has no time zone. Of a message it does not know it says "No matching results", with HTTP 200.
    told = answer.json.get("SMSMessage") if isinstance(answer.json, dict) else None
    if not isinstance(told, dict):
        return None
    status, name, code = (_word(told, key) for key in ("Status", "DetailedStatus", "DetailedStatusCode"))
    return receipt_of(sid, status, name, code)


def _refusal(status: int, code: str, words: str) -> Outcome:
    reason = f"Exotel {code or status}: {words or 'no reason given'}"
    # 503 in Exotel's own JSON is its throttle (40405).
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return Rejected(reason, final=False, unwell=True, key="gateway_busy")
    # 409, "duplicate request", says that an earlier one was taken.
    if status == HTTPStatus.CONFLICT or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InDoubt(reason)
    key = refusal_key(status, code, words)
    of_this_message = status == HTTPStatus.BAD_REQUEST or code in OF_THE_RECIPIENT
    return Rejected(reason, final=of_this_message, unwell=not of_this_message, key=key)


def _word(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return str(value) if isinstance(value, str | int) else ""
