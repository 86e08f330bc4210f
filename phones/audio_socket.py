"""The second Asterisk's AudioSocket: each answered leg's sound live in Python, both ways, in frames of 20 ms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import numpy as np

from phones.timeline import Timeline
from phones.voice import FRAME, Mouth

# Message kinds: https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
_UUID, _DTMF, _AUDIO = 0x01, 0x03, 0x10
_AUDIO_HEADER = bytes((_AUDIO,)) + (2 * FRAME).to_bytes(2, "big")
_FRAME_SECONDS = 0.02
# A frame whose loudest sample is above this is sound: idle noise of A-law stays below.
_SOUND = 200
# A frozen exchange reads nothing; what is said meanwhile is lost, as on a dead line.
_MOST_UNREAD = 16_000
_MOST_CATCHING_UP = 5


class Listener(Protocol):
    """Whoever owns a leg: told of its line and of the keys the other side pressed."""

    def line_opened(self, line: Line) -> float: ...

    def key_heard(self, key: str) -> None: ...


class Line(asyncio.Protocol):
    """One leg's audio. `heard` fills itself; what `mouth` is given to say is sent in real time.

    `sounded_at` is when (`time.monotonic()`) anything but silence was heard last.
    """

    def __init__(self, server: AudioServer) -> None:
        self._server = server
        self._buffer = b""
        self._owner: Listener | None = None
        self._transport: asyncio.Transport | None = None
        self._zero = 0.0
        self.heard = Timeline()
        self.mouth = Mouth()
        self.mute = False
        self.sounded_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        buffer = self._buffer + data
        position = 0
        while len(buffer) - position >= 3:
            size = int.from_bytes(buffer[position + 1 : position + 3], "big")
            if len(buffer) - position < 3 + size:
                break
            self._message(now, buffer[position], buffer[position + 3 : position + 3 + size])
            position += 3 + size
        self._buffer = buffer[position:]

    def _message(self, now: float, kind: int, payload: bytes) -> None:
        if kind == _AUDIO:
            samples = np.frombuffer(payload, dtype="<i2").astype(np.int16)
            self.heard.add(now - self._zero, samples)
            if samples.size and samples.max() > _SOUND:
                self.sounded_at = now
        elif kind == _UUID:
            self._owner = self._server.opened(self, str(UUID(bytes=payload)))
            if self._owner is not None:
                self._zero = self._owner.line_opened(self)
        elif kind == _DTMF and self._owner is not None:
            self._owner.key_heard(payload.decode("ascii", "replace"))

    def send_frame(self) -> None:
        transport = self._transport
        if transport is None or self.mute or transport.is_closing():
            return
        if transport.get_write_buffer_size() < _MOST_UNREAD:
            transport.write(_AUDIO_HEADER + self.mouth.next_frame())


class AudioServer:
    """Takes the exchange's audio connections; `find` names the owner of a leg's id. One clock paces every line."""

    def __init__(self, find: Callable[[str], Listener | None]) -> None:
        self._find = find
        self._lines: set[Line] = set()
        self._server: asyncio.Server | None = None
        self._clock: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._clock = loop.create_task(self._pace())

    async def stop(self) -> None:
        if self._clock:
            self._clock.cancel()
        for line in list(self._lines):
            if line._transport:
                line._transport.abort()
        if self._server:
            self._server.close()
            await asyncio.sleep(0)

    def opened(self, line: Line, leg_id: str) -> Listener | None:
        owner = self._find(leg_id)
        if owner is not None:
            self._lines.add(line)
        return owner

    def closed(self, line: Line) -> None:
        self._lines.discard(line)

    async def _pace(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + _FRAME_SECONDS, time.monotonic() - _MOST_CATCHING_UP * _FRAME_SECONDS)
            await asyncio.sleep(due - time.monotonic())
            for line in self._lines:
                line.send_frame()
