"""PURE: the moments that a call remembers, moved together when the clock on the wall is set."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


def moved(value: T, by: timedelta, but: frozenset[str] = frozenset()) -> T:
    """The value with every moment in it moved by so much, save in the fields called `but`."""
    result: Any = value
    if isinstance(value, datetime):
        result = value + by
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name not in but]
        changes = {name: moved(before, by) for name in names if (before := getattr(value, name)) is not None}
        result = dataclasses.replace(value, **{k: v for k, v in changes.items() if v != getattr(value, k)})
    elif isinstance(value, tuple):
        result = tuple(moved(item, by) for item in value)
    elif isinstance(value, Mapping):
        result = {key: moved(item, by) for key, item in value.items()}
    return result  # type: ignore[no-any-return]
