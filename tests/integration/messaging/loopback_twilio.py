"""Names under which older tests know the loopback Twilio; it has moved to phones/operators/twilio.py."""

from phones.operators.twilio import ACCOUNT, SENDER, TOKEN
from phones.operators.twilio import TwilioOperator as LoopbackTwilio

__all__ = ["ACCOUNT", "SENDER", "TOKEN", "LoopbackTwilio"]
