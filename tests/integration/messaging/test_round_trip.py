"""The whole way of a message, for every gateway: cause, outbox, worker, operator, receipt, and what became of it.

The receipts come over real HTTP to the webhook's public address, which a proxy in front of us makes into our own; or
the poller fetches them. Doctors' SMS come the same way, and their answers go out again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from cdr.journal import Journal
from config.database import Database
from config.schema import Doctor
from config.settings import CHECKOUT, load_settings
from messaging import receipts
from messaging.gateways import exotel
from phones.operators import TakenSms
from phones.operators import http as on_http
from phones.operators.smpp import SmppOperator
from phones.operators.twilio import signature
from tests.integration.messaging.round_trip import (
    DOCTOR,
    ENTITY,
    FIRST_TEMPLATE_ID,
    HEADER,
    PATIENT,
    PROVIDERS,
    PUBLIC,
    SECRET,
    House,
    Provider,
    deployed,
    fate,
    prepare,
    promised,
    settings_of,
)

BY_NAME = {str(provider): provider for provider in PROVIDERS}
CALLING_US = [provider for provider in PROVIDERS if provider.calls_us]
TELLING = [provider for provider in PROVIDERS if not provider.asked]  # of the others we hear the present state alone
SENT = ("sms.sent", "", "")


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in on_http.ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(exotel, "_BETWEEN_SECONDS", 0.0)


@pytest.fixture
def public_url() -> str:
    return PUBLIC


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Provider:
    made: Provider = request.param
    return made


@pytest.fixture
def house(provider: Provider, public_url: str, database: Database, tmp_path: Path, socket_dir: Path) -> Iterator[House]:
    with (
        provider.operator() as operator,
        deployed(
            provider, operator, database, tmp_path, socket_dir, public_url=public_url if provider.calls_us else ""
        ) as house,
    ):
        yield house


def over(*providers: Provider, postgresql: Collection[Provider] = ()) -> pytest.MarkDecorator:
    """The test is made for each provider with SQLite, and for some of them with PostgreSQL, too."""
    both = [pytest.param(one, "postgresql", marks=pytest.mark.postgres, id=f"{one}-postgresql") for one in postgresql]
    pairs = [pytest.param(one, "sqlite", id=str(one)) for one in providers]
    return pytest.mark.parametrize(("provider", "database_url"), [*pairs, *both], indirect=True)


# --- the round ------------------------------------------------------------------------------------------------------


@over(*PROVIDERS, postgresql=TELLING)
def test_a_message_goes_to_the_operator_and_its_fate_comes_back_however_often_it_is_told(house: House) -> None:
    delivered, sms = house.send("one")
    message = house.message(delivered)
    assert (sms.recipient, sms.text) == (PATIENT, message.text)
    if house.provider.name != "twilio":  # there the ids are registered, not sent
        assert (sms.header, sms.template_id) == (HEADER, message.dlt_template_id)
    if house.provider.name in ("exotel", "gupshup", "smpp"):  # with the others the entity is the account's
        assert sms.entity_id == ENTITY
    assert house.journal("one") == [SENT]
    house.report(sms, "on_its_way")
    assert house.fate(delivered) == ("sent", "")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: house.operator.report(sms, "delivered"), range(100)))
    house.listen()
    house.report(sms, "delivered")
    assert house.fate(delivered) == ("delivered", "")
    assert [told.split()[0] for told in house.receipts(delivered)] == ["on_its_way", "delivered"]
    assert house.journal("one") == [SENT, ("sms.settled", "delivered", "")]

    told, reason, code = house.provider.failure
    failed, sms = house.send("two")
    house.report(sms, "failed", told)
    assert house.fate(failed) == ("failed", reason)
    assert code in (house.message(failed).error or ""), "the provider's own code is kept for whoever asks there"
    assert house.journal("two") == [SENT, ("sms.settled", "failed", reason)]


@over(*CALLING_US)
@pytest.mark.parametrize("public_url", ["https://example.gov.in/helpline/"])
def test_the_public_address_may_have_a_path_that_the_proxy_takes_off(house: House) -> None:
    message_id, sms = house.send("one")
    assert house.callback.startswith("https://example.gov.in/helpline/webhooks/")
    assert house.report(sms, "delivered").status == 200
    assert house.fate(message_id) == ("delivered", "")


# --- in whatever order -------------------------------------------------------------------------------


@over(*TELLING)
def test_whatever_the_order_a_delivered_message_is_delivered(house: House) -> None:
    orders: list[tuple[Any, ...]] = [
        ("delivered", "failed", "on_its_way"),
        ("failed", "on_its_way", "delivered"),
        ("on_its_way", "delivered", "failed"),
    ]
    for number, order in enumerate(orders):
        message_id, sms = house.send(str(number))
        for state in order:
            house.report(sms, state)
        assert house.fate(message_id) == ("delivered", ""), order
        assert house.message(message_id).error is None
        assert house.journal(str(number))[-1] == ("sms.settled", "delivered", "")


@over(*TELLING, postgresql=[BY_NAME["twilio"], BY_NAME["smpp"]])
def test_a_receipt_that_comes_before_our_own_record_is_not_lost(house: House) -> None:
    told = told_before_the_answer(house)
    message_id, _ = sent_meanwhile(house, "one")
    assert told.wait(10), "the operator has told nothing"
    assert house.fate(message_id) == ("delivered", "")
    assert house.receipts(None) == []
    assert house.journal("one")[-1] == ("sms.settled", "delivered", "")


def told_before_the_answer(house: House) -> threading.Event:
    """From now on the operator tells "delivered" before it answers that it has taken the message."""
    told = threading.Event()

    def tell(sms: TakenSms) -> None:
        house.report(sms, "delivered")
        told.set()

    def tell_and_answer(sms: TakenSms) -> None:
        tell(sms)
        house.operator.release()

    if isinstance(house.operator, SmppOperator):  # its line is read by the thread that would have to wait here
        house.operator.next_answers = ["late"]
        house.operator.on_taken = lambda sms: threading.Thread(target=tell_and_answer, args=(sms,)).start()
    else:
        house.operator.on_taken = tell
    return told


def sent_meanwhile(house: House, key: str) -> tuple[str, TakenSms]:
    message_id = house.promise(key)
    house.messenger.run_once()
    return message_id, house.operator.taken[-1]


@over(*(provider for provider in PROVIDERS if provider.knows_our_id))
def test_a_receipt_settles_a_message_whose_answer_was_lost(house: House) -> None:
    house.operator.next_answers = ["drop"]
    message_id, sms = sent_meanwhile(house, "one")
    assert house.fate(message_id)[0] == "doubt"
    house.report(sms, "on_its_way")
    assert house.fate(message_id) == ("sent", "")
    assert house.message(message_id).provider_id == sms.provider_id
    house.report(sms, "delivered")
    assert house.fate(message_id) == ("delivered", "")
    assert house.operator.requests == 1, "it was never sent again"


@over(BY_NAME["smpp"])
def test_after_a_restart_a_receipt_finds_its_message_though_the_smsc_writes_its_id_in_another_way(
    house: House, tmp_path: Path, socket_dir: Path
) -> None:
    """Many SMSCs write an id in hexadecimal when they take a message, and in decimal in its receipt."""
    message_id, sms = house.send("one")
    house.lanes[0].close()
    until(lambda: not house.operator.is_bound)
    house.operator.decimal_receipts = True
    with deployed(house.provider, house.operator, house.database, tmp_path, socket_dir) as next_one:
        connect(next_one)
        next_one.report(sms, "on_its_way")
        assert next_one.fate(message_id) == ("sent", "")
        next_one.report(sms, "delivered")
        assert next_one.fate(message_id) == ("delivered", "")
        assert next_one.message(message_id).provider_id == sms.provider_id
        assert next_one.receipts(None) == []


@over(*CALLING_US)
def test_what_cannot_be_stored_now_is_not_called_heard_and_counts_when_it_is_told_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message_id, sms = house.send("one")
    with monkeypatch.context() as patched:
        patched.setattr(receipts, "record", away)
        assert house.operator.report(sms, "delivered").status >= 500
    assert house.fate(message_id) == ("sent", "")
    assert house.report(sms, "delivered").status == 200
    assert house.fate(message_id) == ("delivered", "")
    assert SECRET not in caplog.text
    assert PATIENT[1:] not in caplog.text


def away(*_: object, **__: object) -> None:
    raise OperationalError("the database is away", None, Exception())


# --- who may tell ---------------------------------------------------------------------------------------------------


@over(*CALLING_US)
def test_an_unknown_id_is_answered_a_wrong_secret_finds_nothing_and_neither_changes_anything(house: House) -> None:
    message_id, sms = house.send("one")
    strange = replace(sms, provider_id="nobodys", callback=house.callback, fields={})
    assert house.report(strange, "failed").status == 200, "any other answer would be told again for days"
    assert [told.split()[0] for told in house.receipts(None)] == ["failed"], "it may be early"
    wrong = house.callback.replace(SECRET, "another-secret-of-somebody")
    if hasattr(house.operator, "receipts_to"):
        house.operator.receipts_to = wrong
    assert house.report(replace(sms, callback=wrong), "delivered").status == 404
    assert house.fate(message_id) == ("sent", "")
    assert house.journal("one") == [SENT]


@over(BY_NAME["twilio"])
@pytest.mark.parametrize("public_url", ["https://example.gov.in/helpline"])
def test_a_wrong_signature_is_refused(house: House) -> None:
    message_id, sms = house.send("one")
    fields = {"MessageSid": sms.provider_id, "MessageStatus": "delivered"}
    ours = house.through_the_proxy(sms.callback)
    for signed in (ours, sms.callback + "&x=1", sms.callback.replace("https:", "http:")):
        answer = house.operator.call(sms.callback, fields, {"X-Twilio-Signature": signature(signed, fields)})
        assert answer.status == 403, signed
    assert house.operator.call(sms.callback, fields).status == 403
    assert house.fate(message_id) == ("sent", "")
    assert house.operator.signed_call(sms.callback, fields).status == 200


@over(BY_NAME["exotel"])
def test_a_provider_may_first_ask_whether_the_address_is_there(house: House) -> None:
    """Exotel sends HEAD before it tells an SMS, and wants plain text as the answer."""
    sms = {"SmsSid": "in-1", "From": DOCTOR, "To": HEADER, "Body": "ON"}
    asked = house.through_the_proxy(f"{house.callback}?{urlencode(sms)}")
    answer = httpx.head(asked)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/plain")
    assert httpx.head(asked.replace(SECRET, "another-secret-of-somebody")).status_code == 404
    assert (house.came_in(), house.duty()) == ([], "off"), "nothing is told by asking"


# --- what doctors write --------------------------------------------------------------------------------------------


def connect(house: House) -> None:
    """The SMPP line stands, which the poller builds where nothing has been sent yet."""
    house.listen()
    until(lambda: bool(house.operator.is_bound))


def writes(house: House, text: str) -> None:
    """The doctor sends an SMS through this provider, and we have heard and answered it."""
    operator = house.operator
    if isinstance(operator, SmppOperator):
        connect(house)
        with ThreadPoolExecutor(1) as threads:
            told = threads.submit(operator.inbound, DOCTOR, HEADER, text)
            while not told.done():
                house.listen()
                time.sleep(0.01)
            assert told.result() == 0, "the SMSC would tell it again"
    elif isinstance(operator, on_http.Msg91Operator | on_http.GupshupOperator):
        sms = {"mobile": DOCTOR[1:], "to": HEADER, "message": text, "uuid": f"in-{len(house.came_in())}"}
        assert operator.call(f"{house.callback}?{urlencode(sms)}", None).status == 200
    else:
        answer = operator.write(house.callback, DOCTOR, text)
        assert answer.status == 200
        if house.provider.name == "exotel":  # it would send any body to the doctor
            assert (answer.kind.split(";")[0], answer.body) == ("text/plain", b"")
    house.messenger.run_once()


@over(*TELLING)
def test_a_doctors_sms_changes_the_duty_and_is_answered_through_the_operator(house: House) -> None:
    for text, result, duty in (("STATUS", "status", "off"), ("ON", "on", "on"), ("स्थिति", "status", "on")):
        writes(house, text)
        assert house.came_in()[-1] == (DOCTOR, text, result)
        assert house.duty() == duty
    replies = [sms for sms in house.operator.taken if sms.recipient == DOCTOR]
    off, on, status = (sms.text for sms in replies)
    assert "आपकी ड्यूटी चालू है" in on
    assert len({off, on, status}) == 3
    assert all(int(sms.template_id or FIRST_TEMPLATE_ID) >= FIRST_TEMPLATE_ID for sms in replies)


# --- the process itself --------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_web_process_does_all_of_it_through_two_gateways(
    database: Database, database_url: str, tmp_path: Path, socket_dir: Path, port: int
) -> None:
    """Messages go out through Twilio, which tells by webhook; doctors write to the fall-back's number, over SMPP."""
    prepare(database)
    first, second = BY_NAME["twilio"], BY_NAME["smpp"]
    with first.operator() as operator, second.operator() as fallback:
        values = settings_of(first, operator, tmp_path, **second.settings(fallback, tmp_path), sms_fallback="smpp")
        operator.reach = lambda url: url.replace(PUBLIC, f"http://127.0.0.1:{port}", 1)
        callback = f"{PUBLIC}/webhooks/sms/twilio/{SECRET}"
        with process(values, database_url, port, tmp_path) as running:
            message_id = promised(database, "one", load_settings({}, **values))
            until(lambda: fate(database, message_id)[0] == "sent")
            assert operator.report(operator.taken[-1], "failed", "30003").status == 200
            assert fate(database, message_id) == ("failed", "handset_off")
            assert Journal(database).entries_of("call-one")[-1].data["reason"] == "handset_off"

            assert operator.write(callback, DOCTOR, "STATUS").status == 200
            until(lambda: operator.count_of(DOCTOR) == 1)
            until(lambda: fallback.binds > 0)
            fallback.inbound(DOCTOR, HEADER, "ON", patience=0)
            until(lambda: operator.count_of(DOCTOR) == 2)
            with database.reading() as session:
                assert session.get_one(Doctor, "doc-1").duty == "on"
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=20) == 0
    log = (tmp_path / "log").read_text()
    for private in ("Traceback", PATIENT[1:], DOCTOR[1:], SECRET):
        assert private not in log


@contextmanager
def process(values: Mapping[str, Any], database_url: str, port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("HELPLINE_")}
    of_deployment = {f"HELPLINE_{name.upper()}": str(value) for name, value in values.items()}
    of_deployment |= {"HELPLINE_DATABASE_URL": database_url, "HELPLINE_HTTP_PORT": str(port)}
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "admin_api"], cwd=CHECKOUT, env=own | of_deployment, stderr=log
        )
    try:
        until(lambda: is_ready(port), seconds=30)
        yield running
    finally:
        running.kill()
        running.wait()


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/readyz").status_code == 200
    except httpx.TransportError:
        return False


def until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.02)
