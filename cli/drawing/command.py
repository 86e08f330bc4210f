"""Draws one flow into a file that any browser shows."""

from __future__ import annotations

from pathlib import Path

from cli.runtime import RuntimeUnavailable, graphviz
from cli.runtime.progress import say
from config.errors import ConfigError
from config.graphviz import Dot, find_dot
from config.settings import CHECKOUT, load_settings
from flows.definition import Flow
from flows.errors import FlowError
from flows.loader import compile_flows, load_flows, read_folder
from flows.picture import Words, draw
from prompts.catalogue import load_catalogues
from prompts.errors import PromptError

EVERY_FLOW = "all"
DRAWINGS = CHECKOUT / "docs" / "flows"


def draw_command(name: str, language: str = "hi", out: Path | None = None) -> int:
    """Draw the flow or part `name` into `out`, else into NAME.LANGUAGE.svg of this folder; returns the exit code.

    "all" draws every flow in every language into the folder `out`, else into docs/flows.
    """
    try:
        settings = load_settings()
        if name == EVERY_FLOW:
            written = draw_all(settings.flows_dir, out or DRAWINGS, dot(settings.dot))
        else:
            flow = flow_of(name, settings.flows_dir)
            written = [out or Path(f"{flow.name}.{language}.svg")]
            written[0].write_text(draw(flow, language, words_in(language), dot(settings.dot).lay_out), "utf-8")
    except (ConfigError, FlowError, PromptError, RuntimeUnavailable, OSError) as problem:
        say(str(problem))
        return 1
    for path in written:
        say(f"{path}: open it in a browser.")
    return 0


def draw_all(flows_dir: Path, folder: Path, with_dot: Dot) -> list[Path]:
    """Draw every flow of a folder in every language of the catalogue, and return the files."""
    flows = load_flows(flows_dir)
    languages = sorted(load_catalogues())
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in languages:
        words = words_in(language)
        for flow in flows.values():
            path = folder / f"{flow.name}.{language}.svg"
            path.write_text(draw(flow, language, words, with_dot.lay_out), "utf-8")
            written.append(path)
    return written


def flow_of(name: str, folder: Path) -> Flow:
    """The flow or part of that name among the flows of a folder. Raises FlowError."""
    library = compile_flows(*read_folder(folder))
    if found := library.flows.get(name) or library.parts.get(name):
        return found
    if broken := [fault for fault in library.faults.get(name, ()) if fault.severity == "error"]:
        raise FlowError(broken)
    raise FlowError(f"There is no flow {name!r}; there are {', '.join(sorted(library.faults))}.")


def words_in(language: str) -> Words:
    """The prompts' texts in a language; "" for an id it does not have. Raises CatalogueError."""
    catalogues = load_catalogues()
    if language not in catalogues:
        raise PromptError(f"There is no language {language!r}; there are {', '.join(sorted(catalogues))}.")
    prompts = catalogues[language].prompts

    def words(prompt_id: str) -> str:
        return prompts[prompt_id].text if prompt_id in prompts else ""

    return words


def dot(named: str = "") -> Dot:
    """The layout program: the one named in the settings, the machine's own, or a fetched one."""
    return find_dot(named) or Dot(graphviz().dot)
