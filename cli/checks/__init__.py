"""The preflight's single questions, sorted by what they look at: this machine, the parts, the network, the running."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckResult:
    """One line of the preflight: whether it is in order, what was found, and else what to do."""

    ok: bool
    what: str
    do: str = ""


def good(what: str) -> CheckResult:
    """In order; `what` was found."""
    return CheckResult(True, what)


def bad(what: str, do: str) -> CheckResult:
    """Not in order; `do` says in one sentence what to do."""
    return CheckResult(False, what, do)
