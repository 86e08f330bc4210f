"""A deployment for one provider, whole but in one process: the outbox, its worker, the web app, the poller, a proxy.

Everything is made from settings, as `python -m admin_api` makes it; the provider is its operator on loopback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from admin_api.message_journal import journal_of_messages
from admin_api.webhooks.service import intake_of
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Doctor, DoctorPhone, InboundMessage, Message, MessageEvent
from config.settings import Settings, load_settings
from config.wakeup import WakeUp
from messaging import registrations
from messaging.catalogue import shipped
from messaging.gateways.callbacks import callback_of
from messaging.gateways.choice import gateways_from, listened_to
from messaging.gateways.description import SHIPPED
from messaging.outbox import enqueue
from messaging.rules import messaging_rules
from messaging.sending import Lane, lanes_of
from messaging.telling import ReceiptPoller
from messaging.wording.matching import Registration
from messaging.worker import Messenger
from phones.operators import Operator, TakenSms
from phones.operators import cdac as on_cdac
from phones.operators import exotel as on_exotel
from phones.operators import http as on_http
from phones.operators import smpp as on_smpp
from phones.operators import twilio as on_twilio
from routing.rules import DEFAULT_RULES
from tests.integration.admin_api.conftest import serving

PUBLIC = "https://help.example.gov.in"
SECRET = "a-secret-of-the-webhook"
PATIENT, DOCTOR = "+919876543210", "+919893012345"
HEADER, ENTITY = "HLPLIN", "1101234567890123456"
FIRST_TEMPLATE_ID = 1107100000000000001


@dataclass(frozen=True)
class Provider:
    """One provider. `failure`: what it tells, the key (messaging/reasons.yaml) that must stand in the row for it, and
    its own code, which is kept.

    `calls_us`: receipts come by webhook. `asked`: they are fetched one by one and tell the present state alone.
    `knows_our_id`: a receipt hands back our own id.
    """

    name: str
    operator: Callable[[], Any]
    settings: Callable[[Any, Path], dict[str, Any]]
    failure: tuple[str, str, str]
    calls_us: bool = True
    asked: bool = False
    knows_our_id: bool = False
    gateway: str = ""

    @property
    def of(self) -> str:
        """The gateway's name in the settings."""
        return self.gateway or self.name

    def __str__(self) -> str:
        return f"{self.name}-asked" if self.asked else self.name


def _twilio(operator: Operator, folder: Path) -> dict[str, Any]:
    return {
        "twilio_account_sid": on_twilio.ACCOUNT,
        "twilio_auth_token": on_twilio.TOKEN,
        "twilio_from": on_twilio.SENDER,
        "twilio_url": operator.url,
    }


def _exotel(operator: Operator, folder: Path) -> dict[str, Any]:
    return {
        "exotel_url": operator.url,
        "exotel_account_sid": on_exotel.ACCOUNT,
        "exotel_api_key": on_exotel.KEY,
        "exotel_api_token": on_exotel.TOKEN,
        "exotel_from": on_exotel.SENDER,
    }


def _cdac(operator: on_cdac.CdacOperator, folder: Path) -> dict[str, Any]:
    return {
        "cdac_url": operator.url,
        "cdac_report_url": operator.report_url,
        "cdac_username": on_cdac.USERNAME,
        "cdac_password": on_cdac.PASSWORD,
        "cdac_secure_key": on_cdac.SECURE_KEY,
    }


def _smpp(operator: Operator, folder: Path) -> dict[str, Any]:
    return {
        "smpp_address": operator.url,
        "smpp_system_id": on_smpp.SYSTEM_ID,
        "smpp_password": on_smpp.PASSWORD,
    }


def _described(name: str, host: str) -> Callable[[Operator, Path], dict[str, Any]]:
    def settings(operator: Operator, folder: Path) -> dict[str, Any]:
        """The shipped file with the operator's address, and inbound SMS, which these providers do not publish."""
        text = (SHIPPED / name).read_text().replace(host, operator.url)
        assert operator.url in text
        inbound = "\n  inbound: {from: query, sender: mobile, recipient: to, text: message, id: uuid}\n"
        (folder / name).write_text(text.rstrip() + inbound)
        return {"sms_http_file": str(folder / name)}

    return settings


