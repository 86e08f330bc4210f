"""Whatever dies, lies or is set in whatever order: no provider takes a message twice, and each comes to an end."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from config.database import Database
from tests.integration.messaging.model import Messaging

# MESSENGER_MODEL_EXAMPLES of them, for a long look; else as many as a run of all tests has time for.
_EXAMPLES = int(os.environ.get("MESSENGER_MODEL_EXAMPLES", "25"))


def test_no_message_is_taken_twice_and_each_comes_to_an_end(database: Database, tmp_path: Path) -> None:
    logging.getLogger("messaging").setLevel(logging.CRITICAL)
    machine = type("MessagingHere", (Messaging,), {"database": database, "folder": tmp_path / "s"})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=_EXAMPLES if database.is_sqlite else _EXAMPLES // 3,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    logging.getLogger("messaging").setLevel(logging.NOTSET)
