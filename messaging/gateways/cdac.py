"""SMS through C-DAC's Mobile Seva, the government's gateway: a signed form, a code as the answer, reports on request.

The protocol is what services.mgov.gov.in publishes ("RegisterPushService", with clients in Java, .NET and PHP): the
password goes as SHA-1, `key` is SHA-512 over user name, header, content and secure key. Text beyond ASCII goes as
decimal entities (`&#2344;`) and is signed in that form. It has no idempotency key and no way to look a message up
without its id, so that the codes for faults of its own (404, 405, 407, 408; 409 says outright "will be submitted")
leave a message in doubt.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx

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
    ReceiptState,
    Rejected,
)
from messaging.gateways.web import WebAnswer, ask, client, in_short, refused_by_status, safe_address

_WHO = "Mobile Seva"
_TAKEN = "402"
_ACCEPTED = re.compile(r"402\s*,\s*MsgID\s*=\s*(\S+)", re.IGNORECASE)
_CODE = re.compile(r"(4\d\d)\b")
_INDIAN = re.compile(r"\+91\d{10}")
# Code: (final, unwell, key, the publisher's words).
_REFUSED = {
    "401": (False, True, "gateway_refused", "user name or password is wrong"),
    "403": (False, True, "no_credit", "no credit left"),
    "406": (True, False, "number_invalid", "the number is invalid or there twice"),
    "410": (False, True, "gateway_busy", "an internal limit was exceeded"),
    "411": (True, False, "dlt_header", "the sender id is not approved"),
    "412": (True, False, "dlt_header", "the sender id is not approved"),
    "413": (True, False, "spam", "suspected to be spam"),
    "414": (True, False, "blocked", "refused by the operator: DND, spam or the like"),
    "415": (False, True, "gateway_refused", "the secure key is not available"),
    "416": (False, True, "gateway_refused", "the hash does not fit: the secure key is wrong"),
    "418": (False, True, "gateway_busy", "the limit of the day was exceeded"),
}
_IN_DOUBT = {
    "404": "a fault of its database",
    "405": "a fault of its network",
    "407": "a fault on the way to the operator",
    "408": "a fault on the way to the operator",
    "409": "the operator did not answer in time; the message will be submitted",
}
_INDIA = ZoneInfo("Asia/Kolkata")
_POLL_SECONDS = 15.0  # for beginning the requests of one call of receipts(), however many ids there are
_POLLS_AT_ONCE = 8

_log = logging.getLogger(__name__)


class CdacSmsGateway:
    """`url`: the address of sendsmsrequestDLT; `report_url`: of the delivery reports (ReportAPI/csvreport), if any.

    `timeout` in seconds covers connecting and each wait for bytes.
    """

    name = "cdac"

    def __init__(
        self, url: str, username: str, password: str, secure_key: str, *, report_url: str = "", timeout: float = 10
    ) -> None:
        if not (username and password and secure_key):
            raise GatewayMisconfigured("C-DAC needs a user name, a password and the department's secure key")
        self._url = safe_address(url, "HELPLINE_CDAC_URL")
        self._report_url = safe_address(report_url, "HELPLINE_CDAC_REPORT_URL") if report_url else ""
        self._username = username.strip()
        self._password = hashlib.sha1(password.strip().encode(), usedforsecurity=False).hexdigest()
        self._secure_key = secure_key.strip()
        self._client = client(timeout)

    def send(self, sms: OutgoingSms) -> Outcome:
        if not _INDIAN.fullmatch(sms.recipient):
            return Rejected(f"{_WHO} sends to Indian numbers only", final=True, key="number_invalid")
        request = self._client.build_request("POST", self._url, data=self._form(sms))
        answer = ask(_WHO, self._client, request)
        return _outcome(answer) if isinstance(answer, WebAnswer) else answer

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        return CannotTell(f"{_WHO} cannot be asked about a message whose id it did not tell")

    def close(self) -> None:
        self._client.close()

    def _form(self, sms: OutgoingSms) -> dict[str, str]:
        in_entities = not sms.text.isascii()
        content = as_entities(sms.text) if in_entities else sms.text
        signed = f"{self._username}{sms.header}{content}{self._secure_key}"
        return {
            "username": self._username,
            "password": self._password,
            "senderid": sms.header,
            "content": content,
            "smsservicetype": _service(sms, in_entities),
            "mobileno": sms.recipient.removeprefix("+91"),
            "key": hashlib.sha512(signed.encode()).hexdigest(),
            "templateid": sms.template_id,
        }

    # --- reports ---------------------------------------------------------------------------------------------------

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What its report says by now, one request an id, some at a time. It tells no inbound SMS.

        The format is that of public clients of ReportAPI/csvreport: `919876543210,DELIVERED,2022-07-29 04:58:53`.
        """
        if not (self._report_url and provider_ids):
            return [], []
        until = time.monotonic() + _POLL_SECONDS
        with ThreadPoolExecutor(_POLLS_AT_ONCE, "cdac-report") as threads:
            told = list(threads.map(lambda provider_id: self._report(provider_id, until), provider_ids))
        return [receipt for receipt in told if receipt], []

    def _report(self, provider_id: str, until: float) -> Receipt | None:
        if time.monotonic() > until:  # it is slow, or away: the next round asks again
            return None
        answer = ask(_WHO, self._client, self._report_request(provider_id))
        if not isinstance(answer, WebAnswer):
            return None
        receipt = read_report(provider_id, answer.text) if answer.status == httpx.codes.OK else None
        if receipt is None:
            _log.warning("Mobile Seva's report of message %s cannot be read (HTTP %s)", provider_id, answer.status)
        return receipt

    def _report_request(self, provider_id: str) -> httpx.Request:
        asked = {"userid": self._username, "password": self._password, "msgid": provider_id, "pwd_encrypted": "true"}
        return self._client.build_request("GET", self._report_url, params=asked)


