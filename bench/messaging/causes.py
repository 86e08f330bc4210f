"""What causes messages, in a process of its own: `python -m bench.messaging.causes URL SOCKETS RATE SECONDS FIRST`.

Each promise is written in a transaction together with its cause, ten causes a transaction, as the controller gathers
them under load. Prints how many it promised.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from config.database import Database
from config.settings import load_settings
from config.wakeup import WakeUp
from messaging.outbox import enqueue
from messaging.rules import MessagingRules, messaging_rules
from messaging.worker import RECIPIENT

_TOGETHER = 10
VALUES = {"doctor": "Dr Anita Verma", "registration": "MP-12345", "slip": "P-7K3M-22QX-5"}


def number(index: int) -> str:
    """The mobile of the message with this number."""
    return f"+9198{index:08d}"


def promise(database: Database, wake_up: WakeUp, rules: MessagingRules, first: int, count: int) -> None:
    """One transaction with so many promises."""
    with database.writing() as session:
        for index in range(first, first + count):
            enqueue(
                session,
                purpose="slip",
                recipient=number(index),
                key=f"bench-{index}",
                template="advice_slip",
                language="hi",
                variables=VALUES,
                call_id=None,
                rules=rules,
            )
        wake_up.notify_on_commit(session, RECIPIENT)


def steadily(url: str, sockets: Path, rate: float, seconds: float, first: int) -> int:
    """Promise `rate` a second; what could not be promised in time is made up for."""
    database = Database(url)
    wake_up, rules = WakeUp(database, sockets), messaging_rules(load_settings({"HELPLINE_DLT": "off"}))
    began, done, wanted = time.monotonic(), 0, round(rate * seconds)
    while done < wanted:
        due = min(wanted, int((time.monotonic() - began) * rate))
        while done < due:
            count = min(_TOGETHER, due - done)
            promise(database, wake_up, rules, first + done, count)
            done += count
        time.sleep(_TOGETHER / rate / 2)
    database.close()
    return done


if __name__ == "__main__":
    _, _url, _sockets, _rate, _seconds, _first = sys.argv
    print(steadily(_url, Path(_sockets), float(_rate), float(_seconds), int(_first)))