PROVIDERS = [
    Provider("twilio", on_twilio.TwilioOperator, _twilio, ("30003", "handset_off", "30003"), knows_our_id=True),
    Provider(
        "exotel",
        on_exotel.ExotelOperator,
        _exotel,
        ("FAILED_SUBSCRIBER_UNKNOWN", "subscriber_unknown", "FAILED_SUBSCRIBER_UNKNOWN"),
        knows_our_id=True,
    ),
    Provider("cdac", on_cdac.CdacOperator, _cdac, ("DND", "dnd", "DND"), calls_us=False, asked=True),
    Provider("twilio", on_twilio.TwilioOperator, _twilio, ("30006", "not_mobile", "30006"), calls_us=False, asked=True),
    Provider(
        "exotel",
        on_exotel.ExotelOperator,
        _exotel,
        ("DLT_TEMPLATE_NOT_FOUND", "dlt_template", "DLT_TEMPLATE_NOT_FOUND"),
        calls_us=False,
        asked=True,
    ),
    Provider(
        "msg91",
        on_http.Msg91Operator,
        _described("msg91.yaml", "https://control.msg91.com"),
        ("16", "blocked", "16"),
        gateway="http",
    ),
    Provider(
        "gupshup",
        on_http.GupshupOperator,
        _described("gupshup.yaml", "https://enterprise.smsgupshup.com"),
        ("MEMORY_EXCEEDED", "handset_full", "003"),
        gateway="http",
    ),
    Provider("smpp", on_smpp.SmppOperator, _smpp, ("623", "dlt_header_owner", "623"), calls_us=False),
]


def settings_of(provider: Provider, operator: Any, folder: Path, **more: Any) -> dict[str, Any]:
    """What HELPLINE_… says of a deployment that sends through this provider alone."""
    return {
        "data_dir": folder / "data",
        "sms_gateway": provider.of,
        "webhook_secret": SECRET,
        "public_url": PUBLIC,
        "dlt_entity_id": ENTITY,
        "dlt_header": HEADER,
        **provider.settings(operator, folder),
        **more,
    }


@dataclass
class House:
    """`address` is where the web app listens; `minutes` go by for the poller with each round."""

    provider: Provider
    operator: Any
    settings: Settings
    database: Database
    address: str
    lanes: list[Lane]
    messenger: Messenger
    poller: ReceiptPoller
    ticks: list[float] = field(default_factory=lambda: [0.0])

    # --- from cause to operator ------------------------------------------------------------------------------------

    def promise(self, key: str) -> str:
        """Commit one message of the call `call-<key>`; its id."""
        return promised(self.database, key, self.settings)

    def send(self, key: str) -> tuple[str, TakenSms]:
        """A message all the way to the operator: its id, and what the operator has."""
        message_id = self.promise(key)
        self.messenger.run_once()
        assert self.fate(message_id) == ("sent", ""), self.message(message_id).error
        taken: TakenSms = self.operator.taken[-1]
        return message_id, taken

    # --- and back --------------------------------------------------------------------------------------------------

    @property
    def callback(self) -> str:
        """The webhook's public address."""
        return callback_of(self.settings, self.provider.of)

    def through_the_proxy(self, url: str) -> str:
        """What the proxy in front of us makes of a public address: TLS and its own prefix are gone."""
        public = self.settings.public_url.rstrip("/") + "/"
        assert url.startswith(public), "the operator was given an address that is not ours"
        return f"{self.address}/{url.removeprefix(public)}"

    def report(self, sms: TakenSms, state: Any, code: str = "") -> Any:
        """The operator tells, and we have heard: the answer it got."""
        answer = self.operator.report(sms, state, code)
        self.listen()
        return answer

    def listen(self) -> None:
        """One round of the poller, long after the last one."""
        self.ticks[0] += 3600
        self.poller.run_once()

    # --- what is stored --------------------------------------------------------------------------------------------

    def message(self, message_id: str) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message_id)

    def fate(self, message_id: str) -> tuple[str, str]:
        return fate(self.database, message_id)

    def journal(self, key: str) -> list[tuple[str, str, str]]:
        """What stands in the call's journal of the message: kind, result, reason."""
        entries = Journal(self.database).entries_of(f"call-{key}")
        return [(entry.kind, entry.data.get("result", ""), entry.data.get("reason", "")) for entry in entries]

    def receipts(self, message_id: str | None) -> list[str]:
        """The receipts in a message's history, or those of no message."""
        of_it = (MessageEvent.message_id == message_id, MessageEvent.kind == "receipt")
        with self.database.reading() as session:
            return list(session.scalars(select(MessageEvent.detail).where(*of_it).order_by(MessageEvent.id)))

    def came_in(self) -> list[tuple[str, str, str]]:
        """Messages that people sent to us: sender, text, what came of it."""
        with self.database.reading() as session:
            rows = session.scalars(select(InboundMessage).order_by(InboundMessage.received_at, InboundMessage.id))
            return [(row.sender, row.text, row.result) for row in rows]

    def duty(self) -> str:
        with self.database.reading() as session:
            return session.get_one(Doctor, "doc-1").duty


