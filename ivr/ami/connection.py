"""panoramisk, with each of its traps guarded (docs/ami.md tells which and how they were found).

- UTF-8 split over two reads is lost, and an exception in a callback drops the rest of the chunk: `_Protocol` frames
  bytes itself (wire.Framer) and isolates every message.
- Unanswered actions are sent again after a reconnect, so an Originate could ring twice: they fail here instead.
- No action times out and pongs are not checked: every action has a limit, beyond which the line counts as dead and is
  built anew; `watch()` asks often enough to notice.
- A login that is never answered, and a connection closed before it is told of, would be waited for for ever.
- CR/LF is not refused: every header is checked before it is sent.
- `send_agi_command` never completes on Asterisk 12+: AGI commands are plain actions whose outcome comes as an
  AsyncAGIExec event with our CommandID.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from ivr.ami.wire import Framer, HeaderValue, WireError, check_headers, unawaited
from ivr.errors import IvrError

log = logging.getLogger(__name__)

Event = Mapping[str, str]

_FIRST_RETRY_SECONDS = 0.25
_LONGEST_RETRY_SECONDS = 5.0
# A broken line is to be noticed within ten seconds, also one on which the next login finds nobody either.
_LOGIN_SECONDS = 4.0
_SHUTDOWN = "Shutdown"
_NEVER_SECONDS = 10_000_000  # panoramisk's own pinger does not check the pong, so it is put off


class AmiError(IvrError):
    """Asterisk refused an action; `response` has its words."""

    def __init__(self, action: str, response: Mapping[str, str]) -> None:
        super().__init__(f"{action}: {response.get('Message', 'no reason given')}")
        self.response = response


class AmiLost(IvrError):
    """The line to Asterisk is down, broke while an answer was awaited, or did not answer in time.

    Whether the action was carried out is unknown; nothing is sent again by itself.
    """


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol with our framing, checks and isolation."""

    def __init__(self, manager: _Manager) -> None:
        self._manager = manager
        self._to_send: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # The base class learns of its manager later; a connection lost before that would never be built anew.
        self.factory = self._manager
        self._framer = Framer()

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except WireError:
            log.exception("what AMI sent cannot be read; the line is broken off")
            self.transport.abort()
            return
        for headers in messages:
            try:
                # What belongs to an open action, and what panoramisk itself must know, goes through panoramisk.
                if "Event" not in headers or headers.get("ActionID") in self.responses or headers["Event"] == _SHUTDOWN:
                    self.handle_message(Message(headers))
                else:
                    self._manager.dispatch(headers)
            except Exception:
                log.exception(
                    "an AMI message could not be handled: %s", headers.get("Event") or headers.get("Response")
                )

    def put(self, data: bytes) -> None:
        """Send bytes together with whatever else is sent until the loop turns."""
        if not self._to_send:
            self._manager.loop.call_soon(self.flush)
        self._to_send.append(data)

    def flush(self) -> None:
        """Send what `put` has gathered: a write for each command cost more than making it."""
        data, self._to_send = b"".join(self._to_send), []
        if data and not self.closed:
            self.transport.write(data)

    def ask(self, action: Action, as_list: bool | None) -> asyncio.Future[Any]:
        """As panoramisk's `send`, in the same write as all else."""
        action.as_list = as_list
        self.responses[action.id] = action
        self.put(str(action).encode())
        future: asyncio.Future[Any] = action.future
        return future

    def close(self) -> None:
        # The base class would queue unanswered actions for another try.
        for action in {id(action): action for action in self.responses.values()}.values():
            if not action.future.done():
                action.future.set_exception(AmiLost("the line to Asterisk broke before it answered"))
                action.future.exception()  # an answer nobody awaits any more is no error
        self.responses.clear()
        super().close()


class _Manager(Manager):  # type: ignore[misc]
    """panoramisk's manager: hands events over whole, and tries again with back-off."""

    def __init__(self, on_event: Callable[[Event], None], **config: Any) -> None:
        never = {"ping_delay": _NEVER_SECONDS, "ping_interval": _NEVER_SECONDS}
        super().__init__(protocol_factory=lambda: _Protocol(self), **never, **config)
        self._on_event = on_event
        self._closing = False
        self._attempt: asyncio.Task[Any] | None = None
        self.reconnect_timeout = _FIRST_RETRY_SECONDS

    def dispatch(self, event: Event) -> list[str]:
        self._on_event(event)
        return []

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        if self._closing:
            return None
        self.reconnect_timeout = min(_LONGEST_RETRY_SECONDS, self.reconnect_timeout * 2)
        self._attempt = super().connect(*args, **kwargs)
        return self._attempt

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        if f.cancelled():
            return
        super().connection_made(f)
        if f.exception() is None:
            self.loop.call_later(_LOGIN_SECONDS, self._check_login, self.protocol)

    def _check_login(self, protocol: _Protocol) -> None:
        if protocol is self.protocol and not protocol.closed and not self.authenticated:
            log.error("Asterisk did not answer the AMI login within %g s", _LOGIN_SECONDS)
            protocol.transport.abort()

    def login(self, future: asyncio.Future[Message]) -> bool:
        if future.cancelled() or future.exception():
            return False
        accepted = bool(super().login(future))
        if accepted:
            self.reconnect_timeout = _FIRST_RETRY_SECONDS
        else:
            log.error("Asterisk refused the AMI login")
            self.protocol.transport.abort()
        return accepted

    def close(self) -> None:
        self._closing = True
        if self._attempt is not None:
            self._attempt.cancel()
        super().close()


