"""PURE: which way a branch goes by what is known."""

from __future__ import annotations

from collections.abc import Mapping

from flows.definition import Bounds, Branch, Condition, Go


def taken(node: Branch, answers: Mapping[str, str]) -> tuple[str, Go]:
    """The way taken and its name: case:1, case:2, … or otherwise."""
    for number, case in enumerate(node.cases, 1):
        if all(holds(condition, answers.get(name, "")) for name, condition in case.when.items()):
            return f"case:{number}", case.go
    return "otherwise", node.otherwise


def holds(condition: Condition, value: str) -> bool:
    """Whether a variable's value ("" where there is none) meets a condition."""
    if isinstance(condition, tuple):
        return value in condition
    if condition.known is not None and bool(value) != condition.known:
        return False
    return _within(condition, value)


def _within(bounds: Bounds, value: str) -> bool:
    if bounds.under is bounds.over is bounds.least is bounds.most is None:
        return True
    try:
        number = float(value)
    except ValueError:
        return False  # a number that is not known is within no bounds
    return (
        (bounds.under is None or number < bounds.under)
        and (bounds.over is None or number > bounds.over)
        and (bounds.least is None or number >= bounds.least)
        and (bounds.most is None or number <= bounds.most)
    )