@contextmanager
def deployed(
    provider: Provider, operator: Any, database: Database, folder: Path, socket_dir: Path, **more: Any
) -> Iterator[House]:
    """The deployment, running, with all wordings registered and one doctor who is off duty."""
    settings = load_settings({}, **settings_of(provider, operator, folder, **more))
    prepare(database)
    ticks = [0.0]
    gateways = gateways_from(settings)
    wake_up = WakeUp(database, socket_dir)
    rules = messaging_rules(settings)
    lanes = lanes_of(gateways, settings)
    messenger = Messenger(database, lanes, wake_up, rules, journal_of_messages(database))
    intake = intake_of(settings, database, DEFAULT_RULES, wake_up)
    poller = ReceiptPoller(database, intake, listened_to(settings, gateways), ticks=lambda: ticks[0])
    try:
        with serving(settings, database) as address:
            house = House(provider, operator, settings, database, address, lanes, messenger, poller, ticks)
            if hasattr(operator, "reach"):
                operator.reach = house.through_the_proxy
            if hasattr(operator, "receipts_to"):
                operator.receipts_to = house.callback  # as it is entered in the provider's panel
            yield house
    finally:
        for lane in lanes:
            lane.close()


def promised(database: Database, key: str, settings: Settings) -> str:
    """Commit one message of the call `call-<key>`; its id."""
    with database.writing() as session:
        return enqueue(
            session,
            purpose="callback",
            recipient=PATIENT,
            key=key,
            template="callback_registered",
            language="hi",
            variables={},
            call_id=f"call-{key}",
            rules=messaging_rules(settings),
        ).id


def fate(database: Database, message_id: str) -> tuple[str, str]:
    """State and reason."""
    with database.reading() as session:
        message = session.get_one(Message, message_id)
        return message.state, message.receipt_reason


def prepare(database: Database) -> None:
    """Every wording is registered; a doctor with DOCTOR as the only phone is off duty."""
    with database.writing() as session:
        if session.get(Doctor, "doc-1"):
            return  # by an earlier process
        for number, wording in enumerate(shipped()):
            template_id = str(FIRST_TEMPLATE_ID + number)
            told = Registration(wording.id, wording.language, wording.version, template_id, wording.tagged_text)
            registrations.register(session, shipped(), told, "staff-1", utc_now())
        session.add(Doctor(id="doc-1", name="Dr A", registration_number="1", duty="off", created_at=utc_now()))
        session.flush()
        session.add(DoctorPhone(id="phone-1", doctor_id="doc-1", number=DOCTOR))
