"""Exotel's SMS interface on loopback, as developer.exotel.com describes it, with its status callbacks and inbound SMS.

POST /v1/Accounts/{sid}/Sms/send.json and GET /v1/Accounts/{sid}/SMS/Messages/{SmsSid}.json.
"""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any
from urllib.parse import urlencode

from phones.operators.base import Answer, Asked, HttpOperator, State, TakenSms

ACCOUNT = "helpline1"
KEY = "a-key"
TOKEN = "a-token"  # noqa: S105
SENDER = "HLPLIN"

_SEND = f"/v1/Accounts/{ACCOUNT}/Sms/send.json"
_DETAILS = f"/v1/Accounts/{ACCOUNT}/SMS/Messages/"
_ENCODINGS = ("plain", "unicode")
_TYPES = ("transactional", "transactional_opt_in", "promotional")
_LONGEST = 2000

_ERRORS: dict[str, tuple[int, int, str]] = {
    "rate_limited": (429, 40402, "Too many POST requests"),
    "throttled": (503, 40405, "Throttle limit exceeded"),
    "broken": (500, 35000, "Internal server error"),
    "no_credit": (403, 40001, "Insufficient account balance"),
    "inactive": (403, 40002, "Account inactive"),
    "country": (403, 40003, "Account not configured to send SMS to the recipient's country"),
    "duplicate": (409, 0, "Duplicate request"),
    "bad_number": (400, 40203, "All destination numbers are invalid"),
}
# State -> Status, DetailedStatus, DetailedStatusCode.
_STATUS: dict[State, tuple[str, str, int]] = {
    "delivered": ("sent", "DELIVERED_TO_HANDSET", 20005),
    "on_its_way": ("submitted", "PENDING_ON_OPERATOR", 21020),
    "failed": ("failed", "FAILED_SUBSCRIBER_UNAVAILABLE", 23035),
}


class ExotelOperator(HttpOperator):
    """Own words: rate_limited, throttled, broken, no_credit, inactive, country, duplicate, bad_number; dnd (refused in
    the accepting answer)."""

    def __init__(self) -> None:
        super().__init__()
        self._fates: dict[str, tuple[str, str, int]] = {}  # sid -> Status, DetailedStatus, DetailedStatusCode

    def refusal(self, asked: Asked) -> Answer | None:
        wrong = _not_admitted(asked) or _wrong_form(asked)
        return _error(*wrong) if wrong else None

    def scripted(self, word: str) -> Answer | None:
        return _error(*_ERRORS[word]) if word in _ERRORS else None

    def read(self, asked: Asked) -> TakenSms:
        form = asked.form
        return TakenSms(
            uuid.uuid4().hex,
            form["To"],
            form["Body"],
            form["From"],
            form.get("DltEntityId", ""),
            form.get("DltTemplateId", ""),
            form.get("StatusCallback", ""),
            form,
        )

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        status = (
            ("failed-dnd", "FAILED_REJECTED_DND", 23005) if word == "dnd" else ("queued", "PENDING_TO_OPERATOR", 21010)
        )
        return Answer.of_json(200, _message(sms, *status))

    def tell(self, asked: Asked) -> Answer:
        """The details of one message."""
        wrong = _not_admitted(asked)
        if wrong:
            return _error(*wrong)
        sid = asked.path.removeprefix(_DETAILS).removesuffix(".json")
        with self.lock:
            sms = next((sms for sms in self.taken if sms.provider_id == sid), None)
        if sms is None:
            return Answer.of_json(200, "No matching results")
        return Answer.of_json(200, _message(sms, *self._fates.get(sid, _STATUS["on_its_way"])))

    def report(self, sms: TakenSms, state: State, code: str = "") -> Answer:
        """POST the status to the message's callback address, if it has one; it stands in the details as well.

        `code` is a DetailedStatus.
        """
        status, name, number = _STATUS[state]
        self._fates[sms.provider_id] = status, code or name, number
        if not sms.callback:
            return Answer(204, b"")
        fields = {"SmsSid": sms.provider_id, "To": sms.recipient, "Status": status, "SmsUnits": "1"}
        fields |= {"DetailedStatus": code or name, "DetailedStatusCode": str(number)}
        fields |= {"DateSent": sms.at.strftime("%Y-%m-%d %H:%M:%S")}
        if "CustomField" in sms.fields:
            fields["CustomField"] = sms.fields["CustomField"]
        return self.call(sms.callback, fields)

    def write(self, url: str, sender: str, text: str) -> Answer:
        """Somebody writes an SMS to us, and Exotel tells it to `url` by GET."""
        fields = {"SmsSid": uuid.uuid4().hex, "From": sender, "To": SENDER, "Date": "2026-11-22 12:00:00", "Body": text}
        return self.call(f"{url}?{urlencode(fields)}", None)


def _not_admitted(asked: Asked) -> tuple[int, int, str] | None:
    wanted = "Basic " + base64.b64encode(f"{KEY}:{TOKEN}".encode()).decode()
    if asked.headers.get("authorization") != wanted:
        return 401, 34010, "Invalid auth key or token"
    if asked.path == _SEND and asked.method == "POST":
        return None
    if asked.path.startswith(_DETAILS) and asked.method == "GET":
        return None
    if not asked.path.startswith(f"/v1/Accounts/{ACCOUNT}/"):
        return 403, 34009, "Account SID missing from URL or action forbidden on resource"
    return 405, 40502, "Unrecognized SMS endpoint"


def _wrong_form(asked: Asked) -> tuple[int, int, str] | None:
    form = asked.form
    checks = [
        (bool(form.get("From")), 40210, "From is a mandatory field"),
        (bool(form.get("Body")), 40200, "Message body is empty or missing"),
        (len(form.get("Body", "")) <= _LONGEST, 40202, "Message body is invalid"),
        (bool(re.fullmatch(r"\+?[1-9]\d{9,14}", form.get("To", ""))), 40203, "All destination numbers are invalid"),
        (form.get("EncodingType", "plain") in _ENCODINGS, 40209, "EncodingType not set correctly"),
        (form.get("SmsType", "transactional") in _TYPES, 40204, "SmsType not set correctly"),
    ]
    return next(((400, code, words) for is_right, code, words in checks if not is_right), None)


def _error(status: int, code: int, words: str) -> Answer:
    told: dict[str, Any] = {"Status": status, "Message": words}
    return Answer.of_json(status, {"RestException": told | ({"Code": code} if code else {})})


def _message(sms: TakenSms, status: str, name: str, code: int) -> dict[str, Any]:
    at = sms.at.strftime("%Y-%m-%d %H:%M:%S")
    return {
        "SMSMessage": {
            "Sid": sms.provider_id,
            "AccountSid": ACCOUNT,
            "From": sms.header,
            "To": sms.recipient,
            "DateCreated": at,
            "DateUpdated": at,
            "DateSent": None,
            "Body": sms.text,
            "Direction": "outbound-api",
            "Uri": f"{_DETAILS}{sms.provider_id}.json",
            "ApiVersion": None,
            "Price": None,
            "Status": status,
            "SmsUnits": None,
            "DetailedStatusCode": code,
            "DetailedStatus": name,
        }
    }
