"""What Exotel tells by webhook: the status of our messages, and SMS that somebody sends to our number.

A status comes by POST with a form ("Send SMS", StatusCallback), an SMS by GET with a query ("Send a reply" applet);
the account's own setting may choose otherwise, so that both are read. Nothing is signed.
"""

from __future__ import annotations

from collections.abc import Mapping

from messaging.gateways import InboundSms, Receipt, Told, WebhookRequest
from messaging.gateways.exotel_codes import receipt_of


class ExotelWebhook:
    """Not signed: the secret in the address must do. It wants text/plain as answer; a body would be sent as an SMS."""

    name = "exotel"
    signs = False

    def is_authentic(self, request: WebhookRequest) -> bool:
        return True

    def read(self, request: WebhookRequest) -> Told | None:
        fields = {**request.query, **request.form}
        sid = fields.get("SmsSid", "")
        if not sid:
            return None
        if fields.get("Status") or fields.get("DetailedStatus"):
            return Told(receipts=(_receipt(sid, fields),))
        if "Body" in fields and fields.get("From"):
            return Told(inbound=(InboundSms(sid, fields["From"], fields.get("To", ""), fields["Body"]),))
        return None


def _receipt(sid: str, fields: Mapping[str, str]) -> Receipt:
    # DateSent has no time zone, and none is published: the time of the receipt is when it came.
    status, name, code = (fields.get(key, "") for key in ("Status", "DetailedStatus", "DetailedStatusCode"))
    return receipt_of(sid, status, name, code, fields.get("CustomField") or fields.get("m", ""))
