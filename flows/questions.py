"""PURE: what is wrong with a flow's questions: their keys and limits, and whether 8 leads to the ambulance."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flows.definition import Choose, Collect, Flow, Menu, Say, SeekDoctor, TransferCall
from flows.errors import Found, error, warning

MOST_CHOICES = 6
AMBULANCE_KEY = "8"
_OWN_KEYS = "1234567"
_A_FEW = 3


def keys(flow: Flow) -> Iterator[Found]:
    for key in sorted(set(flow.everywhere) & set(_OWN_KEYS)):
        advice = "take 8, 9 or 0: 1 to 6 are the menus' own choices, 7 says more"
        yield error("", f"`everywhere` has a {key}, which would mean another thing in every menu", advice)
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu):
            continue
        choices = [key for key in node.keys if key in "123456"]
        if not node.keys:
            yield error(name, "a menu without keys", "give it `keys`, or make it a `say`")
        if node.sort == "menu" and (len(choices) > MOST_CHOICES or ("7" in node.keys and not _is_more(flow, name))):
            advice = "put the rest into a second menu under 7 (more): nobody remembers more than six"
            yield warning(name, f"more than {MOST_CHOICES} choices", advice)
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
            yield error(name, f"words for key {key}, which the menu does not have", "give them to one of its keys")
        for word in words:
            if seen.setdefault(word, key) != key:
                yield error(name, f"the word {word!r} stands for two keys", "keep it at one of them")


def ranges(flow: Flow) -> Iterator[Found]:
    for name, node in flow.nodes.items():
        if isinstance(node, Collect) and not 0 <= node.least <= node.most:
            yield error(name, "`least` must not be over `most`", "exchange them")
        if isinstance(node, Collect) and node.form in ("digits", "pin") and not 1 <= node.most <= 20:
            yield error(name, "between 1 and 20 digits can be keyed", "`most` is a number of digits here")
        # A goodbye may be the hang-up alone.
        silent = isinstance(node, Choose) or (isinstance(node, Say) and node.go is None)
        for field in ("prompt", "busy", "nobody"):
            if getattr(node, field, None) == () and not silent:
                yield error(name, f"`{field}` says nothing, so the caller would hear silence", "give it a prompt")
        if isinstance(node, SeekDoctor) and node.own_tips and not node.tips:
            yield error(name, "`own_tips` without `tips`", "give it `tips` for callers of other categories")


def past_the_ambulance(flow: Flow) -> Iterator[Found]:
    """8 is a way to the ambulance from every question, one key further where digits are data (`star`)."""
    found = [] if flow.audience == "doctor" else list(_without_ambulance(flow))
    if AMBULANCE_KEY not in flow.everywhere and len(found) > _A_FEW:
        advice = "write `everywhere: {8: <the node that asks to confirm the ambulance>}`"
        what = f"`everywhere` has no 8, so the ambulance cannot be reached from {len(found)} questions"
        found = [error("", what, advice)]
    yield from found


def _without_ambulance(flow: Flow) -> Iterator[Found]:
    leading = _leading_to_ambulance(flow)
    for name, node in flow.nodes.items():
        if isinstance(node, Menu | Choose | SeekDoctor) and not _offers_ambulance(flow, name, leading):
            advice = (
                "set `everywhere: {8: …}` in the flow and let it count here, or give this node a key that leads there"
            )
            yield error(name, "the ambulance cannot be reached from here", advice)
        if isinstance(node, Collect) and not (node.star and _offers_ambulance(flow, node.star, leading)):
            advice = "`star` must name a menu from which 8 leads to the ambulance"
            yield error(name, "the ambulance cannot be reached from here", advice)


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
