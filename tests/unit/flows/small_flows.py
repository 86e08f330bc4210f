"""Small flows for tests, written as a department writes them."""

from __future__ import annotations

from textwrap import dedent, indent

from flows.definition import Flow
from flows.errors import Fault
from flows.loader import compile_flows

HEAD = """\
flow: f
audience: {audience}
variables: {{age: {{type: number}}, sex: {{type: choice, of: [female, male]}}, list: {{type: list}},
  one: {{type: text}}, pin: {{type: digits}}, file: {{type: text}}, category: {{type: choice, of: [fever, general]}},
  language: {{type: choice, of: [hi, en]}}, patients: {{type: list}}, mobile: {{type: flag}}, ill: {{type: flag}}}}
start: first
everywhere: {everywhere}
nodes:
"""
FIRST_LINE = HEAD.count("\n") + 1
ENDS = """
bye: {kind: goodbye, prompt: [bye]}
ambulance:
  {kind: menu, prompt: [confirm], keys: {1: dial}, on_silence: dial, on_wrong: bye, exhausted: dial, everywhere: false}
dial: {kind: transfer, target: ambulance, prompt: [dialling], done: bye, failed: bye}
"""


def text(nodes: str, *, audience: str = "patient", everywhere: str = "{8: ambulance}", ends: str = ENDS) -> str:
    """A whole flow's YAML from its nodes, with a goodbye and a way to the ambulance."""
    return HEAD.format(audience=audience, everywhere=everywhere) + indent(dedent(nodes).strip() + ends, "  ")


def small(nodes: str, **how: str) -> Flow:
    """The flow of these nodes, which must be sound."""
    library = compile_flows({"f": text(nodes, **how)})
    assert not library.errors(), "\n".join(map(str, library.errors()))
    return library.flows["f"]


def faults_of(whole: str, **others: str) -> list[Fault]:
    """What is said about a text (of flow f) and the parts beside it."""
    return compile_flows({"f": whole, **others}).faults["f"]
