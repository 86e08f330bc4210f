"""`python -m ivr`: the controller process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import uvloop
from sqlalchemy.exc import OperationalError

from config.clock import utc_now
from config.database import Database
from config.errors import ConfigError
from config.logging import configure
from config.settings import Settings, load_settings
from flows.errors import FlowError
from ivr.controller import Controller
from ivr.flow_book import FlowBook
from ivr.outage import words
from messaging.errors import MessagingError
from messaging.rules import messaging_rules
from prompts.catalogue import Catalogue
from prompts.errors import PromptError
from prompts.store import PromptStore, open_store
from routing.errors import RulesError
from routing.rules import load_rules
from shelf.files import take_in

log = logging.getLogger("ivr")

_PATIENCE_SECONDS = 1.0
_NEXT_TRY_SECONDS = 0.5
_NEEDED = ("apology.", "offer.", "callback.", "category.", "age.")


def main() -> int:
    """Serve until SIGTERM or SIGINT. Exit status 2: something is set up wrongly and a restart will not help."""
    try:
        settings = load_settings()
        configure(settings.log_level)
        database = Database(settings.effective_database_url)
        store = open_store(settings)
        sounds = _sounds(store)
        while (book := _book(settings, database, sounds)) is None:
            time.sleep(_NEXT_TRY_SECONDS)
        routing = load_rules(settings.routing_file, settings.time_zone)
        messaging_rules(settings)
    except (ConfigError, FlowError, MessagingError, PromptError, RulesError) as error:
        sys.stderr.write(f"the controller cannot start: {error}\n")
        return 2
    durations = _longest(sounds)
    log.info("%d flows, %d prompts, %d languages", len(book.active), len(durations), len(sounds))
    # What goes on in a call waits for the database no longer than this; menus are read with more patience.
    quick = Database(settings.effective_database_url, patience=_PATIENCE_SECONDS)
    controller = Controller(settings, quick, book, durations, _with_sound(store, sounds), routing=routing)
    threading.excepthook = _end_with_a_thread
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(_until_told(controller))
    return 0


def _end_with_a_thread(death: threading.ExceptHookArgs) -> None:
    """Without one of its threads a controller does harm, and a restart does none: calls outlive it."""
    name = death.thread.name if death.thread is not None else "a thread"
    if death.exc_value is not None:
        log.critical("%s has died, and the controller with it", name, exc_info=death.exc_value)
    os._exit(1)


async def _until_told(controller: Controller) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    _spare_the_collector()
    await controller.run()


def _spare_the_collector() -> None:
    """What was made until now stays: flows, prompts, tables. Calls hold no circles, so a look is rarely due."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _book(settings: Settings, database: Database, sounds: Mapping[str, Mapping[str, float]]) -> FlowBook | None:
    """The active flows, after the files' versions were put on the shelf; None while the database is away."""
    known = {language: durations.keys() for language, durations in sounds.items()}
    try:
        take_in(database, settings.flows_dir, known, utc_now())
        book = FlowBook(database, known)
        book.load()
    except OperationalError as error:
        log.error("waiting for the database: %s", words(error))
        return None
    return book


def _sounds(store: PromptStore) -> dict[str, dict[str, float]]:
    """The seconds of every prompt that has a sound, by language.

    Without those of the dialplan and of the offer nobody can be served, and the controller does not start. A flow that
    says another one without a sound is not taken up (ivr/flow_book.py); values leave it out (ivr/speaking.py).
    """
    sounds = {language: store.durations(language) for language in store.catalogues}
    for language, catalogue in store.catalogues.items():
        missing = sorted(catalogue.prompts.keys() - sounds[language].keys())
        if missing:
            names = ", ".join(missing[:5])
            log.error("%d prompts of %s have no sound; ./helpline up makes them: %s", len(missing), language, names)
        if needed := [prompt for prompt in missing if prompt.startswith(_NEEDED)]:
            raise PromptError(f"prompts are missing: {', '.join(needed[:5])}; run ./helpline up, which makes them")
    return sounds


def _with_sound(store: PromptStore, sounds: Mapping[str, Mapping[str, float]]) -> dict[str, Catalogue]:
    """The catalogues with those prompts only that can be played."""
    return {
        language: replace(catalogue, prompts={k: v for k, v in catalogue.prompts.items() if k in sounds[language]})
        for language, catalogue in store.catalogues.items()
    }


def _longest(sounds: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A prompt's seconds in the language that takes longest for it."""
    longest: dict[str, float] = {}
    for durations in sounds.values():
        for prompt, seconds in durations.items():
            longest[prompt] = max(seconds, longest.get(prompt, 0.0))
    return longest


if __name__ == "__main__":
    sys.exit(main())
