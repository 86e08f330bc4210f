"""What Twilio tells by webhook: status callbacks of our messages, and SMS that somebody sends to our number."""

from __future__ import annotations

from collections.abc import Mapping

from twilio.request_validator import RequestValidator

from messaging.gateways import InboundSms, Receipt, Told, WebhookAnswer, WebhookRequest
from messaging.gateways.twilio_codes import failure_key, state_of

# Anything but an empty TwiML document would be an answer by SMS.
_SILENCE = WebhookAnswer(content_type="text/xml", body='<?xml version="1.0" encoding="UTF-8"?><Response></Response>')


class TwilioWebhook:
    """Signed with the account's auth token over the public address and the form (header X-Twilio-Signature)."""

    name = "twilio"
    signs = True

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)

    def is_authentic(self, request: WebhookRequest) -> bool:
        signature = request.headers.get("x-twilio-signature", "")
        return bool(self._validator.validate(request.url, dict(request.form), signature))

    def read(self, request: WebhookRequest) -> Told | None:
        form = request.form
        sid = form.get("MessageSid") or form.get("SmsSid", "")
        if not sid:
            return None
        if "MessageStatus" in form:
            return Told(receipts=(_receipt(sid, form, request.query),), answer=WebhookAnswer())
        if "Body" in form and form.get("From"):
            return Told(inbound=(InboundSms(sid, form["From"], form.get("To", ""), form["Body"]),), answer=_SILENCE)
        return None


def _receipt(sid: str, form: Mapping[str, str], query: Mapping[str, str]) -> Receipt:
    state, code = state_of(form["MessageStatus"]), form.get("ErrorCode", "")
    return Receipt(sid, state, failure_key(state, code), code, message_id=query.get("m", ""))
