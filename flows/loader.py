"""Reads flows from YAML and refuses broken ones with file, line, node and what to do.

`compile_flows` does the work on texts, so that a flow that is uploaded is judged exactly as one from a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.definition import Flow, Place
from flows.document import FlowDocument, SubflowNode
from flows.errors import Fault, FlowError
from flows.explaining import explained, like
from flows.lowering import lower
from flows.soundness import faults
from flows.yaml_text import Path as YamlPath
from flows.yaml_text import line_of, read_yaml


@dataclass(frozen=True)
class Library:
    """What came of a set of texts. `flows` can be dialled, `parts` are used by them; both only where sound.

    `faults` are by name, errors and warnings; a name with an error is in neither. `uses` are the parts a flow puts in.
    """

    flows: Mapping[str, Flow]
    parts: Mapping[str, Flow]
    faults: Mapping[str, list[Fault]]
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def errors(self) -> list[Fault]:
        """Every error, each once: a part's is found again in each flow that uses it."""
        found = [fault for name in sorted(self.faults) for fault in self.faults[name] if fault.severity == "error"]
        return list(dict.fromkeys(found))


def load_flows(folder: Path, prompts: Mapping[str, Collection[str]] | None = None) -> dict[str, Flow]:
    """Every flow of a folder by name, its parts put in; FlowError with every fault where one is broken.

    `prompts` are the prompt ids known in each language, to find those that are missing.
    """
    library = compile_flows(*read_folder(folder), prompts=prompts)
    if errors := library.errors():
        raise FlowError(errors)
    return dict(library.flows)


def load_flow(path: Path) -> Flow:
    """One flow of a folder, with the parts that lie beside it."""
    flows = load_flows(path.parent)
    if path.stem not in flows:
        raise FlowError(f"{path}: this is a part, used by other flows")
    return flows[path.stem]


