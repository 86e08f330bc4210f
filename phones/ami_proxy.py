"""Stands between the controller and its Asterisk: a line that can be cut, stall, lose a direction, and that counts.

What is held back while the line stalls is delivered late when it heals, as a network does it: the action that nobody
hoped for any more is the dangerous one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from phones.background import Background

_AT_ONCE = 65536


@dataclass
class _Way:
    """One direction of a connection, from `reader` to `writer`; `held` is what did not get through yet."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    up: bool
    held: list[bytes] = field(default_factory=list)
    ended: bool = False
    stuck: bool = False

    def let_through(self) -> None:
        for data in self.held:
            if not self.writer.is_closing():
                self.writer.write(data)
        self.held.clear()
        if self.ended:
            self.writer.close()


class AmiProxy:
    """A context manager. `port` is where the controller connects; `actions` are what reached Asterisk, in order."""

    def __init__(self) -> None:
        self.target_port = 0  # Asterisk's
        self._background = Background()
        self._ways: list[_Way] = []
        self._blocked = {True: False, False: False}  # up: towards Asterisk
        self.port = 0
        self.connections = 0
        self.actions: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        self._background.start()
        self._background.run(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._background.run(self._close())
        self._background.stop()

    def cut(self) -> None:
        """Every connection is reset; the next one works."""
        self._background.run(self._cut())

    def stall(self, *, up: bool = True, down: bool = True) -> None:
        """From now on nothing gets through towards Asterisk (`up`), from it (`down`), or both. Nobody is told."""
        self._blocked = {True: up, False: down}

    def let_new_through(self) -> None:
        """Connections made from now on work; what is held back on the others stays so until `heal`."""
        self._background.run(self._let_new_through())

    def heal(self) -> None:
        """Everything gets through again, first of all what was held back."""
        self._background.run(self._heal())

    def sent(self, action: str) -> list[dict[str, str]]:
        """The actions of this name that reached Asterisk; header names in small letters."""
        return [headers for headers in self.actions if headers.get("action", "").lower() == action.lower()]

    def repeated(self) -> list[str]:
        """ActionIDs that reached Asterisk more than once."""
        counted = Counter(headers["actionid"] for headers in self.actions if "actionid" in headers)
        return [action_id for action_id, count in counted.items() if count > 1]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        for way in self._ways:
            way.held.clear()
            way.writer.transport.abort()
        self._ways.clear()

    async def _let_new_through(self) -> None:
        for way in self._ways:
            way.stuck = way.stuck or self._blocked[way.up]
        self._blocked = {True: False, False: False}

    async def _heal(self) -> None:
        self._blocked = {True: False, False: False}
        for way in self._ways:
            way.stuck = False
            if way.up:
                self._count(way.held)
            way.let_through()
        self._ways = [way for way in self._ways if not way.ended]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:  # Asterisk is down
            writer.transport.abort()
            return
        ways = _Way(reader, inner_writer, up=True), _Way(inner_reader, writer, up=False)
        self._ways.extend(ways)
        await asyncio.gather(*(self._pass_on(way) for way in ways))

    async def _pass_on(self, way: _Way) -> None:
        data = b"-"
        while data:
            try:
                data = await way.reader.read(_AT_ONCE)
            except ConnectionError:
                data = b""
            way.ended = not data
            way.held += [data] if data else []
            if not way.stuck and not self._blocked[way.up]:
                if way.up:
                    self._count(way.held)
                way.let_through()

    def _count(self, pieces: list[bytes]) -> None:
        # panoramisk writes whole actions, which loopback does not cut at this size.
        for block in b"".join(pieces).decode("utf-8", "replace").split("\r\n\r\n"):
            pairs = [line.split(":", 1) for line in block.split("\r\n") if ":" in line]
            if pairs:
                self.actions.append({name.strip().lower(): value.strip() for name, value in pairs})
