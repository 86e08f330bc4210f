"""What Twilio's error codes mean for a message (its page "Error and Warning Dictionary").

Twilio warns that codes become finer with time: an unknown one is told in Twilio's own words.
"""

from __future__ import annotations

from messaging.gateways import ReceiptState

# Codes -> keys of messaging/reasons.yaml.
KEYS: dict[int, str] = {
    20429: "gateway_busy",  # too many requests
    20503: "gateway_busy",
    21211: "number_invalid",  # invalid 'To' number
    21214: "number_invalid",  # 'To' cannot be reached
    21610: "blocked",  # the recipient has answered STOP
    21611: "gateway_busy",  # the sender's queue is ten hours long
    21614: "not_mobile",
    21617: "value_too_long",  # more than 1600 characters
    21635: "not_mobile",  # a landline
    21900: "dlt_entity",
    21901: "dlt_template",
    30001: "gateway_busy",  # queue overflow
    30003: "handset_off",
    30004: "blocked",
    30005: "subscriber_unknown",
    30006: "not_mobile",  # landline or unreachable carrier
    30007: "spam",  # filtered by Twilio or the carrier
    30008: "other",
    30022: "gateway_busy",  # the sender's rate limit
    30036: "expired",  # its validity period ended in the queue
    30450: "spam",  # SMS pumping protection
}

# What concerns the account, or the sender in our settings, and therefore every message.
OF_THE_ACCOUNT = frozenset(
    {
        10001,  # account not active
        20003,  # wrong credentials
        20005,  # account not active
        20404,  # no such account
        21212,  # invalid 'From' number
        21603,  # no 'From'
        21611,  # the sender's queue is full
        21703,  # a messaging service without senders
        21730,  # maintenance
        30002,  # account suspended
    }
)


# MessageStatus, from the page "Message resource"; an unknown one is a step on the way.
_STATES: dict[str, ReceiptState] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def state_of(status: str) -> ReceiptState:
    """What a message's status says, as the webhook and the message resource have it."""
    return _STATES.get(status, "on_its_way")


def failure_key(state: ReceiptState, code: object) -> str:
    """Why it has failed; "" where it has not."""
    return (key_of(code) or "other") if state == "failed" else ""


def key_of(code: object) -> str:
    """The key for a code as it comes (a number, digits, or nothing)."""
    text = str(code or "")
    return KEYS.get(int(text), "other") if text.isdecimal() else ""
