"""What Exotel's codes and words mean for a message (developer.exotel.com, "SMS Status Codes", read in three versions).

Its pages give different numbers for the same DetailedStatus, so that receipts are read by name. Names of all the
versions stand here, and the three-digit codes of the operators' DLT platforms, which Exotel publishes as well.
"""

from __future__ import annotations

from messaging.gateways import Receipt, ReceiptState
from messaging.gateways.dlt_codes import dlt_reason

# "API Error Code" of a refused request -> key of messaging/reasons.yaml.
_REFUSALS = {
    "40001": "no_credit",
    "40200": "value_unsendable",  # no body
    "40202": "value_unsendable",
    "40203": "number_invalid",
    "40205": "dlt_header",  # no From
    "40206": "dlt_header",  # From does not go with SmsType
    "40210": "dlt_header",
    "40300": "dlt_header",  # no numeric sender for promotion
    "40301": "dlt_header",
}
# Refused with HTTP 403 like a closed account, but only this recipient's country is.
OF_THE_RECIPIENT = frozenset({"40003"})

_NAMES = {
    "FAILED_REJECTED_DND": "dnd",
    "FAILED_DND": "dnd",
    "FAILED_REJECTED_BLACKLIST": "blocked",
    "FAILED_BLACKLISTED": "blocked",
    "FAILED_REJECTED": "other",
    "FAILED_INVALID_DESTINATION_NUMBER": "number_invalid",
    "FAILED_INVALID_NUMBER": "number_invalid",
    "FAILED_SPAM_DETECTED": "spam",
    "FAILED_SPAM": "spam",
    "FAILED_UNAVAILABLE_ROUTE": "out_of_reach",
    "FAILED_SUBSCRIBER_UNAVAILABLE": "out_of_reach",
    "FAILED_SUBSCRIBER_UNKNOWN": "subscriber_unknown",
    "FAILED_EXPIRED": "expired",
    "FAILED_INVALID_SENDER_ID": "dlt_header",
    "FAILED_INVALID_SENDER": "dlt_header",
    "SENDER_BLOCKED_BY_DLT": "dlt_header",
    "ENTITY_BLOCKED_BY_DLT": "dlt_entity",
    "FAILED_DLT_ENTITY": "dlt_entity",
    "DLT_ENTITY_NOT_FOUND": "dlt_entity",
    "TEMPLATE_BLOCKED_BY_DLT": "dlt_template",
    "FAILED_DLT_TEMPLATE": "dlt_template",
    "DLT_TEMPLATE_ID_INVALID": "dlt_template",
    "DLT_TEMPLATE_NOT_FOUND": "dlt_template",
    "DLT_TEMPLATE_ID_INACTIVE": "dlt_template",
    "DLT_TEMPLATE_ID_BLACKLISTED": "dlt_template",
    "DLT_TEMPLATE_DOES_NOT_MATCH": "wording_dropped",
    "FAILED_DLT_SCRUBBING_ERROR": "wording_dropped",
    "FAILED_DLT_SCRUBBING": "wording_dropped",
    "FAILED_DLT_CONSENT_ERROR": "dnd",
    "FAILED_DLT_CONSENT": "dnd",
    "DLT_LENGTH_EXCEEDED": "value_too_long",
    "FAILED_INVALID_MESSAGE": "value_unsendable",
}
_FAILED = frozenset({"failed", "failed-dnd", "failed_dnd", "undelivered", "expired", "rejected"})


def receipt_of(sid: str, status: str, name: str, code: str, ours: str = "") -> Receipt:
    """From Status, DetailedStatus and DetailedStatusCode, as the webhook and the message's details have them."""
    state = state_of(status, name)
    reason = failure_key(status, name, code) if state == "failed" else ""
    return Receipt(sid, state, reason, name or status, message_id=ours)


def refusal_key(status: int, code: str, words: str) -> str:
    """The key for a request refused with HTTP `status`, Exotel's `code` and `words`."""
    if status == 402 or "balance" in words.lower():
        return "no_credit"
    return _REFUSALS.get(code) or dlt_reason(code) or "gateway_refused"


def state_of(status: str, name: str) -> ReceiptState:
    """`status` and `name` as in Status and DetailedStatus.

    DELIVERED_TO_OPERATOR stays on its way: it is the last word only where no handset confirms, and no delivery there.
    """
    status, name = status.lower(), name.upper()
    if name == "DELIVERED_TO_HANDSET" or (status == "delivered" and not name):
        return "delivered"
    return "failed" if status in _FAILED or name in _NAMES or name.startswith("FAILED") else "on_its_way"


def failure_key(status: str, name: str, code: str) -> str:
    """Why a message has failed."""
    if "dnd" in status.lower():
        return "dnd"
    return _NAMES.get(name.upper()) or dlt_reason(code) or ("expired" if status.lower() == "expired" else "other")
