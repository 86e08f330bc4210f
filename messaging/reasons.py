"""Words for why a message came to its end, and for what became of one that was sent to us: reasons.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "reasons.yaml"
UNKNOWN = "other"

Words = Mapping[str, Mapping[str, str]]  # key -> language -> words


def reasons() -> frozenset[str]:
    """Every key that a message's `receipt_reason` may have, besides "" for none."""
    return frozenset(_read()["reasons"])


def words(reason: str, language: str) -> str:
    """Why, in a few words; "" for no reason. A key that is not in the file is told as unknown, never raised about."""
    return _words(_read()["reasons"], reason, language)


def inbound_words(result: str, language: str) -> str:
    """What became of a message that somebody sent to us (InboundMessage.result), in a few words."""
    return _words(_read()["inbound"], result, language)


def inbound_results() -> frozenset[str]:
    """Every `result` that an InboundMessage may have."""
    return frozenset(_read()["inbound"])


def _words(known: Words, key: str, language: str) -> str:
    if not key:
        return ""
    said = known.get(key) or _read()["reasons"][UNKNOWN]
    return said.get(language) or said["en"]


@cache
def _read() -> Mapping[str, Words]:
    read: Mapping[str, Words] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read
