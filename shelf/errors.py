"""What the shelf refuses. One base for the room."""

from __future__ import annotations

from collections.abc import Sequence

from flows.errors import Fault


class ShelfError(Exception):
    """The shelf cannot do what was asked."""


class UnknownVersion(ShelfError):
    """There is no such flow, or no such version of it."""


class NothingBefore(ShelfError):
    """No other version was active before this one."""


class Refused(ShelfError):
    """The text is broken, or would break what is active; `faults` says everything that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
