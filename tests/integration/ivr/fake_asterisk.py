"""A small AMI server that speaks Asterisk's protocol over a real socket, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ivr.ami.wire import Framer

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
Headers = dict[str, str]
Answer = Callable[["Session", Headers], Awaitable[None]]


def encoded(headers: Mapping[str, object]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


@dataclass
class Session:
    """One client's connection. Header names arrive as the client wrote them, so look them up in lower case."""

    server: FakeAsterisk
    writer: asyncio.StreamWriter

    async def send(self, headers: Mapping[str, object]) -> None:
        await self.send_bytes(encoded(headers))

    async def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def success(self, action: Headers, message: str = "done") -> None:
        await self.send({"Response": "Success", "ActionID": action["actionid"], "Message": message})

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass
class FakeAsterisk:
    """Listens on loopback. `answer` deals with every action but the login; `actions` are what came, in order."""

    secret: str = "secret"
    logins: bool = True  # False: a login is never answered
    greeting: tuple[bytes, ...] = (GREETING,)
    hang_up_at_once: int = 0  # so many connections are closed as soon as they are made
    port: int = 0
    actions: list[Headers] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.answer: Answer = Session.success
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> FakeAsterisk:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for session in self.sessions:
                session.cut()
            await self._server.wait_closed()
            self._server = None

    @property
    def session(self) -> Session:
        """The latest connection that signed in."""
        return self.sessions[-1]

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something the server saw makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def named(self, name: str) -> list[Headers]:
        return [action for action in self.actions if action["action"] == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._changed.set()
        if self.connections <= self.hang_up_at_once:
            writer.transport.abort()
            return
        session, framer = Session(self, writer), Framer()
        try:
            for piece in self.greeting:
                await session.send_bytes(piece)
                await asyncio.sleep(0.01)
            while data := await reader.read(4096):
                for message in framer.feed(data):
                    await self._take(session, {name.lower(): value for name, value in message.items()})
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _take(self, session: Session, action: Headers) -> None:
        if action["action"] != "Login":
            self.actions.append(action)
            self._changed.set()
            await self.answer(session, action)
        elif self.logins and action["secret"] == self.secret:
            self.sessions.append(session)
            await session.success(action, "Authentication accepted")
            await session.send({"Event": "FullyBooted", "Status": "Fully Booted"})
            self._changed.set()
        elif self.logins:
            await session.send(
                {"Response": "Error", "ActionID": action["actionid"], "Message": "Authentication failed"}
            )
