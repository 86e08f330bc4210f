"""Which gateways this deployment sends through, and whose webhooks it understands. A gateway joins with its lines here.

Each is imported only when it is chosen: Twilio's SDK takes a second, and a demonstration does without.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from config.settings import Settings
from messaging.gateways import SmsGateway, TellsReceipts, Webhook
from messaging.gateways.callbacks import callback_of
from messaging.gateways.inbox import InboxSmsGateway


def gateways_from(settings: Settings) -> list[SmsGateway]:
    """The gateway named by HELPLINE_SMS_GATEWAY and, where there is one, its fall-back."""
    return [_GATEWAYS[name](settings) for name in (settings.sms_gateway, settings.sms_fallback) if name]


def webhooks_from(settings: Settings) -> dict[str, Webhook]:
    """The webhooks of all gateways whose credentials are set, by name: receipts of one just given up still come."""
    made = ((name, make(settings)) for name, make in _WEBHOOKS.items())
    return {name: webhook for name, webhook in made if webhook is not None}


def listened_to(settings: Settings, gateways: Iterable[SmsGateway]) -> dict[str, TellsReceipts]:
    """Those to be asked for receipts: that never call us, and that cannot, since we have no public address."""
    return {
        one.name: one
        for one in gateways
        if isinstance(one, TellsReceipts) and not (one.name in _WEBHOOKS and callback_of(settings, one.name))
    }


def _inbox(settings: Settings) -> SmsGateway:
    return InboxSmsGateway()


def _twilio(settings: Settings) -> SmsGateway:
    from messaging.gateways.twilio import TwilioSmsGateway

    return TwilioSmsGateway(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.twilio_from,
        api=settings.twilio_url,
        callback=callback_of(settings, "twilio"),
    )


def _twilio_webhook(settings: Settings) -> Webhook | None:
    from messaging.gateways.twilio_webhook import TwilioWebhook

    return TwilioWebhook(settings.twilio_auth_token) if settings.twilio_auth_token else None


def _exotel(settings: Settings) -> SmsGateway:
    from messaging.gateways.exotel import ExotelSmsGateway

    return ExotelSmsGateway(
        settings.exotel_url,
        settings.exotel_account_sid,
        settings.exotel_api_key,
        settings.exotel_api_token,
        settings.exotel_from,
        callback=callback_of(settings, "exotel"),
    )


def _exotel_webhook(settings: Settings) -> Webhook | None:
    from messaging.gateways.exotel_webhook import ExotelWebhook

    return ExotelWebhook() if settings.exotel_account_sid else None


def _cdac(settings: Settings) -> SmsGateway:
    from messaging.gateways.cdac import CdacSmsGateway

    return CdacSmsGateway(
        settings.cdac_url,
        settings.cdac_username,
        settings.cdac_password,
        settings.cdac_secure_key,
        report_url=settings.cdac_report_url,
    )


def _smpp(settings: Settings) -> SmsGateway:
    from messaging.gateways.smpp import SmppSmsGateway

    return SmppSmsGateway(
        settings.smpp_address,
        settings.smpp_system_id,
        settings.smpp_password,
        system_type=settings.smpp_system_type,
    )


def _http(settings: Settings) -> SmsGateway:
    from messaging.gateways.description import read_description
    from messaging.gateways.http import HttpSmsGateway

    description = read_description(settings.sms_http_file, os.environ)
    return HttpSmsGateway(description, callback=callback_of(settings, "http"))


def _http_webhook(settings: Settings) -> Webhook | None:
    if not settings.sms_http_file:
        return None
    from messaging.gateways.description import read_description
    from messaging.gateways.http_webhook import DescribedWebhook

    described = read_description(settings.sms_http_file, os.environ).webhook
    return DescribedWebhook(described) if described else None


_GATEWAYS: dict[str, Callable[[Settings], SmsGateway]] = {
    "inbox": _inbox,
    "twilio": _twilio,
    "exotel": _exotel,
    "cdac": _cdac,
    "http": _http,
    "smpp": _smpp,
}
_WEBHOOKS: dict[str, Callable[[Settings], Webhook | None]] = {
    "twilio": _twilio_webhook,
    "exotel": _exotel_webhook,
    "http": _http_webhook,
}
