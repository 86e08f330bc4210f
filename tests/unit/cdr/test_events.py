"""What may not go into the journal, since nothing can be mended there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cdr import events
from cdr.errors import CdrError
from cdr.events import JournalEntry, check


def entry(at: datetime, kind: str = events.MENU_CHOICE, call_id: str = "call-1", **data: Any) -> JournalEntry:
    return JournalEntry(call_id, at, kind, data)


def test_an_entry_with_its_data_is_accepted_and_may_carry_more(now: datetime) -> None:
    check(entry(now, node="menu", choice="fever", category="fever"))


def test_every_kind_is_accepted_with_the_data_it_requires(now: datetime) -> None:
    for kind, keys in events.REQUIRED.items():
        values = {key: min(events.ALLOWED.get((kind, key), {"x"})) for key in keys}
        check(JournalEntry("call-1", now, kind, values))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "menu.chosen"}, "menu.chosen"),
        ({"node": "menu"}, "choice"),
        ({"call_id": "", "node": "menu", "choice": "x"}, "no call"),
        ({"kind": "offer.ended", "offer": "o", "result": "maybe"}, "maybe"),
        ({"kind": "leg.started", "leg": "l", "role": "nurse", "channel": ""}, "nurse"),
        ({"kind": "disposition", "offer": "o", "outcome": ""}, "outcome"),
        ({"node": "menu", "choice": {1, 2}}, "JSON"),
        ({"node": "menu", "choice": float("nan")}, "JSON"),
    ],
)
def test_a_malformed_entry_is_refused_by_what_is_wrong(now: datetime, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(CdrError, match=named):
        check(entry(now, **changes))


def test_a_moment_without_a_zone_is_refused(now: datetime) -> None:
    with pytest.raises(CdrError, match="time zone"):
        check(entry(now.replace(tzinfo=None), node="menu", choice="fever"))
