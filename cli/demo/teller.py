"""Tells what happens: in words for a person, or one JSON object a line for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from config.clock import utc_now

_WORDS = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))


class Teller:
    """`tell(event, …)` prints one line to stdout. Progress and problems go to stderr."""

    def __init__(self, as_json: bool, out: Callable[[str], object] = sys.stdout.write) -> None:
        self._as_json = as_json
        self._out = out
        self.told: list[str] = []

    def tell(self, event: str, at: datetime | None = None, **facts: Any) -> None:
        """Something happened at `at` (default: now)."""
        moment = at or utc_now()
        self.told.append(event)
        if self._as_json:
            line = json.dumps({"at": moment.isoformat(), "event": event, **facts}, ensure_ascii=False, default=str)
        else:
            line = f"{moment.astimezone():%H:%M:%S}  {_in_words(event, facts)}"
        self._out(line + "\n")
        sys.stdout.flush()

    def explain(self, what: str, **facts: Any) -> None:
        """Words for a person only."""
        if not self._as_json:
            self._out(_in_words(what, facts) + "\n")
            sys.stdout.flush()


def _in_words(event: str, facts: Mapping[str, Any]) -> str:
    template = _WORDS.get(event)
    if template is None:
        return f"{event} {' '.join(f'{name}={value}' for name, value in facts.items())}"
    return str(template).format_map(_Known(facts)).rstrip("\n")


class _Known(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"
