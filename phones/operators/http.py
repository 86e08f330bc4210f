"""MSG91 and Gupshup on loopback, written from their published pages: for the gateway that a file describes.

Their receipts go to one address that is entered in their panels: `receipts_to`.
"""

from __future__ import annotations

import json
import time
import uuid
from urllib.parse import urlencode

from phones.operators.base import Answer, Asked, HttpOperator, State, TakenSms

AUTHKEY = "an-authkey"
USERID, PASSWORD = "2000000001", "a&password=+"
ENVIRON = {"MSG91_AUTHKEY": AUTHKEY, "GUPSHUP_USERID": USERID, "GUPSHUP_PASSWORD": PASSWORD}


class Msg91Operator(HttpOperator):
    """api/sendhttp.php with response=json; webhook version v3. Own words: its codes (301, …), rate_limited, broken."""

    receipts_to = ""

    def refusal(self, asked: Asked) -> Answer | None:
        form = asked.form
        if asked.path != "/api/sendhttp.php" or form.get("response") != "json":
            return Answer.of_json(404, {"type": "error", "message": "not found", "code": "404"})
        if form.get("authkey") != AUTHKEY:
            return _msg91("207", "Invalid authentication key")
        if not form.get("mobiles", "").isdecimal():
            return _msg91("202", "Invalid mobile number")
        if form.get("unicode") == "0" and not form["message"].isascii():
            return _msg91("400", "unicode must be 1")
        return None

    def scripted(self, word: str) -> Answer | None:
        if word in ("rate_limited", "broken"):
            return Answer.of_json(429 if word == "rate_limited" else 500, {"message": "try later"})
        return _msg91(word, "as its table says") if word.isdecimal() else None

    def read(self, asked: Asked) -> TakenSms:
        form = asked.form
        return TakenSms(
            uuid.uuid4().hex[:24],
            f"+{form['mobiles']}",
            form["message"],
            header=form.get("sender", ""),
            template_id=form.get("DLT_TE_ID", ""),
            fields=form,
        )

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        return Answer.of_json(200, {"message": sms.provider_id, "type": "success"})

    def report(self, sms: TakenSms, state: State, code: str = "") -> Answer:
        """POST its JSON."""
        status = code or {"delivered": "1", "failed": "2", "on_its_way": "8"}[state]
        told = {"date": "2024-05-22 09:58:16", "number": sms.recipient[1:], "requestId": sms.provider_id}
        told |= {"senderId": sms.header, "status": status, "desc": "DELIVERED" if state == "delivered" else ""}
        return self.post(self.receipts_to, json.dumps(told).encode(), {"Content-Type": "application/json"})


class GupshupOperator(HttpOperator):
    """GatewayAPI/rest with format=text; reports by GET. Own words: its codes (102, …), rate_limited, broken."""

    receipts_to = ""

    def refusal(self, asked: Asked) -> Answer | None:
        form = asked.form
        wanted = {"method": "SendMessage", "auth_scheme": "plain", "v": "1.1", "format": "text"}
        if asked.path != "/GatewayAPI/rest" or {name: form.get(name) for name in wanted} != wanted:
            return _text("error | 101 | A parameter is missing")
        if (form.get("userid"), form.get("password")) != (USERID, PASSWORD):
            return _text("error | 102 | Authentication failed due to invalid userId or password.")
        if not form.get("send_to", "").isdecimal():
            return _text('error | 105 | The phone number "x" is not a valid phone number')
        if form.get("msg_type") not in ("Unicode_text", "TEXT"):
            return _text("error | 100 | unknown msg_type")
        return None

    def scripted(self, word: str) -> Answer | None:
        if word in ("rate_limited", "broken"):
            return Answer(429 if word == "rate_limited" else 500, b"try later", "text/plain")
        return _text(f"error | {word} | as its table says") if word.isdecimal() else None

    def read(self, asked: Asked) -> TakenSms:
        form = asked.form
        return TakenSms(
            f"{uuid.uuid4().int % 10**19}-{uuid.uuid4().int % 10**18}",
            f"+{form['send_to']}",
            form["msg"],
            header=form.get("mask", ""),
            entity_id=form.get("principalEntityId", ""),
            template_id=form.get("dltTemplateId", ""),
            fields=form,
        )

    def acceptance(self, sms: TakenSms, word: str) -> Answer:
        return _text(f"success | {sms.recipient[1:]} | {sms.provider_id}")

    def report(self, sms: TakenSms, state: State, code: str = "") -> Answer:
        """GET the address with its fields; `code` is its cause."""
        status = {"delivered": "SUCCESS", "failed": "FAILURE", "on_its_way": "UNKNOWN"}[state]
        told = {"externalId": sms.provider_id, "deliveredTS": str(int(time.time() * 1000)), "status": status}
        told |= {
            "cause": code or status,
            "phoneNo": sms.recipient[1:],
            "errCode": "000" if state == "delivered" else "003",
        }
        return self.call(f"{self.receipts_to}?{urlencode(told)}", None)


def _msg91(code: str, message: str) -> Answer:
    return Answer.of_json(200, {"type": "error", "message": message, "code": code})


def _text(line: str) -> Answer:
    return Answer(200, line.encode(), "text/plain")
