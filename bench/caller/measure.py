"""`bench caller`: every caller of every line, in every way, again and again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.caller.hearing import Row, rows
from bench.caller.robot import Walk, walk
from bench.caller.scripts import Trial, trials
from bench.caller.town import Town, town
from bench.errors import BenchError
from config.settings import RUNTIME_DIR, load_settings
from flows.loader import load_flows
from phones.ears import RATE
from phones.errors import PhoneError
from phones.prompt_shelf import PromptShelf, likeness
from phones.recognition import find_prompts
from prompts.catalogue import load_catalogues

PROMPTS = RUNTIME_DIR / "bench" / "caller-prompts"
RUNS, QUICK_RUNS = 5, 1
# Their ears are in one process, which must not be busy; still less where the first sound is waited for.
_LISTENERS_AT_ONCE, _HASTY_AT_ONCE = 5, 2


@dataclass(frozen=True)
class Outcome:
    """What became of a trial: its walks, the table of the median one (listeners only), why others failed."""

    trial: Trial
    walks: tuple[Walk, ...]
    failures: tuple[str, ...]
    table: tuple[Row, ...] = ()

    @property
    def median_walk(self) -> Walk | None:
        """The walk in the middle (the quicker of two)."""
        ordered = sorted(self.walks, key=lambda item: item.seconds)
        return ordered[(len(ordered) - 1) // 2] if ordered else None


def measure(runs: int, tell: Callable[[str], None], folder: Path | None = None) -> list[Outcome]:
    """Every trial's outcome. `folder` (new or empty) keeps logs and records; default: a temporary one.

    PhoneError, SupervisorError, RuntimeUnavailable where the helpline or its telephones cannot be started.
    """
    with ExitStack() as open_:
        folder = folder or Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        found = _all_walks(open_.enter_context(town(folder, PROMPTS)), runs, tell)
        tell("all have called; looking up what they heard")
        shelf = PromptShelf(PROMPTS, "hi")
        return [_with_table(outcome, shelf) for outcome in found]


def _all_walks(there: Town, runs: int, tell: Callable[[str], None]) -> list[Outcome]:
    everything = trials()
    walks: dict[str, list[Walk]] = {trial.name: [] for trial in everything}
    failures: dict[str, list[str]] = {trial.name: [] for trial in everything}

    def one(trial: Trial) -> None:
        try:
            made = walk(there, trial)
        except (BenchError, PhoneError) as problem:
            tell(f"{trial.name} failed: {problem}")
            failures[trial.name].append(str(problem))
        else:
            walks[trial.name].append(made)
            tell(f"{trial.name}: {made.seconds:.1f} s")

    listeners = [trial for trial in everything if trial.way != "first_sound"]
    hasty = [trial for trial in everything if trial.way == "first_sound"]
    for group, at_once in ((listeners, _LISTENERS_AT_ONCE), (hasty, _HASTY_AT_ONCE)):
        with ThreadPoolExecutor(at_once, thread_name_prefix="caller") as pool:
            # All runs of a trial one after the other would meet the same neighbours every time.
            list(pool.map(one, group * runs))
    return [Outcome(trial, tuple(walks[trial.name]), tuple(failures[trial.name])) for trial in everything]


def _with_table(outcome: Outcome, shelf: PromptShelf) -> Outcome:
    middle = outcome.median_walk
    if middle is None or outcome.trial.way != "option":
        return outcome
    lengths = {name: len(shelf.prompt(name)) / RATE for name in shelf.ids()}
    table = rows(middle.pressed, _heard(middle, shelf), middle.sound, texts(), lengths)
    return Outcome(outcome.trial, outcome.walks, outcome.failures, tuple(table))


def _heard(made: Walk, shelf: PromptShelf) -> Sequence[Sequence[tuple[float, str]]]:
    """The prompts recognised before each key, in order, as (begin in seconds since the answer, id)."""
    beginnings = {name: shelf.beginning(name) for name in shelf.ids()}
    patterns = {name: pattern for name, (pattern, _) in beginnings.items()}
    threshold = {name: likeness(pattern) for name, pattern in patterns.items()}
    found = []
    after = 0.0
    for step in made.pressed:
        stretch = made.sound[round(after * RATE) : round(step.began * RATE)]
        matches = find_prompts(stretch, patterns, threshold)
        found.append(sorted((after + item.offset_s - beginnings[name][1], name) for name, item in matches.items()))
        after = step.ended
    return found


def texts() -> Mapping[str, str]:
    """The words of each prompt, in Hindi."""
    return {name: prompt.text for name, prompt in load_catalogues()["hi"].prompts.items()}


def titles() -> Mapping[str, Mapping[str, str]]:
    """What each node is called, in Hindi, by flow."""
    flows = load_flows(load_settings({}).flows_dir)
    return {name: {node: titles.get("hi", "") for node, titles in flow.titles.items()} for name, flow in flows.items()}