def as_entities(text: str) -> str:
    """Every character as a decimal entity, spaces too: what the gateway wants for text beyond ASCII."""
    return "".join(f"&#{ord(character)};" for character in text)


def _service(sms: OutgoingSms, in_entities: bool) -> str:
    if sms.purpose == "otp":
        return "unicodeotpmsg" if in_entities else "otpmsg"
    return "unicodemsg" if in_entities else "singlemsg"


def _outcome(answer: WebAnswer) -> Outcome:
    text = answer.text.strip()
    if answer.is_page or answer.status != httpx.codes.OK:
        return refused_by_status(_WHO, answer, "" if answer.is_page else in_short(text))
    accepted = _ACCEPTED.match(text)
    if accepted:
        return Accepted(accepted[1])
    code = _CODE.match(text)
    if code and code[1] in _REFUSED:
        final, unwell, key, words = _REFUSED[code[1]]
        return Rejected(f"{_WHO} {code[1]}: {words}", final=final, unwell=unwell, key=key)
    if code and code[1] in _IN_DOUBT:
        return InDoubt(f"{_WHO} {code[1]}: {_IN_DOUBT[code[1]]}")
    if code and code[1] != _TAKEN:  # a code newer than this table: its own answer, so not a message id
        return Rejected(f"{_WHO} {in_short(text)}", final=True, key="gateway_refused")
    return InDoubt(f"{_WHO} answered without a message id")


# Words of a report; any other means that nothing is settled yet.
_DELIVERED = ("DELIVERED", "DELIVRD")
_FAILED = {
    "FAILEDBYTELCO": "other",
    "FAILED": "other",
    "UNDELIV": "out_of_reach",
    "UNDELIVERED": "out_of_reach",
    "EXPIRED": "out_of_reach",
    "REJECTED": "blocked",
    "REJECTD": "blocked",
    "BLOCKED": "blocked",
    "DND": "dnd",
    "NDNC": "dnd",
    "INVALID": "number_invalid",
}


def read_report(provider_id: str, text: str) -> Receipt | None:
    """The receipt in a report; None when it is no report. Where parts are told apart, one that failed fails it."""
    lines = [line.split(",") for line in text.strip().splitlines() if line.strip()]
    if not lines or any(len(line) < 3 or not line[0].strip().isdecimal() for line in lines):
        return None
    told = [(_state(line[1]), line[1].strip().upper(), line[2].strip()) for line in lines]
    by_weight: dict[ReceiptState, int] = {"failed": 0, "on_its_way": 1, "delivered": 2}
    state, word, at = min(told, key=lambda part: by_weight[part[0]])
    return Receipt(provider_id, state, _FAILED.get(word, ""), word, _moment(at))


def _state(word: str) -> ReceiptState:
    word = word.strip().upper()
    if word in _DELIVERED:
        return "delivered"
    return "failed" if word in _FAILED or word.startswith("FAILED") else "on_its_way"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_INDIA).astimezone(UTC)
    except ValueError:  # 0000-00-00 00:00:00 while nothing is known
        return None
