"""Our requests to Twilio, and our loopback Twilio's answers, against Twilio's own OpenAPI description, by Prism."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.prism import PrismInstall, prism
from messaging.gateways import Accepted, OutgoingSms
from messaging.gateways.twilio import TwilioSmsGateway
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN, TwilioOperator

CALLBACK = "https://helpline.example.in/webhooks/sms/twilio/a-secret-of-sixteen"
# The description calls these addresses whole ones, and its own examples are not: so are Twilio's answers.
ITS_OWN_FAULT = re.compile(r'must match format "uri"')


@dataclass
class RunningPrism:
    """`said`: Prism's lines so far; what breaks the description stands there as a violation."""

    url: str
    said: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        return [line for line in self.said if "Violation" in line and not ITS_OWN_FAULT.search(line)]


@contextmanager
def running(install: PrismInstall, *arguments: str) -> Iterator[RunningPrism]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*install.argv, *arguments, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    made = RunningPrism(f"http://127.0.0.1:{port}")
    listening = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            made.said.append(line)
            if "Prism is listening" in line:
                listening.set()

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert listening.wait(50), made.said[-5:]
        yield made
    finally:
        process.terminate()
        thread.join()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="module")
def install() -> PrismInstall:
    try:
        return prism()
    except RuntimeUnavailable as error:
        pytest.skip(str(error))


def sms(text: str = "104 हेल्पलाइन: डॉ. अनिता वर्मा & 100%") -> OutgoingSms:
    return OutgoingSms("sms-1", "+919876543210", text, claimed_at=datetime.now(UTC))


def through(url: str) -> TwilioSmsGateway:
    return TwilioSmsGateway(ACCOUNT, TOKEN, SENDER, api=url, callback=CALLBACK)


def test_twilios_own_description_finds_nothing_wrong_with_us(install: PrismInstall, twilio: TwilioOperator) -> None:
    with running(install, "proxy", str(install.twilio), twilio.url) as checked:
        with closing(through(checked.url)) as gateway:
            assert gateway.send(sms()) == Accepted(twilio.taken[0].provider_id)
            twilio.page_size_limit = 1
            gateway.send(sms("Another."))
            assert gateway.look_up(sms(), frozenset()) == Accepted(twilio.taken[0].provider_id)
            told, _ = gateway.receipts((twilio.taken[0].provider_id,))
            assert [receipt.state for receipt in told] == ["on_its_way"]
        assert checked.violations == []
        # That it would have found something: a request without its recipient.
        twilio.call(f"{checked.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", {"Body": "text"})
    assert any("'To'" in line for line in checked.violations)


def test_an_answer_made_of_the_description_alone_is_understood(install: PrismInstall) -> None:
    with running(install, "mock", str(install.twilio), "--errors") as made_up, closing(through(made_up.url)) as gateway:
        accepted = gateway.send(sms())
    assert isinstance(accepted, Accepted)
    assert accepted.provider_id.startswith("SM")
