"""A file that takes what the database does not: each entry is on the disk before it counts, and read back in its order.

A line is the CRC-32 of what follows, and JSON: `5f3a09c1 {"id": …, "kind": …, "data": …}`. A controller that is killed
in the middle of a line leaves one whose sum is wrong: it was never acted upon, and is cut off.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.ids import new_id
from ivr.errors import IvrError

log = logging.getLogger(__name__)

_SUM_BYTES = 8


class SpoolError(IvrError):
    """The disk does not take the spool."""


@dataclass(frozen=True)
class Entry:
    """`id` is nobody else's, so that the database can know that it has it; `end` is where it ends in the file."""

    id: str
    kind: str
    data: Any
    end: int


class Spool:
    """One file. Any thread may write; one reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read_to = 0
        self._name, self._number = new_id("spool"), 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._written_to = self._cut_torn_end()

    def write(self, items: Sequence[tuple[str, Any]]) -> None:
        """Put (kind, JSON) down, in order, and on the disk. Raises SpoolError, and then none of it is there."""
        with self._lock:
            lines = b"".join(self._line(kind, data) for kind, data in items)
            try:
                _write_all(self._descriptor, lines)
                os.fsync(self._descriptor)
            except OSError as error:
                self._truncate(self._written_to)
                raise SpoolError(f"the spool cannot be written: {error}") from None
            self._written_to += len(lines)

    def next(self, most: int) -> list[Entry]:
        """Up to `most` entries that are not `done`, oldest first."""
        with open(self._path, "rb") as file:
            file.seek(self._read_to)
            entries: list[Entry] = []
            end = self._read_to
            while len(entries) < most and end < self._written_to and (line := file.readline()):
                end += len(line)
                entries.append(_entry(line, end))
            return entries

    def done(self, entry: Entry) -> None:
        """This entry and all before it are elsewhere now."""
        self._read_to = entry.end

    def put_aside(self, entry: Entry) -> None:
        """Keep one that the database will never take, in a file beside."""
        with open(self._path.with_suffix(".refused.jsonl"), "ab") as file:
            file.write(self._line(entry.kind, entry.data))

    def clear_if_done(self) -> bool:
        """Empty the file where everything in it is done; whether it is empty."""
        with self._lock:
            if self._read_to < self._written_to:
                return False
            self._truncate(0)
            self._read_to = self._written_to = 0
            return True

    def close(self) -> None:
        os.close(self._descriptor)

    def _line(self, kind: str, data: Any) -> bytes:
        self._number += 1
        entry = {"id": f"{self._name}-{self._number}", "kind": kind, "data": data}
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        return b"%08x %s\n" % (zlib.crc32(text), text)

    def _truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)
        os.fsync(self._descriptor)

    def _cut_torn_end(self) -> int:
        whole = 0
        with open(self._path, "rb") as file:
            for line in file:
                if not _is_whole(line):
                    break
                whole += len(line)
        lost = self._path.stat().st_size - whole
        if lost:
            log.warning("%s: the last %d bytes were never finished and are cut off", self._path.name, lost)
            self._truncate(whole)
        return whole


def _is_whole(line: bytes) -> bool:
    text = line[_SUM_BYTES + 1 : -1]
    return line.endswith(b"\n") and line[: _SUM_BYTES + 1] == b"%08x " % zlib.crc32(text)


def _entry(line: bytes, end: int) -> Entry:
    if not _is_whole(line):
        raise SpoolError("the spool has been changed by somebody else")
    entry = json.loads(line[_SUM_BYTES + 1 :])
    return Entry(entry["id"], entry["kind"], entry["data"], end)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
