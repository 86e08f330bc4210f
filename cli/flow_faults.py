"""`./helpline flows check`: everything wrong with the voice menus, each with file, line and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.runtime.progress import say
from config.settings import Settings
from flows.errors import Fault, FlowError
from flows.loader import Library, compile_flows, read_folder
from prompts.errors import PromptError
from prompts.store import PromptStore, open_store


def check(settings: Settings, names: Sequence[str] = ()) -> int:
    """Print the faults of the flows named (or files, or all), and return 1 if one of them is an error, else 0."""
    try:
        texts, sources = read_folder(settings.flows_dir)
        chosen = [_named(name, texts, sources) for name in names] or list(texts)
        store = open_store(settings)
        lengths = durations(store)
    except (FlowError, PromptError) as error:
        print(error)
        return 1
    prompts = {language: set(catalogue.prompts) for language, catalogue in store.catalogues.items()}
    library = compile_flows(texts, sources, prompts=prompts, durations=lengths)
    return _report(_faults_of(library, chosen), len(chosen))


def durations(store: PromptStore) -> dict[str, float]:
    """How long each prompt takes, in seconds, in the language in which it takes longest.

    Measured where its file has been made, else estimated from its words.
    """
    longest: dict[str, float] = {}
    for language, catalogue in store.catalogues.items():
        measured = store.durations(language)
        for stale in store.missing([language]):
            measured.pop(stale.id, None)
        for prompt in catalogue.prompts.values():
            estimate = len(prompt.text.split()) * 60 / catalogue.words_per_minute
            longest[prompt.id] = max(longest.get(prompt.id, 0.0), measured.get(prompt.id, estimate))
    return longest


def _named(name: str, texts: dict[str, str], sources: dict[str, str]) -> str:
    """The flow's name; a file outside the folder takes the place of the flow it is a new version of."""
    if name in texts:
        return name
    path = Path(name)
    if not path.is_file():
        raise FlowError(f"{name}: error: there is no such flow or file; the flows are {', '.join(sorted(texts))}")
    try:
        texts[path.stem] = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{path}: error: this cannot be read as UTF-8 text: {error}") from None
    sources[path.stem] = str(path)
    return path.stem


def _faults_of(library: Library, names: Sequence[str]) -> list[Fault]:
    """Each fault once, by the shortest name of its node: a part's is found again in every flow that uses it."""
    once: dict[tuple[str, int, str], Fault] = {}
    for fault in (fault for name in names for fault in library.faults.get(name, [])):
        key = (fault.source, fault.line, fault.what)
        if key not in once or len(fault.node) < len(once[key].node):
            once[key] = fault
    return sorted(once.values(), key=lambda fault: (fault.source, fault.line))


def _report(faults: Sequence[Fault], flows: int) -> int:
    for fault in faults:
        print(fault)
    errors = sum(fault.severity == "error" for fault in faults)
    what = _counted(flows, "flow")
    if not faults:
        say(f"{what}, no faults")
    else:
        say(f"{what}: {_counted(errors, 'error')}, {_counted(len(faults) - errors, 'warning')}")
    return 1 if errors else 0


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
