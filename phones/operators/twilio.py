"""Twilio's message resource on loopback, as its REST reference describes it, with its list, receipts and inbound SMS.

POST and GET /2010-04-01/Accounts/{sid}/Messages.json, form-encoded, Basic authentication, JSON answers and errors.
Callbacks are signed as Twilio's page "Webhooks security" says: HMAC-SHA1 over the address and the sorted fields.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from phones.operators.base import Answer, Asked, HttpOperator, State, TakenSms

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token"  # noqa: S105
SENDER = "+15005550006"

_ERRORS: dict[str, tuple[int, int, str]] = {
    "rate_limited": (429, 20429, "Too Many Requests"),
    "unavailable": (503, 20503, "Service is unavailable"),
    "broken": (500, 20500, "Internal Server Error"),
    "unsubscribed": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "queue_full": (400, 21611, "This 'From' number has exceeded the maximum number of queued messages"),
    "suspended": (403, 20005, "Account not active"),
}
_PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
_ONE = re.compile(rf"/2010-04-01/Accounts/{ACCOUNT}/Messages/(SM[0-9a-f]{{32}})\.json")
_STATUS: dict[State, str] = {"delivered": "delivered", "failed": "undelivered", "on_its_way": "sent"}


class TwilioOperator(HttpOperator):
    """Own words: rate_limited, unavailable, broken, unsubscribed, queue_full, suspended; failed (accepted and failed).

    `page_size_limit` may be set lower than Twilio's 1000, so that paging is seen with few messages.
    """

    accepted_status = 201
    page_size_limit = 1000

    def __init__(self) -> None:
        super().__init__()
        self._fates: dict[str, tuple[str, str]] = {}  # sid -> status, error code

    def refusal(self, asked: Asked) -> Answer | None:
        wrong = _not_admitted(asked) or _wrong_form(asked)
        return _error(*wrong) if wrong else None

    def scripted(self, word: str) -> Answer | None:
        return _error(*_ERRORS[word]) if word in _ERRORS else None

    def read(self, asked: Asked) -> TakenSms:
        form = asked.form
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        sid = "SM" + uuid.uuid4().hex
        return TakenSms(sid, form["To"], form["Body"], sender, callback=form.get("StatusCallback", ""), fields=form)

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        return Answer.of_json(201, _resource(sms, "failed" if word == "failed" else "queued"))

    def tell(self, asked: Asked) -> Answer:
        """One message; or the list, newest first, with the filters To and From and pages that follow one another."""
        wrong = _not_admitted(asked)
        if wrong:
            return _error(*wrong)
        if one := _ONE.fullmatch(asked.path):
            return self._one(one[1])
        with self.lock:
            all_of_it = [sms for sms in reversed(self.taken) if _is_wanted(sms, asked.query)]
        return Answer.of_json(200, _page(all_of_it, asked.query, self.page_size_limit))

    def report(self, sms: TakenSms, state: State, code: str = "") -> Answer:
        """POST the receipt to the message's own callback address, if it has one; it stands in the message as well."""
        self._fates[sms.provider_id] = _STATUS[state], code
        if not sms.callback:
            return Answer(204, b"")
        fields = {"AccountSid": ACCOUNT, "MessageSid": sms.provider_id, "SmsSid": sms.provider_id, "To": sms.recipient}
        fields |= {"MessageStatus": _STATUS[state], "SmsStatus": _STATUS[state], "ApiVersion": "2010-04-01"}
        if code:
            fields["ErrorCode"] = code
        return self.signed_call(sms.callback, fields)

    def _one(self, sid: str) -> Answer:
        sms = next((sms for sms in self.taken if sms.provider_id == sid), None)
        if sms is None:
            return _error(404, 20404, f"The requested resource {sid} was not found")
        return Answer.of_json(200, _resource(sms, *self._fates.get(sid, ("queued", ""))))

    def write(self, url: str, sender: str, text: str) -> Answer:
        """Somebody writes an SMS to us, and Twilio tells it to `url`."""
        sid = "SM" + uuid.uuid4().hex
        fields = {"AccountSid": ACCOUNT, "MessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "From": sender}
        return self.signed_call(url, fields | {"To": SENDER, "Body": text, "NumMedia": "0", "NumSegments": "1"})

    def signed_call(self, url: str, fields: Mapping[str, str]) -> Answer:
        return self.call(url, fields, {"X-Twilio-Signature": signature(url, fields)})


def signature(url: str, fields: Mapping[str, str]) -> str:
    """Twilio's signature of a form sent to the public address `url`."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _not_admitted(asked: Asked) -> tuple[int, int, str] | None:
    wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    if asked.headers.get("authorization") != wanted:
        return 401, 20003, "Authenticate"
    if asked.path != _PATH and not (asked.method == "GET" and _ONE.fullmatch(asked.path)):
        return 404, 20404, f"The requested resource {asked.path} was not found"
    return None


def _wrong_form(asked: Asked) -> tuple[int, int, str] | None:
    form = asked.form
    if asked.headers.get("content-type") != "application/x-www-form-urlencoded":
        return 415, 20415, "Unsupported Media Type"
    if not re.fullmatch(r"\+[1-9]\d{9,14}", form.get("To", "")):
        return 400, 21211, f"Invalid 'To' Phone Number: {form.get('To', '')[:5]}XXXX"
    if not form.get("From") and not form.get("MessagingServiceSid"):
        return 400, 21603, "A 'From' phone number is required."
    if not form.get("Body"):
        return 400, 21602, "Message body is required."
    if len(form["Body"]) > 1600:
        return 400, 21617, "The concatenated message body exceeds the 1600 character limit."
    return None


def _is_wanted(sms: TakenSms, query: Mapping[str, str]) -> bool:
    return query.get("To", sms.recipient) == sms.recipient and query.get("From", sms.header) == sms.header


def _page(listed: list[TakenSms], query: Mapping[str, str], limit: int) -> dict[str, Any]:
    size = min(int(query.get("PageSize", "50")), limit)
    number = int(query.get("Page", "0"))
    first, last = number * size, (number + 1) * size

    def uri(page: int) -> str:
        return f"{_PATH}?{urlencode({**query, 'Page': page, 'PageToken': f'PA{page}'})}"

    return {
        "end": min(last, len(listed)) - 1,
        "first_page_uri": uri(0),
        "messages": [_resource(sms, "queued") for sms in listed[first:last]],
        "next_page_uri": uri(number + 1) if len(listed) > last else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": first,
        "uri": uri(number),
    }


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer.of_json(status, {"code": code, "message": message, "more_info": more, "status": status})


def _resource(sms: TakenSms, status: str, code: str = "") -> dict[str, Any]:
    failed = status == "failed"
    at = format_datetime(sms.at)
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": sms.text,
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": 30034 if failed else int(code) if code else None,
        "error_message": "Message from an unregistered number" if failed else None,
        "from": sms.fields.get("From"),
        "messaging_service_sid": sms.fields.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sms.provider_id,
        "status": status,
        "subresource_uris": {},
        "to": sms.recipient,
        "uri": f"{_PATH.removesuffix('.json')}/{sms.provider_id}.json",
    }
