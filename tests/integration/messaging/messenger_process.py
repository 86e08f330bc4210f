"""A Messenger in a process of its own that kills itself (SIGKILL) at a named step.

Arguments: the database's address, a folder for wake-up sockets, the step, and the address of Twilio on loopback, or
two: then the first is the gateway and the second its fall-back.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Message
from config.wakeup import WakeUp
from messaging import answers
from messaging.gateways import LookedUp, Outcome, OutgoingSms
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.rules import MessagingRules
from messaging.sending import Lane
from messaging.worker import Messenger
from phones.operators.twilio import ACCOUNT, SENDER, TOKEN
from tests.integration.messaging.promises import write_journal

STEPS = (
    *("claim_uncommitted", "claimed", "sent", "recorded_uncommitted", "recorded", "half_recorded", "half_sent"),
    *("doubt_recorded", "none"),
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after_claiming(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith("UPDATE message"):
        die()


class DyingGateway(TwilioSmsGateway):
    def __init__(self, step: str, api: str, name: str) -> None:
        super().__init__(ACCOUNT, TOKEN, SENDER, api=api, timeout=0.5)
        self.name = name
        self._step = step
        self._sent = 0

    def send(self, sms: OutgoingSms) -> Outcome:
        if self._step == "claimed" or (self._step == "half_sent" and self._sent == 1):
            die()
        outcome = super().send(sms)
        self._sent += 1
        if self._step == "sent":
            die()
        return outcome

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        raise AssertionError("this process does not live so long")


class DyingWakeUp(WakeUp):
    def __init__(self, step: str, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self._step = step

    def notify(self, recipient: str) -> None:
        # The console is told right after a record is committed.
        if self._step in ("recorded", "half_recorded", "doubt_recorded"):
            die()


def main(url: str, folder: str, step: str, *apis: str) -> None:
    assert step in STEPS
    database = Database(url)
    *well, last = zip(apis, ("twilio", "second"), strict=False)
    gateways = [*(DyingGateway("none", *each) for each in well), DyingGateway(step, *last)]

    def journal(session: Session, message: Message) -> None:
        write_journal(session, message)
        session.flush()
        if step == "recorded_uncommitted":
            die()

    if step == "half_recorded":
        answers.TOGETHER = 1
    lanes = [Lane(gateway, 1e6, threads=1) for gateway in gateways]
    messenger = Messenger(database, lanes, DyingWakeUp(step, database, Path(folder)), MessagingRules(), journal)
    messenger._aftercare.look()
    if step == "claim_uncommitted":
        event.listen(database.engine, "after_cursor_execute", die_after_claiming)
    messenger.run_once()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
