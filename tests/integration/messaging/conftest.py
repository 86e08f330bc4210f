"""Twilio on loopback, and promises to send through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from phones.operators.twilio import TwilioOperator


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here leaves the machine, whatever proxy its environment names."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def twilio() -> Iterator[TwilioOperator]:
    with TwilioOperator() as server:
        yield server