class AmiConnection:
    """One AMI session that comes back by itself.

    `on_event` is called in the event loop with each event, its headers spelt as Asterisk spells them. `on_up` is
    called after each successful login, `on_down` after each loss.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_event: Callable[[Event], None],
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[], None] = lambda: None,
    ) -> None:
        self._address = {"host": host, "port": port, "username": username, "secret": secret}
        self._on_event, self._on_up, self._on_down = on_event, on_up, on_down
        self._manager: _Manager | None = None
        self._up = asyncio.Event()
        self._told = 0

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    async def start(self, timeout: float | None = 10.0) -> None:
        """Connect and sign in. With a timeout (seconds): AmiLost when it has not worked by then; it goes on trying."""
        self._manager = _Manager(
            self._on_event,
            loop=asyncio.get_running_loop(),
            on_login=self._logged_in,
            on_disconnect=self._disconnected,
            log=logging.getLogger("panoramisk"),
            **self._address,
        )
        self._manager.connect()
        if timeout is not None:
            try:
                async with asyncio.timeout(timeout):
                    await self._up.wait()
            except TimeoutError:
                raise AmiLost(f"no AMI login at port {self._address['port']} within {timeout:g} s") from None

    async def stop(self) -> None:
        """Sign off; nothing reconnects afterwards."""
        if self._manager is not None:
            self._manager.close()
            await asyncio.sleep(0)

    def tell(self, action: str, headers: Mapping[str, HeaderValue] | None = None) -> None:
        """Send an action in order, whatever its answer. AmiLost when the line is down."""
        protocol = self._protocol()
        self._told += 1
        protocol.put(unawaited(action, self._told, headers or {}))

    def send(self, action: str, headers: Mapping[str, HeaderValue] | None = None) -> asyncio.Future[Message]:
        """Send an action now, in order, and return the future of its response. AmiLost when the line is down."""
        return self._send(action, headers or {}, as_list=False)

    async def action(
        self, action: str, headers: Mapping[str, HeaderValue] | None = None, timeout: float = 5.0
    ) -> Mapping[str, str]:
        """Send an action and return its response; AmiError when refused, AmiLost without an answer in `timeout` s.

        Asterisk answers within milliseconds, so one that does not is taken for dead and the line is built anew.
        """
        response: Mapping[str, str] = await self._answer(self.send(action, headers), action, timeout)
        if response.get("Response") == "Error":
            raise AmiError(action, response)
        return response

    async def listing(
        self, action: str, headers: Mapping[str, HeaderValue] | None = None, timeout: float = 5.0
    ) -> list[Mapping[str, str]]:
        """Send an action that answers with a list, and return the events in it."""
        answer = await self._answer(self._send(action, headers or {}, as_list=None), action, timeout)
        if isinstance(answer, Message):
            raise AmiError(action, answer)
        return [message for message in answer[1:] if not message["Event"].endswith("Complete")]

    def break_line(self) -> None:
        """Drop the connection at once; it is built anew with back-off."""
        protocol = self._manager.protocol if self._manager else None
        if protocol is not None and not protocol.closed:
            protocol.transport.abort()

    def _send(self, action: str, headers: Mapping[str, HeaderValue], as_list: bool | None) -> asyncio.Future[Any]:
        check_headers(headers)
        protocol = self._protocol()
        values = {name: value if isinstance(value, str) else _plain(value) for name, value in headers.items()}
        future: asyncio.Future[Any] = protocol.ask(Action({"Action": action, **values}), as_list)
        return future

    def _protocol(self) -> _Protocol:
        protocol: _Protocol | None = self._manager.protocol if self._manager else None
        if protocol is None or protocol.closed or not self.is_up:
            raise AmiLost("the line to Asterisk is down")
        return protocol

    async def _answer(self, future: asyncio.Future[Any], action: str, timeout: float) -> Any:
        try:
            # Not wait_for: until Python 3.12 it forgets a cancellation that comes together with the answer, and whoever
            # beats for ever could not be stopped.
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            self.break_line()
            raise AmiLost(f"Asterisk did not answer {action} within {timeout:g} s") from None

    def _logged_in(self, _manager: Manager) -> None:
        self._up.set()
        self._guarded(self._on_up)

    def _disconnected(self, _manager: Manager, _error: Exception | None) -> None:
        if self._up.is_set():
            self._up.clear()
            self._guarded(self._on_down)

    def _guarded(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception:
            log.exception("%r failed", callback)


async def watch(ami: AmiConnection, beat: Callable[[], Mapping[str, HeaderValue]], every: float, limit: float) -> None:
    """Send a heartbeat (Setvar) every `every` s; one unanswered for `limit` s breaks the line. Never returns."""
    while True:
        if ami.is_up:
            try:
                await ami.action("Setvar", beat(), timeout=limit)
            except AmiLost as error:
                log.warning("no heartbeat: %s; connecting anew", error)
            except AmiError as error:
                log.error("Asterisk refused the heartbeat: %s", error)
        await asyncio.sleep(every)


async def stir(ami: AmiConnection, every: float) -> None:
    """Ping every `every` s, whatever the answer. Never returns.

    Asterisk 22.10 can lose the wake-up of an AMI session (asterisk issue 2145): an event then lies there until the
    next input. Seen here as a Hangup a second late; a caller would have waited in silence for as long.
    """
    while True:
        if ami.is_up:
            with contextlib.suppress(AmiLost):
                ami.tell("Ping")
        await asyncio.sleep(every)


def _plain(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else str(value)
