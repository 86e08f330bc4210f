"""PURE: what may happen next in a flow, and what services could answer: for simulator, random callers and planners."""

from __future__ import annotations

from collections.abc import Mapping

from flows.definition import Collect, Flow
from flows.events import (
    Bridged,
    BridgeEnded,
    FlowEvent,
    Item,
    Keyed,
    NobodyFree,
    Placed,
    Played,
    Recorded,
    Served,
    Silent,
    Started,
    TransferEnded,
)
from flows.services import SERVICES
from flows.state import FlowState

KEYPAD = "0123456789*"
REASONS = ("all_busy", "all_declined", "nobody_on_duty", "queue_full")

# Values by the variable's name where any text would not do, because a prompt's name ends with it; else by type.
_BY_NAME: Mapping[str, str] = {
    "patient": "1",
    "mobile": "yes",
    "sms_to": "+919876543210",
    "age": "34",
    "age_unit": "years",
    "district": "bhopal",
    "opd_district": "bhopal",
    "state": "madhya_pradesh",
    "centre": "sample",
    "opd": "12",
    "specialty": "heart",
    "skill": "hub:1",
    "spoke": "1",
    "token": "17",
    "ahead": "3",
    "wait": "12",
    "slip_number": "4213",
    "language": "hi",
    "gender": "female",
    "institution": "health_centre",
    "duty": "on",
    "opens_day": "tomorrow",
}
_BY_TYPE: Mapping[str, str] = {
    "number": "2",
    "flag": "yes",
    "digits": "462001",
    "date": "2026-11-24",
    "time": "09:30",
    "text": "sample",
    "choice": "",
}
_ITEMS: Mapping[str, tuple[Item, ...]] = {
    "patients": (Item("1", ("=year:1976", "=gender:female")), Item("2", ("=year:2019", "=gender:male"))),
    "languages": tuple(Item(name, (f"=language_offer:{name}:#",)) for name in ("hi", "en")),
    "districts": tuple(Item(name, (f"district.{name}",)) for name in ("bhopal", "indore")),
    "opds": tuple(Item(number, (f"specialty.{name}",)) for number, name in (("12", "heart"), ("13", "skin"))),
}
_DIGITS: Mapping[str, str] = {"date": "24111990", "pincode": "462001", "pin": "1234", "mobile": "9876543210"}


# Outcomes that mean that nothing was found: they fill no variables.
_NOTHING = frozenset({"failed", "new", "withheld", "none", "unknown", "gone", "wrong", "locked"})

_NOT_WITH: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("line", "open"): ("opens_on", "opens_at"),
    ("hub", "open"): ("opens_on", "opens_at"),
    ("opd", "open"): ("opens_on", "opens_at"),
    ("opd", "closed"): ("closes_at",),
    ("opd", "full"): ("closes_at",),
    ("issue_token", "full"): ("token", "ahead"),
    ("queue", "free"): ("waiting", "wait"),
}

# What an answer empties: a day that has a name is not said as a date, too.
_EMPTIED: Mapping[tuple[str, str], tuple[str, ...]] = {("next_opening", "found"): ("opens_on",)}


def served(flow: Flow, service: str, outcome: str = "") -> Served:
    """What `service` could answer with `outcome` (its first if none is named); `failed` brings nothing."""
    offer = SERVICES[service]
    outcome = outcome or offer.outcomes[0]
    if outcome in _NOTHING:
        return Served(outcome)
    gives = {name: kind for name, kind in offer.gives.items() if name not in _NOT_WITH.get((service, outcome), ())}
    values = {name: _value(flow, name, kind) for name, kind in gives.items() if kind != "list"}
    values |= dict.fromkeys(_EMPTIED.get((service, outcome), ()), "")
    lists = {name: _ITEMS.get(name, ()) for name, kind in gives.items() if kind == "list"}
    return Served(outcome, values, lists)


def digits_for(node: Collect) -> str:
    """Digits that a collect node takes."""
    if node.form == "digits":
        return "1234567890"[: max(node.least, 1)]
    return _DIGITS.get(node.form, str(min(max(node.least, 34), node.most)))


def possible(flow: Flow, state: FlowState, service: str = "", *, seeking: bool = False) -> list[FlowEvent]:
    """Every event that may come now; keys only such as differ in what they do.

    `service` is the one that was asked, `seeking` whether a search for a doctor goes on.
    """
    others: list[FlowEvent] = [Bridged(), *map(NobodyFree, REASONS), Placed(3, "5")] if seeking else []
    return [*_answers(flow, state, service), *others]


def _answers(flow: Flow, state: FlowState, service: str) -> list[FlowEvent]:
    match state.waiting:
        case "":
            return [Started()]
        case "input":
            return [*map(Keyed, keys(flow, state)), Silent()]
        case "playback":
            return [Played()]
        case "bridge":
            return [BridgeEnded()]
        case "transfer":
            return [TransferEnded(True), TransferEnded(False)]
        case "service":
            return [served(flow, service, outcome) for outcome in (*SERVICES[service].outcomes, "failed")]
        case "recording":
            return [Recorded("message.wav"), Recorded("")]
        case _:
            return []


def keys(flow: Flow, state: FlowState) -> list[str]:
    """What may be keyed at the present question: each key, a lone # (""), and what a collect node takes or refuses."""
    node = flow.nodes.get(state.node)
    if not isinstance(node, Collect) or state.digits:
        return [*KEYPAD, ""]
    return [digits_for(node), str(node.most + 1) if node.form != "digits" else "1" * (node.most + 1), "4*", "*", ""]


def _value(flow: Flow, name: str, kind: str) -> str:
    declared = flow.variables.get(name)
    allowed = declared.of if declared else ()
    value = _BY_NAME.get(name) or _BY_TYPE[kind]
    return value if not allowed or value in allowed else allowed[0]
