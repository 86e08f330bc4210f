"""`python -m admin_api`: serves the API and the console, and sends the messages of the outbox, until SIGTERM."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn

from admin_api.announcing import Announcer
from admin_api.app import create_app
from admin_api.message_journal import journal_of_messages
from admin_api.voicing import MessageSpeaker
from admin_api.webhooks.service import intake_of
from config.database import Database
from config.errors import ConfigError
from config.logging import configure
from config.migrate import upgrade
from config.settings import Settings, load_settings
from config.wakeup import WakeUp
from messaging.errors import MessagingError
from messaging.gateways import SmsGateway
from messaging.gateways.choice import gateways_from, listened_to, webhooks_from
from messaging.rules import messaging_rules
from messaging.sending import lanes_of
from messaging.telling import ReceiptPoller
from messaging.worker import Messenger
from routing.errors import RulesError
from routing.rules import load_rules

log = logging.getLogger(__name__)

_SECONDS_FOR_OPEN_REQUESTS = 5


def main() -> int:
    """Run until told to stop. The exit status."""
    try:
        settings = load_settings()
        upgrade(settings.effective_database_url)
        load_rules(settings.routing_file, settings.time_zone)
        configure(settings.log_level)
        database = Database(settings.effective_database_url)
        webhooks_from(settings)  # what is wrong with their settings is said before anything runs
        gateways = gateways_from(settings)
        messenger = _messenger(settings, database, gateways)
        poller = _poller(settings, database, gateways)
    except (ConfigError, RulesError, MessagingError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    messenger.start()
    speaker = MessageSpeaker(settings, database, WakeUp(database, settings.socket_dir))
    speaker.start()
    poller.start()
    try:
        serve(settings, database)
    finally:
        speaker.stop()
        poller.stop()
        messenger.stop()
        database.close()
    return 0


def serve(settings: Settings, database: Database) -> None:
    """Serve until SIGTERM or SIGINT; requests under way have a few seconds to end."""
    app = create_app(settings, database)
    announcer: Announcer = app.state.house.announcer
    config = uvicorn.Config(
        app,
        host=settings.bind,
        port=settings.http_port,
        http="h11",  # it ends a request with more than 64 kB of headers; httptools would keep them all
        log_config=None,
        access_log=False,  # its lines hold paths; headers.py writes ours
        proxy_headers=False,  # else a client on this machine could write any address into the audit log
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_FOR_OPEN_REQUESTS,
    )
    server = uvicorn.Server(config)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn has handlers of its own while it runs, then raises the signal again under the ones it found. Those must
    # not be the system's, which would end the process before the message that is being sent is recorded.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    announcer.soon()  # what an earlier process was told and did not come to
    try:
        server.run()
    finally:
        announcer.close()


def _poller(settings: Settings, database: Database, gateways: Sequence[SmsGateway]) -> ReceiptPoller:
    rules = load_rules(settings.routing_file, settings.time_zone)
    intake = intake_of(settings, database, rules, WakeUp(database, settings.socket_dir))
    return ReceiptPoller(database, intake, listened_to(settings, gateways))


def _messenger(settings: Settings, database: Database, gateways: Sequence[SmsGateway]) -> Messenger:
    return Messenger(
        database,
        lanes_of(gateways, settings),
        WakeUp(database, settings.socket_dir),
        messaging_rules(settings),
        journal_of_messages(database),
        node=settings.node,
    )


if __name__ == "__main__":
    sys.exit(main())
