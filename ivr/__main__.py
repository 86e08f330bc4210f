"""`python -m ivr`: the controller process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Mapping

import uvloop

from config.clock import utc_now
from config.database import Database
from config.errors import ConfigError
from config.logging import configure
from config.settings import Settings, load_settings
from flows.errors import FlowError
from ivr.controller import Controller
from ivr.flow_book import FlowBook
from prompts.errors import PromptError
from prompts.store import open_store
from shelf.files import take_in

log = logging.getLogger("ivr")


def main() -> int:
    """Serve until SIGTERM or SIGINT. Exit status 2: something is set up wrongly and a restart will not help."""
    try:
        settings = load_settings()
        configure(settings.log_level)
        database = Database(settings.effective_database_url)
        durations = _durations(settings)
        book = _book(settings, database, durations)
    except (ConfigError, FlowError, PromptError) as error:
        sys.stderr.write(f"the controller cannot start: {error}\n")
        return 2
    log.info("%d flows, %d prompts", len(book.active), len(durations))
    controller = Controller(settings, database, book, durations)
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(_until_told(controller))
    return 0


async def _until_told(controller: Controller) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await controller.run()


def _book(settings: Settings, database: Database, durations: Mapping[str, float]) -> FlowBook:
    """The active flows, after the files' versions were put on the shelf."""
    sounds = {settings.language: durations.keys()}
    take_in(database, settings.flows_dir, sounds, utc_now())
    book = FlowBook(database, sounds)
    book.load()
    return book


def _durations(settings: Settings) -> dict[str, float]:
    """Every prompt's seconds, once it is sure that all exist: those of flows, of phrases and of the dialplan.

    A missing file would end a caller's AGI (STREAM FILE) or be skipped in silence: refuse to start instead.
    """
    store = open_store(settings)
    durations = store.durations(settings.language)
    missing = sorted(store.catalogues[settings.language].prompts.keys() - durations.keys())
    if missing:
        raise PromptError(f"prompts are missing: {', '.join(missing[:5])}; run ./helpline up, which makes them")
    return durations


if __name__ == "__main__":
    sys.exit(main())
