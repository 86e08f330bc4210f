"""`python -m ivr`: the controller process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys

import uvloop

from config.database import Database
from config.errors import ConfigError
from config.logging import configure
from config.settings import Settings, load_settings
from flows.errors import FlowError
from flows.loader import load_flows
from ivr.controller import Controller
from prompts.errors import PromptError
from prompts.store import PromptStore

log = logging.getLogger("ivr")


def main() -> int:
    """Serve until SIGTERM or SIGINT. Exit status 2: something is set up wrongly and a restart will not help."""
    try:
        settings = load_settings()
        configure(settings.log_level)
        flows = load_flows(settings.flows_dir)
        durations = _durations(settings, {prompt for flow in flows.values() for prompt in flow.prompts()})
    except (ConfigError, FlowError, PromptError) as error:
        sys.stderr.write(f"the controller cannot start: {error}\n")
        return 2
    log.info("%d flows, %d prompts", len(flows), len(durations))
    controller = Controller(settings, Database(settings.effective_database_url), flows, durations)
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(_until_told(controller))
    return 0


async def _until_told(controller: Controller) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await controller.run()


def _durations(settings: Settings, wanted: set[str]) -> dict[str, float]:
    """Every prompt's seconds, once it is sure that all exist: those of flows, of phrases and of the dialplan.

    A missing file would end a caller's AGI (STREAM FILE) or be skipped in silence: refuse to start instead.
    """
    store = PromptStore(settings.prompts_dir, settings.recorded_prompts_dir)
    durations = store.durations(settings.language)
    missing = sorted((wanted | store.catalogues[settings.language].prompts.keys()) - durations.keys())
    if missing:
        raise PromptError(f"prompts are missing: {', '.join(missing[:5])}; run ./helpline up, which makes them")
    return durations


if __name__ == "__main__":
    sys.exit(main())
