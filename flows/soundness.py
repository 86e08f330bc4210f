"""PURE: what is wrong with a flow as a whole: a node that leads nowhere, in a circle, or past help."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from flows.definition import (
    Branch,
    Choose,
    Collect,
    Edge,
    Flow,
    Menu,
    Record,
    Say,
    SeekDoctor,
    SendSms,
    StoreCallback,
    TransferCall,
    UseService,
    edges,
    everywhere_counts,
    said_by,
    ways,
)
from flows.errors import Fault, Severity
from flows.explaining import like
from flows.paging import PROMPTS as PAGING_PROMPTS
from flows.services import GIVEN, SERVICES

LONGEST_PROMPT_SECONDS = 12.0
MOST_CHOICES = 6
AMBULANCE_KEY = "8"
_OWN_KEYS = "1234567"
_A_FEW = 3

Found = tuple[str, str, str, Severity]  # node, what, advice, severity


def faults(
    flow: Flow,
    *,
    prompts: Mapping[str, Collection[str]] | None = None,
    durations: Mapping[str, float] | None = None,
) -> list[Fault]:
    """Everything wrong with a flow or a part, in the order of its file."""
    found: list[Found] = list(_missing_nodes(flow))
    if not found:  # the rest walks the edges, which must lead somewhere
        for check in _CHECKS:
            found.extend(check(flow))
        if not flow.exits:
            for check in _WHOLE_FLOW_CHECKS:
                found.extend(check(flow))
        found.extend(_unknown_prompts(flow, prompts or {}))
        found.extend(_long_prompts(flow, durations or {}))
    order = {name: number for number, name in enumerate(flow.nodes)}
    found.sort(key=lambda item: order.get(item[0], -1))
    return [_placed(flow, *item) for item in dict.fromkeys(found)]


def _placed(flow: Flow, node: str, what: str, advice: str, severity: Severity) -> Fault:
    """The fault at its place. What a part has to answer for is said in the part's own words, and so only once."""
    own = flow.places.get("")
    place = flow.places.get(node) or own
    if place is not None and own is not None and place.source != own.source:
        before = node[: node.rindex("/") + 1] if "/" in node else ""
        node, what = node.removeprefix(before), what.replace(before, "") if before else what
    return Fault(place.source if place else flow.name, place.line if place else 0, node, what, advice, severity)


def _error(node: str, what: str, advice: str) -> Found:
    return node, what, advice, "error"


def _warning(node: str, what: str, advice: str) -> Found:
    return node, what, advice, "warning"


# --- where things lead --------------------------------------------------------------------------------------------


def _missing_nodes(flow: Flow) -> Iterator[Found]:
    exits = {f"@{name}" for name in flow.exits}
    if flow.start not in flow.nodes:
        yield _error("", f"start leads to {flow.start!r}, which is no node", _nearest(flow, flow.start))
    for key, go in flow.everywhere.items():
        if go.to not in flow.nodes:
            yield _error("", f"everywhere: {key} leads to {go.to!r}, which is no node", _nearest(flow, go.to))
    for edge in edges(flow):
        named_elsewhere = edge.by == "meanwhile" or edge.by.startswith("everywhere")
        if edge.go.to not in flow.nodes and edge.go.to not in exits and not named_elsewhere:
            yield _error(edge.node, f"{edge.by} leads to {edge.go.to!r}, which is no node", _nearest(flow, edge.go.to))
    for name, node in flow.nodes.items():
        for question in node.meanwhile if isinstance(node, SeekDoctor) else ():
            if not any(other == question or other.startswith(f"{question}/") for other in flow.nodes):
                yield _error(name, f"meanwhile names {question!r}, which is no node", _nearest(flow, question))


def _nearest(flow: Flow, name: str) -> str:
    part, _, leaf = name.rpartition("/")
    before = f"{part}/" if part else ""
    beside = {node.removeprefix(before).partition("/")[0] for node in flow.nodes if node.startswith(before)}
    return f"{like(leaf, beside)}write one of the nodes of this flow, or add the node"


def _unreachable(flow: Flow) -> Iterator[Found]:
    reached = _reach(flow, [flow.start])
    whole = {name for used in reached for name in _within(used)}
    for name in flow.nodes:
        if name not in reached:
            # A part that nothing leads to is one fault, of the flow that uses it.
            here = next(outer for outer in _within(name) if outer not in whole)
            yield _error(here, "nothing leads here", "lead some answer here, or delete the node")


def _within(name: str) -> list[str]:
    """A node in a part in a part: the outermost first, itself last."""
    steps = name.split("/")
    return ["/".join(steps[:length]) for length in range(1, len(steps) + 1)]


def _dead_ends(flow: Flow) -> Iterator[Found]:
    """From every node the call must be able to come to an end by itself: a goodbye, or an exit of a part."""
    before: dict[str, set[str]] = {}
    ends = {name for name, node in flow.nodes.items() if isinstance(node, Say) and node.go is None}
    for edge in edges(flow):
        if edge.go.to.startswith("@"):
            ends.add(edge.node)
        before.setdefault(edge.go.to, set()).add(edge.node)
    good = _closure(ends, lambda name: before.get(name, ()))
    for name in flow.nodes:
        if name not in good:
            yield _error(name, "from here the call can never end", "lead some answer on to a goodbye")