def read_folder(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and the file names of a folder's flows, by name. FlowError where there are none, or unreadable ones."""
    texts, sources = {}, {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            texts[path.stem] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FlowError(f"{path}: this cannot be read as UTF-8 text: {error}") from None
        sources[path.stem] = _short(path)
    if not texts:
        raise FlowError(f"{folder}: there are no flows (*.yaml)")
    return texts, sources


def compile_flows(
    texts: Mapping[str, str],
    sources: Mapping[str, str] | None = None,
    *,
    prompts: Mapping[str, Collection[str]] | None = None,
    durations: Mapping[str, float] | None = None,
) -> Library:
    """Flows and parts from their texts, by name. Never raises: what is wrong is in `faults`.

    `durations` are prompts' lengths in seconds, for the warning about long ones.
    """
    work = _Workshop(texts, sources or {})
    flows: dict[str, Flow] = {}
    parts: dict[str, Flow] = {}
    found: dict[str, list[Fault]] = {}
    for name in texts:
        flow = work.flow(name)
        found[name] = list(work.faults.get(name, []))
        if flow is None:
            continue
        if not found[name]:  # without one of its parts, half of it would seem to lead nowhere
            found[name] += faults(flow, prompts=prompts, durations=durations)
        if not any(fault.severity == "error" for fault in found[name]):
            (parts if flow.exits else flows)[name] = flow
    return Library(flows, parts, found, {name: work.uses(name) for name in texts})


def parse_flow(data: Any, version: str, source: str, parts: Mapping[str, Flow] | None = None) -> Flow:
    """A flow from data that was read from YAML already. FlowError where it is broken."""
    document = _document(data, source, {})
    places = {name: Place(source) for name in ("", *document.nodes)}
    flow = lower(document, version, parts or {}, places)
    if errors := [fault for fault in faults(flow) if fault.severity == "error"]:
        raise FlowError(errors)
    return flow


class _Workshop:
    """Puts flows together from their texts, each part once, in whatever order they need each other."""

    def __init__(self, texts: Mapping[str, str], sources: Mapping[str, str]) -> None:
        self.texts = texts
        self.sources = sources
        self.faults: dict[str, list[Fault]] = {}
        self._documents: dict[str, tuple[FlowDocument, dict[YamlPath, int]] | None] = {}
        self._flows: dict[str, Flow | None] = {}
        self._open: list[str] = []

    def source(self, name: str) -> str:
        return self.sources.get(name, f"{name}.yaml")

    def flow(self, name: str) -> Flow | None:
        """The flow, or None where its document is broken."""
        if name not in self._flows:
            self._open.append(name)
            self._flows[name] = self._put_together(name)
            self._open.pop()
        return self._flows[name]

    def uses(self, name: str) -> tuple[str, ...]:
        """The parts a flow puts in, and theirs."""
        flow = self._flows.get(name)
        return flow.parts if flow is not None else ()

    def _put_together(self, name: str) -> Flow | None:
        read = self._document(name)
        if read is None:
            return None
        document, lines = read
        places = {node: Place(self.source(name), line_of(lines, ("nodes", node))) for node in document.nodes}
        places[""] = Place(self.source(name), line_of(lines, ("flow",)))
        parts: dict[str, Flow] = {}
        types: dict[str, str] = {variable: item.type for variable, item in document.variables.items()}
        for node, item in document.nodes.items():
            if isinstance(item, SubflowNode) and (part := self._part(name, node, item, places[node])) is not None:
                parts[item.flow] = part
                self._compare(name, node, places[node], part, types)
        return lower(document, self._version(name, parts), parts, places)

    def _part(self, name: str, node: str, item: SubflowNode, place: Place) -> Flow | None:
        def fault(what: str, advice: str) -> None:
            self.faults.setdefault(name, []).append(Fault(place.source, place.line, node, what, advice))

        if item.flow not in self.texts:
            advice = f"{like(item.flow, self.texts)}write {item.flow}.yaml, or name another part"
            fault(f"there is no flow {item.flow!r}", advice)
            return None
        if item.flow in self._open:
            fault(f"the flow {item.flow!r} would contain itself", "lead on to a node instead")
            return None
        part = self.flow(item.flow)
        if part is None:
            fault(f"its part {item.flow!r} is broken", f"mend {self.source(item.flow)}")
            return None
        for exit_name in part.exits:
            if exit_name not in item.exits:
                fault(f"the exit {exit_name!r} of {item.flow!r} leads nowhere", f"add `{exit_name}: <node>` to `exits`")
        for exit_name in item.exits:
            if exit_name not in part.exits:
                fault(f"{item.flow!r} has no exit {exit_name!r}", f"its exits are: {', '.join(part.exits) or 'none'}")
        return part

    def _compare(self, name: str, node: str, place: Place, part: Flow, types: dict[str, str]) -> None:
        """A name stands for one variable in the flow and in all its parts; `types` are those met so far."""
        for variable, kind in part.variables.items():
            earlier = types.setdefault(variable, kind.type)
            if earlier != kind.type:
                what = f"the variable {variable!r} is a {kind.type} in {part.name!r}, and a {earlier} elsewhere"
                advice = "give it another name, or the same type"
                self.faults.setdefault(name, []).append(Fault(place.source, place.line, node, what, advice))

    def _document(self, name: str) -> tuple[FlowDocument, dict[YamlPath, int]] | None:
        try:
            data, lines = read_yaml(self.texts[name], self.source(name))
            document = _document(data, self.source(name), lines)
        except FlowError as error:
            self.faults.setdefault(name, []).extend(error.faults)
            return None
        if document.flow != name:
            line = line_of(lines, ("flow",))
            what = f"`flow: {document.flow}` must be the file's name, {name}"
            self.faults.setdefault(name, []).append(Fault(self.source(name), line, "", what, f"write `flow: {name}`"))
        return document, lines

    def _version(self, name: str, parts: Mapping[str, Flow]) -> str:
        """The hash of the text and its parts' versions, so that a call's record names exactly what was played."""
        whole = "\0".join([self.texts[name], *(f"{part} {parts[part].version}" for part in sorted(parts))])
        return hashlib.sha256((whole if parts else self.texts[name]).encode()).hexdigest()[:12]


def _document(data: Any, source: str, lines: Mapping[YamlPath, int]) -> FlowDocument:
    if not isinstance(data, Mapping):
        raise FlowError([Fault(source, 0, "", "a flow needs `flow`, `start` and `nodes`", "see docs/flows.md")])
    try:
        return FlowDocument.model_validate(data)
    except ValidationError as error:
        raise FlowError(explained(error, source, lines)) from None


def _short(path: Path) -> str:
    """The path as one writes it in the checkout."""
    try:
        return str(path.resolve().relative_to(Path(__file__).resolve().parent.parent))
    except ValueError:
        return str(path)
