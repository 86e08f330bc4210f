"""Stories beside each flow and the transcripts they must come to: what a change of a menu changes shows in their diff.

`<flows>/<flow>.transcripts/<story>.script.yaml` is played to `<story>.txt` in the same folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.definition import Flow, edges
from flows.player import Player, Words
from flows.scripts import ScriptError, parse_script, play

_FOLDER = ".transcripts"
_SCRIPT = ".script.yaml"


@dataclass(frozen=True)
class Story:
    """A script beside its flow."""

    flow: str
    script: Path

    @property
    def transcript(self) -> Path:
        return self.script.with_name(self.script.name.removesuffix(_SCRIPT) + ".txt")

    def __str__(self) -> str:
        return f"{self.flow}/{self.script.name.removesuffix(_SCRIPT)}"


def stories(folder: Path, flow: str = "") -> list[Story]:
    """Every story of a folder of flows, or of one flow."""
    scripts = folder.glob(f"{flow or '*'}{_FOLDER}/*{_SCRIPT}")
    return [Story(path.parent.name.removesuffix(_FOLDER), path) for path in sorted(scripts)]


def strays(folder: Path) -> list[Path]:
    """Transcripts that no script comes to any more."""
    wanted = {story.transcript for story in stories(folder)}
    return sorted(path for path in folder.glob(f"*{_FOLDER}/*.txt") if path not in wanted)


def told(flow: Flow, script: Path, words: Words) -> tuple[str, Player]:
    """A script's transcript, and the player who came to it. Raises ScriptError."""
    try:
        text = script.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{script}: this cannot be read: {error}") from None
    read = parse_script(text, str(script))
    player = play(flow, read, str(script), words)
    return f"# {read.story}\n\n{player.transcript()}", player


def update(flows: Mapping[str, Flow], folder: Path, words: Words, flow: str = "") -> list[str]:
    """Write the transcripts anew and return a line for each flow: how many changed, which share of its edges is told.

    Raises ScriptError before the first is written, if a script does not fit its flow.
    """
    found = {}
    for story in stories(folder, flow):
        if story.flow not in flows:
            raise ScriptError(f"{story.script}: there is no flow {story.flow!r}")
        found[story] = told(flows[story.flow], story.script, words)
    changed = {story for story, (text, _) in found.items() if _read(story.transcript) != text}
    for story in changed:
        story.transcript.write_text(found[story][0], "utf-8")
    for path in strays(folder):
        if not flow or path.parent.name == f"{flow}{_FOLDER}":
            path.unlink()
    lines = []
    for name in sorted({story.flow for story in found}):
        players = [player for story, (_, player) in found.items() if story.flow == name]
        new = sum(story.flow == name for story in changed)
        told_edges, all_edges = coverage(flows[name], players)
        lines.append(f"{name}: {len(players)} stories, {new} changed; they tell {told_edges} of {all_edges} edges")
    return lines


def coverage(flow: Flow, players: list[Player]) -> tuple[int, int]:
    """How many of a flow's edges were walked, of how many."""
    everything = {(edge.node, edge.by) for edge in edges(flow)}
    walked = {(went.node, went.by) for player in players for went in player.walked}
    return len(everything & walked), len(everything)


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
