"""Puts together what stores receipts and inbound messages, for webhooks and for gateways that are asked."""

from __future__ import annotations

from admin_api.message_journal import journal_of_messages
from admin_api.webhooks.desk import SmsDutyDesk
from config.database import Database
from config.settings import Settings
from config.wakeup import WakeUp
from messaging.rules import messaging_rules
from messaging.telling import Intake
from routing.rules import RoutingRules


def intake_of(settings: Settings, database: Database, rules: RoutingRules, wake_up: WakeUp) -> Intake:
    """The deployment's intake."""
    desk = SmsDutyDesk(database, rules, wake_up)
    return Intake(database, journal_of_messages(database), desk, messaging_rules(settings), wake_up)