def _endless(flow: Flow) -> Iterator[Found]:
    """A caller who does nothing must not go round in a circle; neither must a flow that waits for nothing."""
    quiet: dict[str, list[str]] = {}
    for edge in edges(flow):
        if _goes_by_itself(edge) and not _back_to_the_music(flow, edge):
            quiet.setdefault(edge.node, []).append(edge.go.to)
    for name in flow.nodes:
        if name in _closure(quiet.get(name, ()), lambda node: quiet.get(node, ())):
            advice = "lead the silent caller on to a goodbye, a doctor or another place that ends"
            yield _error(name, "a caller who presses nothing comes back here for ever", advice)


_BY_ITSELF = frozenset(
    {"silence", "exhausted", "said", "otherwise", "failed", "empty", "meanwhile", "gave_up", "stored", "impossible"}
    | {"nothing", "sent", "no_mobile"}
)


def _goes_by_itself(edge: Edge) -> bool:
    return edge.by in _BY_ITSELF or edge.by.startswith(("case:", "outcome:"))


def _back_to_the_music(flow: Flow, edge: Edge) -> bool:
    """Whoever has been asked what is asked meanwhile just waits: the questions do not begin again."""
    node = flow.nodes.get(edge.go.to)
    asked = node.meanwhile if isinstance(node, SeekDoctor) else ()
    return any(edge.node == name or edge.node.startswith(f"{name}/") for name in asked)


# --- keys and questions -------------------------------------------------------------------------------------------


def _keys(flow: Flow) -> Iterator[Found]:
    for key in sorted(set(flow.everywhere) & set(_OWN_KEYS)):
        advice = "take 8, 9 or 0: 1 to 6 are the menus' own choices, 7 says more"
        yield _error("", f"`everywhere` has a {key}, which would mean another thing in every menu", advice)
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu):
            continue
        choices = [key for key in node.keys if key in "123456"]
        if not node.keys:
            yield _error(name, "a menu without keys", "give it `keys`, or make it a `say`")
        if node.sort == "menu" and (len(choices) > MOST_CHOICES or ("7" in node.keys and not _is_more(flow, name))):
            advice = "put the rest into a second menu under 7 (more): nobody remembers more than six"
            yield _warning(name, f"more than {MOST_CHOICES} choices", advice)
        yield from _doubled_words(name, node)


def _is_more(flow: Flow, name: str) -> bool:
    """7 leads to another menu, and chooses nothing itself."""
    node = flow.nodes[name]
    if not isinstance(node, Menu) or node.keys["7"].assign:
        return False
    return isinstance(flow.nodes.get(node.keys["7"].to), Menu | Choose)


def _doubled_words(name: str, node: Menu) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for key, words in node.words.items():
        if key not in node.keys:
            yield _error(name, f"words for key {key}, which the menu does not have", "give them to one of its keys")
        for word in words:
            if seen.setdefault(word, key) != key:
                yield _error(name, f"the word {word!r} stands for two keys", "keep it at one of them")


def _ranges(flow: Flow) -> Iterator[Found]:
    for name, node in flow.nodes.items():
        if isinstance(node, Collect) and not 0 <= node.least <= node.most:
            yield _error(name, "`least` must not be over `most`", "exchange them")
        if isinstance(node, Collect) and node.form in ("digits", "pin") and not 1 <= node.most <= 20:
            yield _error(name, "between 1 and 20 digits can be keyed", "`most` is a number of digits here")
        for field in ("prompt", "busy", "nobody"):
            if getattr(node, field, None) == () and not isinstance(node, Choose):
                yield _error(name, f"`{field}` says nothing, so the caller would hear silence", "give it a prompt")


def _past_the_ambulance(flow: Flow) -> Iterator[Found]:
    """8 is a way to the ambulance from every question, one key further where digits are data (`star`)."""
    found = [] if flow.audience == "doctor" else list(_without_ambulance(flow))
    if AMBULANCE_KEY not in flow.everywhere and len(found) > _A_FEW:
        advice = "write `everywhere: {8: <the node that asks to confirm the ambulance>}`"
        what = f"`everywhere` has no 8, so the ambulance cannot be reached from {len(found)} questions"
        found = [_error("", what, advice)]
    yield from found


def _without_ambulance(flow: Flow) -> Iterator[Found]:
    leading = _leading_to_ambulance(flow)
    for name, node in flow.nodes.items():
        if isinstance(node, Menu | Choose | SeekDoctor) and not _offers_ambulance(flow, name, leading):
            advice = (
                "set `everywhere: {8: …}` in the flow and let it count here, or give this node a key that leads there"
            )
            yield _error(name, "the ambulance cannot be reached from here", advice)
        if isinstance(node, Collect) and not (node.star and _offers_ambulance(flow, node.star, leading)):
            advice = "`star` must name a menu from which 8 leads to the ambulance"
            yield _error(name, "the ambulance cannot be reached from here", advice)


