"""Twilio on loopback, and promises to send through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.messaging.loopback_twilio import LoopbackTwilio, loopback_twilio


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackTwilio]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with loopback_twilio() as server:
        yield server
