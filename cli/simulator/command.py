"""`./helpline flows simulate`: by hand, from a script, or all stories at once."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.runtime.progress import say
from cli.simulator.conversation import HELP, Speak, converse
from cli.simulator.golden import told, update
from cli.simulator.keypad import Keypad, keypad
from cli.simulator.loudspeaker import Loudspeaker, player_program
from cli.simulator.wording import PHRASES, prompt_ids, words_of
from config.settings import Settings
from flows.definition import Flow
from flows.errors import FlowError
from flows.loader import compile_flows, load_flows, read_folder
from flows.player import Player
from prompts.catalogue import load_catalogues
from prompts.errors import PromptError
from prompts.store import PromptStore, open_store


def simulate(settings: Settings, name: str, script: Path | None, language: str, speak: bool) -> int:
    """Play flow `name` by hand, or `script` without asking anything; the exit status."""
    try:
        flow = _flow(settings, name)
        store = open_store(settings)
        catalogues = store.catalogues
        if language not in catalogues:
            raise FlowError(f"There is no language {language!r}; there are: {', '.join(sorted(catalogues))}.")
        if script is not None:
            print(told(flow, script, words_of(catalogues))[0], end="")
            return 0
    except (FlowError, PromptError) as error:
        say(str(error))
        return 1
    given = {"language": language, "line": "104", "withheld": "no"}
    player = Player(flow, words_of(catalogues), phrases=PHRASES, given=given)
    say(HELP)
    keys = keypad()
    aloud = _aloud(store, keys) if speak else None
    try:
        converse(player, keys, aloud)
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    return 0


def _flow(settings: Settings, name: str) -> Flow:
    """The flow, even while another one of its folder is broken. Raises FlowError."""
    library = compile_flows(*read_folder(settings.flows_dir))
    if name in library.flows:
        return library.flows[name]
    if name in library.parts:
        raise FlowError(f"{name} is a part; play a flow that uses it.")
    if name in library.faults:
        raise FlowError(library.faults[name])
    told = f"There is no flow {name!r}; there are" if name else "Name a flow, one of"
    raise FlowError(f"{told}: {', '.join(sorted(library.flows))}.")


def update_golden(settings: Settings, name: str) -> int:
    """Write the transcripts beside the flows anew (of one flow, if named); the exit status."""
    try:
        # The shipped words alone: what was imported on this machine is on no other.
        lines = update(load_flows(settings.flows_dir), settings.flows_dir, words_of(load_catalogues()), name)
    except (FlowError, PromptError) as error:
        say(str(error))
        return 1
    print("\n".join(lines) or "There are no stories.", file=sys.stdout)
    return 0


def _aloud(store: PromptStore, keys: Keypad) -> Speak | None:
    program = player_program()
    if program is None:
        say("No player program (paplay, aplay, ffplay) is on this machine, so nothing is spoken.")
        return None
    catalogues = store.catalogues
    told_of: list[str] = []
    loudspeaker = Loudspeaker(program, keys.pressed)

    def aloud(language: str, prompts: tuple[str, ...]) -> None:
        ids = [one for item in prompts for one in prompt_ids(catalogues, language, item)]
        known = [one for one in ids if one in catalogues[language].prompts]
        loudspeaker.play(store.path(language, one) for one in known)
        if loudspeaker.missing:
            say(f"{len(loudspeaker.missing)} prompts have not been made yet; `./helpline up` makes them.")
            loudspeaker.missing.clear()
        if loudspeaker.broken and not told_of:
            told_of.append(program[0])
            say(f"{program[0]} cannot play here, so nothing is spoken.")

    return aloud
