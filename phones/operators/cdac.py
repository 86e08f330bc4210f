"""C-DAC's Mobile Seva on loopback: sendsmsrequestDLT with its signed form, and the report ReportAPI/csvreport.

Written from the published clients: SHA-1 password, SHA-512 key over the content as it came, `402,MsgID = …`.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from phones.operators.base import Answer, Asked, HttpOperator, State, TakenSms

USERNAME = "helpline"
PASSWORD = "a-password"  # noqa: S105
SECURE_KEY = "8f0c7a3e-0000-4000-8000-000000000000"

_INDIA = ZoneInfo("Asia/Kolkata")
_SEND = "/esms/sendsmsrequestDLT"
_REPORT = "/ReportAPI/csvreport"
_FIELDS = {"username", "password", "senderid", "content", "smsservicetype", "mobileno", "key", "templateid"}
_SERVICES = {"singlemsg", "otpmsg", "unicodemsg", "unicodeotpmsg"}
_WORDS: dict[State, str] = {"delivered": "DELIVERED", "failed": "FAILEDBYTELCO", "on_its_way": "SUBMITTED"}


class CdacOperator(HttpOperator):
    """Own words: any of its codes (401, 403, …), rate_limited (410), broken (HTTP 500), no_id (402 without an id)."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = itertools.count(150620161466003974245)
        self._reports: dict[str, str] = {}

    @property
    def url(self) -> str:
        return super().url + _SEND

    @property
    def report_url(self) -> str:
        return super().url + _REPORT

    def submits(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path == _SEND

    def refusal(self, asked: Asked) -> Answer | None:
        form = asked.form
        if set(form) != _FIELDS or form["smsservicetype"] not in _SERVICES:
            return _code("404,the parameters are not those of the interface")
        if (form["username"], form["password"]) != (USERNAME, _sha1(PASSWORD)):
            return _code("401,Credentials Error, may be invalid username or password")
        signed = form["username"] + form["senderid"] + form["content"] + SECURE_KEY
        if form["key"] != hashlib.sha512(signed.encode("ascii")).hexdigest():
            return _code("416,Hash doesn't match")
        if not re.fullmatch(r"(91)?[6-9]\d{9}", form["mobileno"]):
            return _code("406,Invalid mobile numbers")
        return None if re.fullmatch(r"\d{12}|\d{19}", form["templateid"]) else _code("417,templateid is not valid")

    def scripted(self, word: str) -> Answer | None:
        if word == "broken":
            return Answer(500, b"Internal Server Error", "text/plain")
        if word == "rate_limited":
            return _code("410,Internal Limit Exceeded")
        return _code(f"{word},as its table says") if word.isdecimal() else None

    def read(self, asked: Asked) -> TakenSms:
        form = asked.form
        text = form["content"]
        if form["smsservicetype"].startswith("unicode"):
            assert re.fullmatch(r"(&#\d+;)+", text), "unicode content is entities only"
            text = html.unescape(text)
        provider_id = f"{next(self._ids)}{USERNAME}"
        self._reports[provider_id] = f"91{form['mobileno'][-10:]},SUBMITTED,0000-00-00 00:00:00"
        return TakenSms(
            provider_id,
            f"+91{form['mobileno'][-10:]}",
            text,
            header=form["senderid"],
            template_id=form["templateid"],
            fields=form,
        )

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        return _code("402,Message submitted" if word == "no_id" else f"402,MsgID = {sms.provider_id}\n")

    def report(self, sms: TakenSms, state: State, code: str = "") -> Any:
        """What its report says of `sms` from now on; `code` in place of its usual word."""
        line = f"91{sms.recipient[-10:]},{code or _WORDS[state]},{datetime.now(_INDIA):%Y-%m-%d %H:%M:%S}"
        self._reports[sms.provider_id] = line

    def tell(self, asked: Asked) -> Answer:
        asks = asked.query
        if (asked.path, asks.get("userid"), asks.get("pwd_encrypted")) != (_REPORT, USERNAME, "true"):
            return _code("You don't have Access to this resource. Please contact MobileSeva team.\n")
        if asks.get("password") != _sha1(PASSWORD) or asks.get("msgid") not in self._reports:
            return _code("You don't have Access to this resource. Please contact MobileSeva team.\n")
        return _code(self._reports[asks["msgid"]] + "\n")


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _code(text: str) -> Answer:
    return Answer(200, text.encode(), "text/plain")
