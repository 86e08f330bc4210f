"""The shipped flows with less patience: forty announcements while nobody is free would take longer than the whole test.

Nothing else is changed: the same nodes, edges and words. Every `route` gives up after one announcement, and its music
comes in stretches of two seconds.
"""

from __future__ import annotations

import re
from pathlib import Path

from config.settings import CHECKOUT

SHIPPED = CHECKOUT / "flows" / "definitions"
_PATIENCE = re.compile(r"^ +(?:give_up|every|stretch): .*\n", re.MULTILINE)
_ROUTE = re.compile(r"^( +)kind: route\n", re.MULTILINE)


def hurried(text: str) -> str:
    """A flow's text with `give_up: 1`, `every: 4` and `stretch: 2` at every route."""
    return _ROUTE.sub(r"\g<0>\1give_up: 1\n\1every: 4\n\1stretch: 2\n", _PATIENCE.sub("", text))


def hurried_flows(folder: Path) -> Path:
    """The shipped flows, hurried, written into `folder`, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in SHIPPED.glob("*.yaml"):
        (folder / path.name).write_text(hurried(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder
