"""PURE: turns a flow as it is written (flows/document.py) into one that the engine walks, with its parts put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from flows import document as doc
from flows.definition import (
    Bounds,
    Branch,
    Case,
    Choose,
    Collect,
    Condition,
    Flow,
    Go,
    Menu,
    Node,
    Place,
    Record,
    Say,
    SeekDoctor,
    SendSms,
    StoreCallback,
    TransferCall,
    UseService,
    VariableType,
)


def lower(document: doc.FlowDocument, version: str, parts: Mapping[str, Flow], places: Mapping[str, Place]) -> Flow:
    """The flow to walk. `parts` are lowered already; one that is missing is left out and its node leads nowhere."""
    nodes: dict[str, Node] = {}
    entries: dict[str, str] = {}
    all_places = dict(places)
    titles: dict[str, Mapping[str, str]] = {
        "": document.title,
        **{name: node.title for name, node in document.nodes.items() if node.title},
    }
    variables = {name: VariableType(item.type, tuple(item.of)) for name, item in document.variables.items()}
    used: list[str] = []
    for name, node in document.nodes.items():
        if not isinstance(node, doc.SubflowNode):
            nodes[name] = _node(node)
            continue
        part = parts.get(node.flow)
        if part is None:
            continue
        used += [node.flow, *part.parts]
        exits = {exit_name: _go(go) for exit_name, go in node.exits.items()}
        nodes |= _embedded(part, name, exits)
        entries[name] = f"{name}/{part.start}"
        variables = dict(part.variables) | variables
        all_places |= {f"{name}/{inner}": place for inner, place in part.places.items()}
        titles |= {f"{name}/{inner}": title for inner, title in part.titles.items() if inner}
        titles.setdefault(name, part.titles.get("", {}))

    def enter(target: str) -> str:
        return entries.get(target, target)

    return Flow(
        name=document.flow,
        version=version,
        start=enter(document.start),
        nodes={name: _retargeted(node, lambda go: replace(go, to=enter(go.to)), enter) for name, node in nodes.items()},
        everywhere={key: replace(go, to=enter(go.to)) for key, go in _keys(document.everywhere).items()},
        variables=variables,
        audience=document.audience,
        exits=tuple(document.exits),
        places=all_places,
        titles=titles,
        parts=tuple(dict.fromkeys(used)),
    )


def _embedded(part: Flow, name: str, exits: Mapping[str, Go]) -> dict[str, Node]:
    """A part's nodes under their names in the flow that uses it, its exits led on."""

    def rename(target: str) -> str:
        return f"{name}/{target}"

    def lead(go: Go) -> Go:
        if not go.to.startswith("@"):
            return replace(go, to=rename(go.to))
        onward = exits.get(go.to[1:])
        if onward is None:
            return go
        return Go(onward.to, {**go.assign, **onward.assign}, go.say + onward.say, onward.result or go.result)

    return {rename(inner): _retargeted(node, lead, rename, f"{name}/") for inner, node in part.nodes.items()}


def _retargeted(node: Node, lead: Callable[[Go], Go], enter: Callable[[str], str], before: str = "") -> Node:
    """The node with every way out led elsewhere."""
    changes: dict[str, Any] = {}
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, Go):
            changes[item.name] = lead(value)
        elif item.name in ("keys", "outcomes"):
            changes[item.name] = {key: lead(go) for key, go in value.items()}
        elif item.name == "cases":
            changes[item.name] = tuple(replace(case, go=lead(case.go)) for case in value)
        elif item.name in ("star", "first") and value:
            changes[item.name] = enter(value)
        elif item.name == "meanwhile":
            # A part's name stands for all its nodes, so it stays a name.
            changes[item.name] = tuple(before + question for question in value)
    return replace(node, **changes)


