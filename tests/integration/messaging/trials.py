"""How each gateway is put to the contract's test: its operator on loopback, and that operator's words for failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from messaging.gateways import SmsGateway
from messaging.gateways.cdac import CdacSmsGateway
from messaging.gateways.description import read_description
from messaging.gateways.exotel import ExotelSmsGateway
from messaging.gateways.http import HttpSmsGateway
from messaging.gateways.inbox import InboxSmsGateway
from messaging.gateways.smpp import SmppSmsGateway
from messaging.gateways.twilio import TwilioSmsGateway
from phones.operators import Operator
from phones.operators import cdac as on_cdac
from phones.operators import exotel as on_exotel
from phones.operators import http as on_http
from phones.operators import smpp as on_smpp
from phones.operators import twilio as on_twilio


@dataclass(frozen=True)
class Trial:
    """One gateway. A word that is None: this protocol has no such failure.

    `gateway(url, timeout)`: through the operator at `url`, waiting `timeout` seconds for an answer. `address` makes the
    url of a port. `refused_key` is the key (messaging/reasons.yaml) that the word `refused` must lead to.
    """

    name: str
    gateway: Callable[[str, float], SmsGateway]
    operator: Callable[[], Operator] | None = None
    address: str = "http://127.0.0.1:{port}"
    busy: str | None = "rate_limited"
    broken: str | None = "broken"
    silent: str | None = "hang"
    cut: str | None = "drop"
    page: str | None = "page"
    refused: str = ""
    refused_key: str = ""
    can_be_asked: bool = False  # look_up finds what was taken, and knows what was not
    carries_dlt: bool = True  # entity and template id are in the request
    tells: bool = True  # receipts, when it is asked or of its own accord; the others call our webhook


def _twilio(url: str, timeout: float) -> SmsGateway:
    return TwilioSmsGateway(on_twilio.ACCOUNT, on_twilio.TOKEN, on_twilio.SENDER, api=url, timeout=timeout)


def _exotel(url: str, timeout: float) -> SmsGateway:
    return ExotelSmsGateway(url, on_exotel.ACCOUNT, on_exotel.KEY, on_exotel.TOKEN, on_exotel.SENDER, timeout=timeout)


def _cdac(url: str, timeout: float) -> SmsGateway:
    reports = f"{url.partition('/esms/')[0]}/ReportAPI/csvreport"
    return CdacSmsGateway(
        url, on_cdac.USERNAME, on_cdac.PASSWORD, on_cdac.SECURE_KEY, report_url=reports, timeout=timeout
    )


def _msg91(url: str, timeout: float) -> SmsGateway:
    return HttpSmsGateway(read_description("msg91.yaml", on_http.ENVIRON), api=url, timeout=timeout)


def _gupshup(url: str, timeout: float) -> SmsGateway:
    return HttpSmsGateway(read_description("gupshup.yaml", on_http.ENVIRON), api=url, timeout=timeout)


def _smpp(url: str, timeout: float) -> SmsGateway:
    return SmppSmsGateway(url, on_smpp.SYSTEM_ID, on_smpp.PASSWORD, timeout=timeout)


INBOX = Trial("inbox", lambda url, timeout: InboxSmsGateway(), carries_dlt=False)
OPERATED = [
    Trial(
        "twilio",
        _twilio,
        on_twilio.TwilioOperator,
        refused="unsubscribed",
        refused_key="blocked",
        can_be_asked=True,
        carries_dlt=False,  # the ids are registered with Twilio, not sent
    ),
    Trial("exotel", _exotel, on_exotel.ExotelOperator, refused="bad_number", refused_key="number_invalid"),
    Trial(
        "cdac",
        _cdac,
        on_cdac.CdacOperator,
        refused="413",
        refused_key="spam",
        carries_dlt=False,  # header and template id are: test_cdac.py; the entity is the account's
    ),
    Trial(
        "http",
        _msg91,
        on_http.Msg91Operator,
        refused="202",
        refused_key="number_invalid",
        carries_dlt=False,  # header and template id are: test_http_gateway.py; the entity is the account's
        tells=False,
    ),
    Trial("http", _gupshup, on_http.GupshupOperator, refused="105", refused_key="number_invalid", tells=False),
    Trial(
        "smpp",
        _smpp,
        on_smpp.SmppOperator,
        address="127.0.0.1:{port}",
        broken=None,  # any answer but success says that it was not taken
        page=None,
        refused="0x0b",
        refused_key="number_invalid",
    ),
]
