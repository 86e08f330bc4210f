"""PURE: what a drawing calls the boxes and ways of a flow, in the words of the catalogue where it has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from flows.definition import (
    Bounds,
    Branch,
    Case,
    Collect,
    Condition,
    Edge,
    Flow,
    Go,
    Menu,
    Node,
    SendSms,
    TransferCall,
    UseService,
)
from flows.picture.vocabulary import Vocabulary

Words = Callable[[str], str]
_YES_OR_NO = {"1": "yes", "2": "no"}


class Wording:
    """The words for one flow in one language."""

    def __init__(self, flow: Flow, language: str, words: Words, fixed: Vocabulary) -> None:
        self._flow, self._language, self._words = flow, language, words
        self.fixed = fixed
        self._help_menus = {node.star for node in flow.nodes.values() if isinstance(node, Collect)}

    def flow_title(self) -> str:
        """What the flow is called."""
        return self._titled("") or _plain(self._flow.name)

    def part_title(self, part: str) -> str:
        """What a part, "node" or "node/node", is called."""
        return self._titled(part) or _plain(part.rpartition("/")[2])

    def title(self, name: str) -> str:
        """What a box is called: its own title, else what is said there."""
        node = self._flow.nodes[name]
        if name in self._help_menus:
            return self._titled(name) or self.fixed["help_menu"]
        return self._titled(name) or self._of_kind(node) or self._prompt(node) or self._plain_node(name)

    def short_title(self, name: str) -> str:
        """A title for a place that refers to a box: its own, else the node's name; for "@exit", that it leaves."""
        if name.startswith("@"):
            return f"{self.fixed['leaves']} {_plain(name[1:])}"
        return self._titled(name) or self._plain_node(name)

    def said(self, node: Node) -> str:
        """The words that are said there, whole; what depends on the call is shown as dots."""
        return f"{self._spoken(getattr(node, 'greeting', ()))} {self._prompt(node)}".strip()

    def _prompt(self, node: Node) -> str:
        return self._spoken(getattr(node, "prompt", ()))

    def _spoken(self, prompts: Iterable[str]) -> str:
        said = " ".join(filter(None, (self._words(prompt) if prompt[0] not in "$=?&" else "…" for prompt in prompts)))
        return said if said.strip("… ") else ""

    def _plain_node(self, name: str) -> str:
        own = name.rpartition("/")[2]
        return self.fixed.get(f"node.{own}", _plain(name))

    def _titled(self, name: str) -> str:
        titles = self._flow.titles.get(name, {})
        return titles.get(self._language) or titles.get("en", "")

    def _of_kind(self, node: Node) -> str:
        match node:
            case UseService(service=service):
                return self.fixed.get(f"service.{service}", _plain(service))
            case Branch(cases=cases):
                variables = dict.fromkeys(self._variable(name) for case in cases for name in case.when)
                return self.fixed["decides"].format(variables=", ".join(variables))
            case TransferCall(target=target):
                return self.fixed.get(f"target.{target}", _plain(target))
            case SendSms(template=template):
                return _plain(template)
        return ""

    def way(self, edge: Edge) -> str:
        """How a way is taken: "1 बुख़ार". Empty where it is the only one and needs no words."""
        kind, _, rest = edge.by.partition(":")
        node = self._flow.nodes[edge.node]
        match kind:
            case "key":
                return f"{rest} {self._key(node, rest, edge.go)}".rstrip()
            case "case" if isinstance(node, Branch):
                return self._case(node.cases[int(rest) - 1])
            case "outcome":
                return self.fixed.get(f"outcome.{rest}", _plain(rest))
            case "said":
                return ""
            case "failed" if isinstance(node, TransferCall):
                return self.fixed["by.failed_transfer"]
            case "other":
                return self._texts(edge.go.say) or self.fixed["by.other"]
        return self.fixed.get(f"by.{kind}", _plain(edge.by))

    def anywhere(self, key: str, go: Go) -> str:
        """What a key of `everywhere` does."""
        return self.short_title(go.to)

    def _key(self, node: Node, key: str, go: Go) -> str:
        if isinstance(node, Menu) and node.sort != "menu" and key in _YES_OR_NO:
            return self.fixed[_YES_OR_NO[key]]
        prompts = (item for name in ("prompt", "busy", "nobody") for item in getattr(node, name, ()))
        named = (purpose(self._words(prompt), int(key), self.fixed) for prompt in prompts if prompt[0] not in "$=?&")
        return (
            next(filter(None, named), "")
            or next((self._value(name, value) for name, value in go.assign.items()), "")
            or self.fixed.get(f"result.{go.result}", _plain(go.result))
        )

    def _texts(self, prompts: Iterable[str]) -> str:
        return " ".join(filter(None, (self._words(prompt) for prompt in prompts if prompt[0] not in "$=?&")))

    def _case(self, case: Case) -> str:
        return self.fixed["and"].join(self._condition(name, test) for name, test in case.when.items())

    def _condition(self, name: str, test: Condition) -> str:
        variable = self._variable(name)
        if not isinstance(test, Bounds):
            value = self.fixed["or"].join(self._value(name, one) for one in test)
            return self.fixed["is_value"].format(variable=variable, value=value)
        if test.known is not None:
            return self.fixed["is_known" if test.known else "is_unknown"].format(variable=variable)
        if test.least is not None and test.most is not None:
            least, most = f"{test.least:g}", f"{test.most:g}"
            return self.fixed["is_between"].format(variable=variable, least=least, most=most)
        limits = {"is_under": test.under, "is_over": test.over, "is_least": test.least, "is_most": test.most}
        said = (
            self.fixed[way].format(variable=variable, number=f"{n:g}") for way, n in limits.items() if n is not None
        )
        return self.fixed["and"].join(said)

    def _variable(self, name: str) -> str:
        return self.fixed.get(f"variable.{name}", _plain(name))

    def _value(self, variable: str, value: str) -> str:
        known = self.fixed.get(f"value.{value}") or self._words(f"{variable}.{value}").rstrip(" ।.")
        return known or _plain(value)


def purpose(prompt: str, key: int, fixed: Vocabulary) -> str:
    """What a menu's words name a key for: of "बुख़ार के लिए एक, दिल के लिए दो दबाएँ" and 2, "दिल". Else empty.

    A digit is a key only behind one of `key_ends`: in "two hours: press one", two is not.
    """
    ends = "|".join(map(re.escape, sorted(fixed.listed("key_ends"), key=len, reverse=True)))
    digits = fixed.listed("digits")
    stops = "".join(map(re.escape, fixed.listed("sentence_ends")))
    named = rf"(?:(?<!\S)|(?=,))(?:{ends})[ ,]+({'|'.join(digits)})(?=[\s,;।.?!]|$)"
    pieces = re.split(rf"{named}|[{stops}]", prompt, flags=re.IGNORECASE)
    for before, digit in zip(pieces[::2], pieces[1::2], strict=False):
        if digit and digit.lower() == digits[key]:
            return _trimmed(before, fixed)
    return ""


def _trimmed(piece: str, fixed: Vocabulary) -> str:
    """The purpose without the words that lead to it."""
    text = piece.strip(" ,;")
    begins = fixed.listed("key_begins")
    while found := next((begin for begin in begins if text.lower().startswith(f"{begin} ")), ""):
        text = text[len(found) :].lstrip(" ,")
    return text.rstrip(" ,")


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("/", ": ")