def _node(node: Any) -> Node:
    """One node, other than a subflow."""
    match node:
        case doc.MenuNode():
            words = {key: tuple(words) for key, words in node.words.items()}
            return Menu(**_question(node), keys=_keys(node.keys), words=words, everywhere=node.everywhere)
        case doc.YesNoNode():
            keys = {"1": _set(_go(node.yes), node.name, "yes"), "2": _set(_go(node.no), node.name, "no")}
            return Menu(**_question(node), keys=keys, sort="yes_no", everywhere=node.everywhere)
        case doc.TriageNode():
            keys = {"1": _go(node.yes), "2": _go(node.no)}
            return Menu(**_question(node), keys=keys, sort="triage", everywhere=node.everywhere)
        case doc.ConsentNode():
            keys = {"1": _go(node.granted), "2": _go(node.refused)}
            question = _question(node)
            return Menu(**question, keys=keys, sort="consent", about=node.to, everywhere=node.everywhere)
        case doc.CollectNode():
            return Collect(
                **_question(node),
                name=node.name,
                form=node.as_,
                least=node.least,
                most=node.most,
                unit=node.unit,
                go=_go(node.go),
                skip=_maybe(node.skip),
                star=node.star,
                read_back=_prompts(node.read_back),
                unconfirmed=_maybe(node.unconfirmed),
                wrong_mobile={what: _prompts(words) for what, words in node.wrong_mobile.items()},
            )
        case doc.ChooseNode():
            return Choose(
                **_question(node),
                source=node.from_,
                name=node.name,
                go=_go(node.go),
                other=_maybe(node.other),
                empty=_go(node.empty),
                everywhere=node.everywhere,
            )
        case doc.RouteNode():
            return SeekDoctor(
                prompt=_prompts(node.prompt),
                busy=_prompts(node.busy),
                nobody=_prompts(node.nobody),
                keys=_keys(node.keys),
                after=_go(node.after),
                gave_up=_go(node.gave_up),
                category=node.category,
                priority=node.priority,
                skills=tuple(node.skills),
                first=node.meanwhile[0] if node.meanwhile else "",
                meanwhile=(*node.meanwhile, *_target(node.on_nobody)),
                gender=node.gender,
                offer=_prompts(node.offer),
                on_nobody=_maybe(node.on_nobody),
                on_full=_maybe(node.on_full),
                tips=_prompts(node.tips),
                own_tips={category: _prompts(tips) for category, tips in node.own_tips.items()},
                stretch=node.stretch,
                every=node.every,
                give_up=node.give_up,
            )
    return _simple_node(node)


def _simple_node(node: Any) -> Node:
    """The nodes that ask nothing."""
    match node:
        case doc.SayNode():
            return Say(_prompts(node.prompt), _go(node.go))
        case doc.GoodbyeNode():
            return Say(_prompts(node.prompt))
        case doc.BranchNode():
            cases = tuple(
                Case({name: _condition(test) for name, test in case.when.items()}, _go(case.go)) for case in node.cases
            )
            return Branch(cases, _go(node.otherwise))
        case doc.ServiceNode():
            outcomes = {name: _go(go) for name, go in node.outcomes.items()}
            return UseService(node.service, dict(node.with_), outcomes, _go(node.failed))
        case doc.TransferNode():
            return TransferCall(node.target, _prompts(node.prompt), _go(node.done), _go(node.failed))
        case doc.CallbackNode():
            return StoreCallback(_go(node.go), _go(node.impossible), node.category)
        case doc.RecordNode():
            return Record(node.name, _prompts(node.prompt), _go(node.go), _go(node.nothing), node.seconds)
        case doc.SmsNode():
            return SendSms(node.template, dict(node.with_), _go(node.go), _go(node.no_mobile))
    raise AssertionError(f"{type(node).__name__} is no node")


def _question(node: Any) -> dict[str, Any]:
    return {
        "prompt": _prompts(node.prompt),
        "greeting": _prompts(node.greeting),
        "wrong": _prompts(node.wrong),
        "silent": _prompts(node.silent),
        "retries": node.retries,
        "seconds": node.seconds,
        "exhausted": _go(node.exhausted),
        "on_silence": _maybe(node.on_silence),
        "on_wrong": _maybe(node.on_wrong),
    }


def _condition(test: Any) -> Condition:
    if isinstance(test, doc.Test):
        return Bounds(test.under, test.over, test.from_, test.to, test.known)
    return tuple(test) if isinstance(test, list) else (test,)


def _set(go: Go, name: str | None, value: str) -> Go:
    return replace(go, assign={**go.assign, name: value}) if name else go


def _keys(keys: Mapping[str, Any]) -> dict[str, Go]:
    return {key: _go(go) for key, go in keys.items()}


def _target(go: Any) -> tuple[str, ...]:
    """The node of this flow that a way leads to: who is led there from the queue keeps the place in it."""
    to = "" if go is None else go if isinstance(go, str) else go.go
    return (to,) if to and not to.startswith("@") else ()


def _maybe(go: Any) -> Go | None:
    return None if go is None else _go(go)


def _go(go: Any) -> Go:
    return Go(go) if isinstance(go, str) else Go(go.go, dict(go.set), _prompts(go.say), go.result)


def _prompts(prompts: list[Any]) -> tuple[str, ...]:
    return tuple(_prompt(item) for item in prompts)


def _prompt(item: Any) -> str:
    match item:
        case doc.Value():
            return f"={item.as_}:{item.value}"
        case doc.Named():
            return f"?{item.of}:{item.prompt}"
        case doc.Phrase():
            return f"&{item.phrase}"
    return str(item)
