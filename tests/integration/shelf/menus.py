"""Small menus for the tests of versions: a line that uses a part, and the two flows that every call needs."""

from __future__ import annotations

from pathlib import Path

AMBULANCE = """\
flow: helping
exits: [done]
start: confirm
nodes:
  confirm:
    kind: menu
    prompt: [ambulance.confirm]
    keys:
      1: dial
    exhausted: dial
  dial:
    kind: transfer
    target: ambulance
    prompt: [ambulance.connecting]
    done: "@done"
    failed: "@done"
"""

LINE = """\
flow: line_104
title: {hi: "परीक्षण", en: "Trial line"}
start: main
everywhere:
  8: helping
nodes:
  main:
    kind: menu
    prompt: [welcome]
    keys:
      1: bye
    exhausted: bye
  helping:
    kind: subflow
    flow: helping
    exits: {done: bye}
  bye:
    kind: goodbye
    prompt: [goodbye.patient]
"""

# Another version: two questions instead of one.
LONGER_LINE = LINE.replace("      1: bye\n", "      1: bye\n      2: more\n").replace(
    "  bye:\n",
    "  more:\n    kind: menu\n    prompt: [menu.wrong]\n    keys: {1: bye}\n    exhausted: bye\n  bye:\n",
)

# The part with another prompt: what uses it changes with it.
OTHER_AMBULANCE = AMBULANCE.replace("prompt: [ambulance.connecting]", "prompt: [please.hold]")

OFFER = """\
flow: offer
audience: doctor
start: offer
nodes:
  offer:
    kind: menu
    prompt: [$offer]
    keys:
      1: {result: accepted, go: bye}
    exhausted: {result: unconfirmed, go: bye}
  bye:
    kind: goodbye
    prompt: [please.hold]
"""

DISPOSITION = """\
flow: disposition
audience: doctor
start: ask
nodes:
  ask:
    kind: menu
    prompt: [disposition.ask]
    keys:
      1: {result: advice, go: thanks}
    exhausted: {result: none, go: thanks}
  thanks:
    kind: goodbye
    prompt: [disposition.thanks]
"""

SHIPPED = {"helping": AMBULANCE, "line_104": LINE, "offer": OFFER, "disposition": DISPOSITION}


def written(folder: Path, **changes: str) -> Path:
    """The folder of shipped menus, with some texts changed (`line_104=…`)."""
    folder.mkdir(exist_ok=True)
    for name, text in (SHIPPED | changes).items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
