"""PURE: a flow's YAML text as data, and on which line each part of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from flows.errors import Fault, FlowError

MOST_CHARACTERS = 262_144

Path = tuple[str, ...]


class _Yaml(yaml.SafeLoader):
    """YAML in which a key written twice is an error: of two lines for key 1 the first would be lost silently.

    Aliases are refused: nobody writes them in a menu, and nine lines of them make a billion nodes.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "an alias (*name) is not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in names:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} is there twice", key.start_mark)
            names.add(name)
        return super().construct_mapping(node, deep)


# As in YAML 1.2, which editors check by: `yes:` and `no:` are words, not the numbers' cousins true and false.
_Yaml.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str, source: str) -> tuple[Any, dict[Path, int]]:
    """The data, and the line (from 1) of every part by its path. FlowError where the text is not YAML."""
    if len(text) > MOST_CHARACTERS:
        raise FlowError(
            [Fault(source, 0, "", f"this is longer than {MOST_CHARACTERS} characters", "split it into parts")]
        )
    try:
        loader = _Yaml(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"the character {chr(error.character)!r} cannot stand in a text"
        raise FlowError([Fault(source, line, "", what, "delete it, or save the file as UTF-8")]) from None
    try:
        root = loader.get_single_node()
        if root is None:
            return None, {}
        lines: dict[Path, int] = {}
        _note_lines(root, (), lines)
        return loader.construct_document(root), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        is_tab = "'\\t'" in str(error.problem)
        what, advice = ("a tab stands here", "indent with spaces only") if is_tab else (f"{error.problem}", _ADVICE)
        raise FlowError([Fault(source, mark.line + 1 if mark else 0, "", what, advice)]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FlowError([Fault(source, 0, "", f"this is not YAML: {error}", _ADVICE)]) from None
    finally:
        loader.dispose()


_ADVICE = "look at this line and the one before it: indentation, colons, quotes, a name written twice"


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the nearest part that stands in the text; 0 if none does."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(path[:length])) is not None:
            return line
    return 0


def _note_lines(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            lines[here] = key.start_mark.line + 1
            _note_lines(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            here = (*path, str(index))
            lines[here] = value.start_mark.line + 1
            _note_lines(value, here, lines)
