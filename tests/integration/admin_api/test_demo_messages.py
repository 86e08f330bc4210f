"""The demonstration's mobile operator, and how its wordings are registered."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin_api.permissions import Role
from cli.demo.mobile_network import ENTITY, HEADER, MobileNetwork
from cli.demo.registration import register_wordings
from config.settings import load_settings
from messaging.gateways import Accepted, OutgoingSms
from messaging.gateways.choice import gateways_from, webhooks_from
from phones.operators.base import Answer, Asked, HttpOperator
from tests.integration.admin_api.conftest import Desk

SECRET = "a-secret-of-the-demonstration"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here leaves the machine, whatever proxy its environment names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Listener(HttpOperator):
    """What stands where the helpline does: answers every receipt with 202."""

    def answer(self, asked: Asked) -> Answer:
        self.heard = [*getattr(self, "heard", []), asked]
        return Answer(202, b"")


def test_a_message_is_shown_and_its_receipt_comes_to_the_webhook_under_our_own_id(tmp_path: Path) -> None:
    with Listener() as helpline, MobileNetwork() as mobiles:
        settings = load_settings({}, data_dir=tmp_path, **mobiles.settings(helpline.url, SECRET))
        [gateway] = gateways_from(settings)
        sms = OutgoingSms("sms-1", "+919876543210", "आपकी पर्ची 7", HEADER, ENTITY, "110700000000000001")
        outcome = gateway.send(sms)
        taken = mobiles.taken("sms-1")
        assert taken is not None
        assert outcome == Accepted(taken.provider_id)
        shown = mobiles.shown(taken, 5)
        gateway.close()
    assert shown is not None
    assert (shown.sms.text, shown.answer) == ("आपकी पर्ची 7", 202)
    [asked] = helpline.heard
    assert asked.path == f"/webhooks/sms/exotel/{SECRET}"
    assert asked.query == {"m": "sms-1"}
    assert webhooks_from(settings).keys() >= {"exotel"}


def test_a_network_that_ends_waits_for_nobody(tmp_path: Path) -> None:
    with MobileNetwork() as mobiles:
        settings = load_settings({}, data_dir=tmp_path, **mobiles.settings("http://127.0.0.1:9", SECRET))
        [gateway] = gateways_from(settings)
        gateway.send(OutgoingSms("sms-2", "+919876543210", "Your slip", HEADER, ENTITY, "110700000000000001"))
        gateway.close()
    taken = mobiles.taken("sms-2")
    assert taken is not None
    assert (shown := mobiles.shown(taken, 0)) is not None
    assert shown.answer == 0, "nobody listens there any more"


def test_the_wordings_are_registered_once_and_found_again(desk: Desk) -> None:
    admin = desk.signed_in(Role.ADMIN)
    count = register_wordings(admin)
    listed = admin.get("/templates").json()
    assert register_wordings(admin) == count
    assert admin.get("/templates").json() == listed
    assert count >= 8
