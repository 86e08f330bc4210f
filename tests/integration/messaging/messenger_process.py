"""A Messenger in a process of its own that kills itself (SIGKILL) at a named step.

Arguments: the database's address, Twilio's address on loopback, a folder for wake-up sockets, and the step.
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
from messaging.gateways import Outcome, OutgoingSms
from messaging.gateways.twilio import TwilioSmsGateway
from messaging.worker import Messenger
from tests.integration.messaging.loopback_twilio import ACCOUNT, SENDER, TOKEN
from tests.integration.messaging.promises import write_journal

STEPS = ("claim_uncommitted", "claimed", "sent", "recorded_uncommitted", "recorded", "none")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after_claiming(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith("UPDATE message"):
        die()


class DyingGateway(TwilioSmsGateway):
    def __init__(self, step: str, api: str) -> None:
        super().__init__(ACCOUNT, TOKEN, SENDER, api=api, timeout=20)
        self._step = step

    def send(self, sms: OutgoingSms) -> Outcome:
        if self._step == "claimed":
            die()
        outcome = super().send(sms)
        if self._step == "sent":
            die()
        return outcome


class DyingWakeUp(WakeUp):
    def __init__(self, step: str, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self._step = step

    def notify(self, recipient: str) -> None:
        if self._step == "recorded":  # the console is told right after the record is committed
            die()


def main(url: str, api: str, folder: str, step: str) -> None:
    assert step in STEPS
    database = Database(url)
    gateway = DyingGateway(step, api)

    def journal(session: Session, message: Message) -> None:
        write_journal(session, message)
        session.flush()
        if step == "recorded_uncommitted":
            die()

    messenger = Messenger(database, gateway, DyingWakeUp(step, database, Path(folder)), journal)
    messenger._recover()
    if step == "claim_uncommitted":
        event.listen(database.engine, "after_cursor_execute", die_after_claiming)
    messenger.run_once()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
