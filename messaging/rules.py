"""What a deployment has settled about its messages, as one value that whoever promises a message is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from config.settings import Settings
from messaging.catalogue import Catalogue, load, shipped
from messaging.quiet import Hours

_WITHOUT_DLT = "inbox"  # the demonstration's gateway: nothing leaves the machine
_INDIA = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True)
class MessagingRules:
    """`dlt_required`: an Indian number gets only what is registered. `urls`: full domains that may stand in a text.

    `spoken`: purpose -> "landline" (a number that no SMS reaches is called) or "always". `quiet`: from hour to hour in
    `time_zone`, for promotional messages. `millirupees`: gateway -> the price of one part, where it is known.
    """

    catalogue: Catalogue = field(default_factory=shipped)
    dlt_required: bool = False
    entity_id: str = ""
    header: str = ""
    urls: frozenset[str] = frozenset()
    country: str = "IN"
    spoken: Mapping[str, str] = field(default_factory=dict)
    quiet: Hours = (21, 9)
    time_zone: tzinfo = _INDIA
    millirupees: Mapping[str, int] = field(default_factory=dict)


DEFAULT_RULES = MessagingRules()
_read_once = cache(load)  # a changed wording is taken up with the next start, by every process alike


def messaging_rules(settings: Settings) -> MessagingRules:
    """The rules of this deployment; TemplateError where a wording of its own cannot be read."""
    gateways = [name for name in (settings.sms_gateway, settings.sms_fallback) if name]
    prices = {name: settings.figure_of("sms_paise_per_part", name) for name in gateways}
    begins, _, ends = settings.sms_quiet.partition("-")
    return MessagingRules(
        catalogue=_read_once(settings.sms_templates_dir),
        dlt_required=settings.dlt == "required"
        or (settings.dlt == "auto" and any(name != _WITHOUT_DLT for name in gateways)),
        entity_id=settings.dlt_entity_id,
        header=settings.dlt_header,
        urls=frozenset(url.strip().lower() for url in settings.sms_urls.split(",") if url.strip()),
        country=settings.country,
        spoken=settings.spoken_purposes,
        quiet=(int(begins), int(ends)),
        time_zone=ZoneInfo(settings.time_zone),
        millirupees={name: round(paise * 10) for name, paise in prices.items() if paise is not None},
    )
