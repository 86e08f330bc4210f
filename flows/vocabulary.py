"""PURE: whether a flow's names mean something: its variables and their values, services, and prompts to be said."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flows.definition import (
    Branch,
    Choose,
    Collect,
    Flow,
    Record,
    SeekDoctor,
    SendSms,
    StoreCallback,
    UseService,
    edges,
    everywhere_counts,
    said_by,
    ways,
)
from flows.errors import Found, error, warning
from flows.explaining import like
from flows.paging import PROMPTS as PAGING_PROMPTS
from flows.queueing import PROMPTS as QUEUE_PROMPTS
from flows.services import GIVEN, SERVICES

LONGEST_PROMPT_SECONDS = 12.0


def variables(flow: Flow) -> Iterator[Found]:
    declared = {*GIVEN, *flow.variables}
    for name in flow.nodes:
        for variable in sorted(_named(flow, name)):
            if variable not in declared:
                advice = f"{like(variable, declared)}declare it: `variables: {{{variable}: {{type: …}}}}`"
                yield error(name, f"the variable {variable!r} is not declared", advice)
    for edge in edges(flow):
        for variable, value in edge.go.assign.items():
            kind = flow.variables.get(variable)
            if kind is not None and kind.type == "choice" and kind.of and value not in kind.of and value:
                yield error(edge.node, f"{variable} cannot be {value!r}", f"it is one of {', '.join(kind.of)}")
            if kind is not None and kind.type == "flag" and value not in ("yes", "no", ""):
                yield error(edge.node, f"{variable} cannot be {value!r}", "a flag is yes or no")
    yield from _branch_values(flow)


def _named(flow: Flow, name: str) -> set[str]:
    """The variables a node uses."""
    node = flow.nodes[name]
    found = {item.partition(":")[2] for item in said_by(node) if item[0] in "=?"}
    found |= {item[1:] for item in said_by(node) if item[0] == "&"}
    counting = [go for key, go in flow.everywhere.items() if everywhere_counts(node, key)]
    for go in [*counting, *(go for _, go in ways(node))]:
        found |= set(go.assign)
    match node:
        case Collect() | Record():
            found.add(node.name)
        case Choose():
            found |= {node.source, node.name}
        case Branch():
            found |= {variable for case in node.cases for variable in case.when}
        case UseService():
            found |= {value for value in node.arguments.values() if not value.startswith("=")}
            service = SERVICES.get(node.service)
            found |= set(service.gives) if service is not None else set()
        case SendSms():
            found |= {value for value in node.values.values() if not value.startswith("=")}
        case SeekDoctor():
            words = (node.category, node.priority, node.gender, *node.skills)
            found |= {item[1:] for item in words if item.startswith("=")}
        case StoreCallback() if node.category.startswith("="):
            found.add(node.category[1:])
    return found


def _branch_values(flow: Flow) -> Iterator[Found]:
    for name, node in flow.nodes.items():
        for case in node.cases if isinstance(node, Branch) else ():
            for variable, condition in case.when.items():
                kind = flow.variables.get(variable)
                values = condition if isinstance(condition, tuple) else ()
                if kind is not None and kind.type == "choice" and kind.of:
                    for value in set(values) - set(kind.of):
                        yield error(name, f"{variable} is never {value!r}", f"it is one of {', '.join(kind.of)}")


def services(flow: Flow) -> Iterator[Found]:
    for name, node in flow.nodes.items():
        if not isinstance(node, UseService):
            continue
        service = SERVICES.get(node.service)
        if service is None:
            advice = f"{like(node.service, SERVICES)}there are: {', '.join(SERVICES)}"
            yield error(name, f"there is no service {node.service!r}", advice)
            continue
        for argument in set(node.arguments) - set(service.takes):
            takes = ", ".join(service.takes) or "nothing"
            yield error(name, f"the service takes no {argument!r}", f"it takes {takes}")
        for outcome in set(node.outcomes) ^ set(service.outcomes):
            what = "leads nowhere" if outcome in service.outcomes else "does not exist"
            yield error(name, f"the outcome {outcome!r} {what}", f"its outcomes are {', '.join(service.outcomes)}")


# --- prompts --------------------------------------------------------------------------------------------------------


def unknown_prompts(flow: Flow, prompts: Mapping[str, Collection[str]]) -> Iterator[Found]:
    for name in (*flow.nodes, ""):
        for language, known in prompts.items():
            for prompt in sorted(_said_at(flow, name) - set(known)):
                advice = f"{like(prompt, known)}add it to prompts/catalogue/{language}/"
                yield error(name, f"the prompt {prompt!r} is missing in language {language!r}", advice)


def _said_at(flow: Flow, name: str) -> set[str]:
    """The prompt ids said at a node; those with a variable's value in their name by each value it may have."""
    if not name:
        return {prompt for go in flow.everywhere.values() for prompt in go.say if prompt[0] not in "$=?&"}
    node = flow.nodes[name]
    said = said_by(node)
    found = {item for item in said if item[0] not in "$=?&"}
    for item in said:
        if item[0] == "?":
            before, _, variable = item[1:].partition(":")
            kind = flow.variables.get(variable)
            found |= {f"{before}.{value}" for value in (kind.of if kind is not None else ())}
    found |= set(PAGING_PROMPTS) if isinstance(node, Choose) else set()
    return found | (set(QUEUE_PROMPTS) if isinstance(node, SeekDoctor) else set())


def long_prompts(flow: Flow, durations: Mapping[str, float]) -> Iterator[Found]:
    for name in flow.nodes:
        for prompt in sorted(_said_at(flow, name)):
            seconds = durations.get(prompt, 0.0)
            if seconds > LONGEST_PROMPT_SECONDS:
                what = f"the prompt {prompt!r} takes {seconds:.0f} s"
                yield warning(
                    name, what, f"cut it to {LONGEST_PROMPT_SECONDS:.0f} s: who waits longer presses anything"
                )
