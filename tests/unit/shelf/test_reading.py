"""A text and its parts become a flow; the parts that it uses, and no others, are frozen with it."""

from __future__ import annotations

import pytest

from shelf.reading import Readings, read
from tests.integration.shelf.menus import AMBULANCE, LINE, OTHER_AMBULANCE

# A part that uses a part.
OUTER = """\
flow: outer
exits: [done]
start: helping
nodes:
  helping: {kind: subflow, flow: helping, exits: {done: thanks}}
  thanks: {kind: say, prompt: [welcome], go: "@done"}
"""
USES_OUTER = LINE.replace("flow: helping", "flow: outer")


def test_a_text_is_frozen_with_the_parts_it_uses_and_theirs() -> None:
    reading = read("line_104", USES_OUTER, {"outer": OUTER, "helping": AMBULANCE, "unused": AMBULANCE}, {})
    assert reading.errors == ()
    assert reading.parts == {"helping": AMBULANCE, "outer": OUTER}


@pytest.mark.parametrize("written", ["flow: 'helping'", 'flow: "helping"', '"flow" : helping', "flow:   helping"])
def test_a_part_is_found_however_its_name_is_written(written: str) -> None:
    reading = read("line_104", LINE.replace("flow: helping", written), {"helping": AMBULANCE}, {})
    assert (reading.errors, set(reading.parts)) == ((), {"helping"})


def test_another_text_of_a_part_is_another_version_and_the_same_texts_are_the_same() -> None:
    one, two, again = (
        read("line_104", LINE, {"helping": part}, {}).flow for part in (AMBULANCE, OTHER_AMBULANCE, AMBULANCE)
    )
    assert one is not None
    assert two is not None
    assert again is not None
    assert one.version == again.version != two.version


def test_a_version_is_read_again_from_what_it_was_frozen_with() -> None:
    first = read("line_104", USES_OUTER, {"outer": OUTER, "helping": AMBULANCE}, {})
    assert read("line_104", USES_OUTER, first.parts, {}).flow == first.flow


def test_a_part_that_is_not_there_or_contains_itself_is_a_fault() -> None:
    missing = read("line_104", LINE, {}, {})
    assert (missing.flow, [fault.line for fault in missing.errors]) == (None, [13])
    round_about = AMBULANCE.replace("kind: transfer", "kind: subflow\n    flow: outer\n    exits: {done: dial} #")
    assert read("outer", OUTER, {"helping": round_about}, {}).flow is None


def test_parts_in_parts_do_not_grow_without_bound() -> None:
    def using(part: str) -> str:
        uses = "".join(f"  u{n}: {{kind: subflow, flow: {part}, exits: {{done: u{n + 1}}}}}\n" for n in range(40))
        return (
            f"flow: {part}x\nexits: [done]\nstart: u0\nnodes:\n{uses}  u40: {{kind: say, prompt: [a], go: '@done'}}\n"
        )

    parts = {"helping": AMBULANCE, "helpingx": using("helping"), "helpingxx": using("helpingx")}
    reading = read("helpingxxx", using("helpingxx"), parts, {})
    assert reading.flow is None
    assert "more than 5000 nodes" in reading.faults[0].what
    assert read("helpingx", parts["helpingx"], parts, {}).errors == ()


def test_only_a_flow_with_exits_is_a_part() -> None:
    assert read("helping", AMBULANCE, {}, {}).is_part
    assert not read("line_104", LINE, {"helping": AMBULANCE}, {}).is_part


def test_what_was_read_is_remembered_until_texts_or_prompts_change() -> None:
    readings = Readings()
    first = readings.read("line_104", LINE, {"helping": AMBULANCE, "unused": "x"}, {"hi": {"welcome"}})
    assert readings.read("line_104", LINE, {"helping": AMBULANCE}, {"hi": {"welcome"}}) is first
    assert readings.read("line_104", LINE, {"helping": OTHER_AMBULANCE}, {"hi": {"welcome"}}) is not first
    assert readings.read("line_104", LINE, {"helping": AMBULANCE}, {"hi": set()}) is not first
