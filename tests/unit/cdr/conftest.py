"""Calls as tables: what happened is pasted as lines of `seconds kind key=value …`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from cdr.events import JournalEntry

Table = Callable[[str], list[JournalEntry]]


@pytest.fixture
def table(now: datetime) -> Table:
    """Reads a table of events of call-1; the seconds count from `now`, and values are JSON where they can be."""

    def value(text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text

    def entry(line: str) -> JournalEntry:
        seconds, kind, *pairs = line.split()
        data = {key: value(text) for key, _, text in (pair.partition("=") for pair in pairs)}
        return JournalEntry("call-1", now + timedelta(seconds=float(seconds)), kind, data)

    return lambda text: [entry(line) for line in text.strip().splitlines() if line.strip()]