def _leading_to_ambulance(flow: Flow) -> set[str]:
    """Nodes on the way that 8 opens: the ambulance itself and its confirmation."""
    found = {name for name, node in flow.nodes.items() if isinstance(node, TransferCall) and node.target == "ambulance"}
    confirming = {
        name
        for name, node in flow.nodes.items()
        if isinstance(node, Menu) and any(go.to in found for go in node.keys.values())
    }
    return found | confirming


def _offers_ambulance(flow: Flow, name: str, leading: Collection[str]) -> bool:
    if name in leading:
        return True
    node = flow.nodes.get(name)
    if isinstance(node, Menu | SeekDoctor) and AMBULANCE_KEY in node.keys:
        return node.keys[AMBULANCE_KEY].to in leading
    counts = isinstance(node, SeekDoctor) or (isinstance(node, Menu | Choose) and node.everywhere)
    return counts and AMBULANCE_KEY in flow.everywhere and flow.everywhere[AMBULANCE_KEY].to in leading


# --- variables and services ---------------------------------------------------------------------------------------


def _variables(flow: Flow) -> Iterator[Found]:
    declared = {*GIVEN, *flow.variables}
    for name in flow.nodes:
        for variable in sorted(_named(flow, name)):
            if variable not in declared:
                advice = f"{like(variable, declared)}declare it: `variables: {{{variable}: {{type: …}}}}`"
                yield _error(name, f"the variable {variable!r} is not declared", advice)
    for edge in edges(flow):
        for variable, value in edge.go.assign.items():
            kind = flow.variables.get(variable)
            if kind is not None and kind.type == "choice" and kind.of and value not in kind.of and value:
                yield _error(edge.node, f"{variable} cannot be {value!r}", f"it is one of {', '.join(kind.of)}")
            if kind is not None and kind.type == "flag" and value not in ("yes", "no", ""):
                yield _error(edge.node, f"{variable} cannot be {value!r}", "a flag is yes or no")
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
            found |= {item[1:] for item in (node.category, node.priority, *node.skills) if item.startswith("=")}
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
                        yield _error(name, f"{variable} is never {value!r}", f"it is one of {', '.join(kind.of)}")


def _services(flow: Flow) -> Iterator[Found]:
    for name, node in flow.nodes.items():
        if not isinstance(node, UseService):
            continue
        service = SERVICES.get(node.service)
        if service is None:
            advice = f"{like(node.service, SERVICES)}there are: {', '.join(SERVICES)}"
            yield _error(name, f"there is no service {node.service!r}", advice)
            continue
        for argument in set(node.arguments) - set(service.takes):
            takes = ", ".join(service.takes) or "nothing"
            yield _error(name, f"the service takes no {argument!r}", f"it takes {takes}")
        for outcome in set(node.outcomes) ^ set(service.outcomes):
            what = "leads nowhere" if outcome in service.outcomes else "does not exist"
            yield _error(name, f"the outcome {outcome!r} {what}", f"its outcomes are {', '.join(service.outcomes)}")


# --- prompts --------------------------------------------------------------------------------------------------------


def _unknown_prompts(flow: Flow, prompts: Mapping[str, Collection[str]]) -> Iterator[Found]:
    for name in (*flow.nodes, ""):
        for language, known in prompts.items():
            for prompt in sorted(_said_at(flow, name) - set(known)):
                advice = f"{like(prompt, known)}add it to prompts/catalogue/{language}/"
                yield _error(name, f"the prompt {prompt!r} is missing in language {language!r}", advice)


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
    return found | (set(PAGING_PROMPTS) if isinstance(node, Choose) else set())


def _long_prompts(flow: Flow, durations: Mapping[str, float]) -> Iterator[Found]:
    for name in flow.nodes:
        for prompt in sorted(_said_at(flow, name)):
            seconds = durations.get(prompt, 0.0)
            if seconds > LONGEST_PROMPT_SECONDS:
                what = f"the prompt {prompt!r} takes {seconds:.0f} s"
                yield _warning(
                    name, what, f"cut it to {LONGEST_PROMPT_SECONDS:.0f} s: who waits longer presses anything"
                )


# --- walking ----------------------------------------------------------------------------------------------------------


def _reach(flow: Flow, start: Iterable[str]) -> set[str]:
    after: dict[str, set[str]] = {}
    for edge in edges(flow):
        after.setdefault(edge.node, set()).add(edge.go.to)
    return _closure(start, lambda name: after.get(name, ()))


def _closure(start: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(following(name))
    return seen


_CHECKS = (_unreachable, _dead_ends, _endless, _keys, _ranges, _variables, _services)
# A part has no `everywhere` of its own: whether help is near is seen where it is used.
_WHOLE_FLOW_CHECKS = (_past_the_ambulance,)
