"""Where a provider shall tell what became of a message: our webhook's public address, with our own id in it."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from config.settings import Settings

_SECRET = re.compile(r"(webhooks(?:/|%2F)sms(?:/|%2F)[a-z]+(?:/|%2F))[\w-]+", re.IGNORECASE)


def callback_of(settings: Settings, gateway: str) -> str:
    """The public address of a gateway's webhook, "" where none is taken."""
    if not (settings.public_url and settings.webhook_secret):
        return ""
    return f"{settings.public_url.rstrip('/')}/webhooks/sms/{gateway}/{settings.webhook_secret}"


def with_our_id(callback: str, message_id: str) -> str:
    """That address for one message, "" where there is none: a receipt then settles also what is in doubt."""
    return f"{callback}?{urlencode({'m': message_id})}" if callback else ""


def without_secret(text: str) -> str:
    """A provider's words: it may repeat the address that it finds wrong, and staff read them."""
    return _SECRET.sub(r"\1…", text)
