"""Which gateway this deployment sends through."""

from __future__ import annotations

from config.settings import Settings
from messaging.gateways import SmsGateway
from messaging.gateways.inbox import InboxSmsGateway


def gateway_from(settings: Settings) -> SmsGateway:
    """The gateway named by HELPLINE_SMS_GATEWAY."""
    if settings.sms_gateway == "twilio":
        # Here, because the SDK takes a second to import and a demonstration does without.
        from messaging.gateways.twilio import TwilioSmsGateway

        return TwilioSmsGateway(settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from)
    return InboxSmsGateway()
