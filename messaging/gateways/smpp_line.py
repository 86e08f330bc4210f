"""One SMPP bind as a transceiver, kept by a thread: it binds, listens, asks whether the line lives, and binds again.

smpplib's own client may not be used from several threads and loses its place when a read times out, so that waiting
and matching answers are done here.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from smpplib import command, consts, exceptions
from smpplib.client import Client

from messaging.gateways.smpp_pdus import ANSWERS, UNKNOWN, Submit, numbered, read
from messaging.gateways.smpp_words import Submission, refusal

_ENQUIRE_SECONDS = 20.0  # SMSCs drop a line that is silent for a minute
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_AFTER_REFUSED_BIND = 5.0
_STEADY_SECONDS = 10.0  # a line that lasted so long is built again at once
_LOOK_UP_SECONDS = 0.5
_GOODBYE_SECONDS = 1.0
_MOST_WAITING = 10_000  # answers that never came

# At DEBUG smpplib writes whole messages and the password.
logging.getLogger("helpline.smpplib").setLevel(logging.ERROR)
_log = logging.getLogger(__name__)


@dataclass
class Waiting:
    """One request on its way; `status` is set by the answer, `lost` when the line broke before it."""

    status: int | None = None
    message_id: str = ""
    lost: bool = False
    changed: threading.Event = field(default_factory=threading.Event)


class SmppLine:
    """`deliver(pdu)` is called in the line's thread for every deliver_sm; it returns whether to acknowledge it now.

    `timeout` in seconds: for connecting, for the answer to a bind, and for the rest of a PDU that has begun.
    """

    def __init__(
        self, host: str, port: int, bind: dict[str, str], *, timeout: float, deliver: Callable[[Any], bool]
    ) -> None:
        self._address = (host, port)
        self._bind_fields = bind
        self._timeout = timeout
        self._deliver = deliver
        self._client: Client | None = None
        self._sequence = 0
        self._waiting: dict[int, Waiting] = {}
        self._lock = threading.Lock()  # the socket's writing side, sequence numbers, who waits
        self._news = threading.Condition()
        self._stands: bool | None = None  # None: it is being built
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.refused_status = 0  # of the last bind; 0: none was refused

    # --- for senders -----------------------------------------------------------------------------------------------

    def is_bound(self, within: float = 0) -> bool:
        """Whether the line stands; while it is being built, waits `within` seconds. The first call begins to build."""
        if self._closing.is_set():
            return False
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="smpp", daemon=True)
                self._thread.start()
        with self._news:
            self._news.wait_for(lambda: self._stands is not None, within)
            return bool(self._stands)

    def submit(self, submission: Submission, fields: dict[str, Any]) -> Waiting | None:
        """Write one submit_sm. None: the line does not stand, nothing was written."""
        with self._lock:
            client = self._client
            if client is None:
                return None
            waiting = Waiting()
            pdu = numbered(Submit(submission, client, fields), self._next())
            self._waiting[pdu.sequence] = waiting
            if len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            try:
                client.send_pdu(pdu)
            except (exceptions.ConnectionError, exceptions.PDUError, OSError):
                _cut(client)  # half a PDU may be out; the thread notices and builds the line again
                waiting.lost = True
                waiting.changed.set()
            return waiting

    def acknowledge(self, pdu: Any) -> None:
        """Answer a deliver_sm; nothing where its line is gone: the SMSC will send it again."""
        with self._lock:
            if self._client is not None and pdu._client is self._client:
                self._answer("deliver_sm_resp", pdu.sequence)

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            if self._client is not None:
                self._write(numbered(command.Unbind("unbind", client=self._client), self._next()))
        if self._thread is not None:
            self._thread.join(2)

    # --- the thread ------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            began = time.monotonic()
            client = Client(
                *self._address, timeout=self._timeout, logger_name="helpline.smpplib", allow_unknown_opt_params=True
            )
            try:
                self._build(client)
                self._tell(True)
                self._listen(client)
            except Exception as error:  # whatever an SMSC sends, the line is built again
                _log.info("the SMPP line is down (%s)", type(error).__name__)
            finally:
                self._tear_down(client)
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            self._closing.wait(max(pause, _AFTER_REFUSED_BIND) if self.refused_status else pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _build(self, client: Client) -> None:
        self.refused_status = 0
        client.connect()
        client._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # PDUs are small and many
        bind = command.BindTransceiver("bind_transceiver", client=client, **self._bind_fields)
        with self._lock:
            client.send_pdu(numbered(bind, self._next()))
        answer = read(client)
        if answer.status:
            self.refused_status = answer.status
            _log.error("the SMSC refuses to bind us: %s", refusal(answer.status).reason)
            raise exceptions.PDUError("bind refused")
        client.state = consts.SMPP_CLIENT_STATE_BOUND_TRX
        with self._lock:
            self._client = client

    def _tell(self, stands: bool | None) -> None:
        with self._news:
            self._stands = stands
            self._news.notify_all()

    def _listen(self, client: Client) -> None:
        heard, asked = time.monotonic(), 0.0
        readable = select.poll()  # select() knows no descriptor above 1023
        readable.register(client._socket, select.POLLIN)
        while True:
            something = readable.poll(_LOOK_UP_SECONDS * 1000)
            now = time.monotonic()
            if something:
                heard, asked = now, 0.0
                if not self._take(read(client)):
                    return
            elif asked and now - asked > self._timeout:
                raise TimeoutError
            elif not asked and now - heard > _ENQUIRE_SECONDS:
                asked = now
                with self._lock:
                    self._write(numbered(command.EnquireLink("enquire_link", client=client), self._next()))
            elif self._closing.is_set() and now - heard > _GOODBYE_SECONDS:
                return

    def _take(self, pdu: Any) -> bool:
        """Whether to go on listening."""
        if pdu.command != UNKNOWN and pdu.is_response():
            return self._settle(pdu)
        if pdu.command == "deliver_sm":
            if self._is_done_with(pdu):
                self.acknowledge(pdu)
            return True
        with self._lock:
            self._answer(
                f"{pdu.command}_resp" if pdu.command in ("enquire_link", "unbind") else "generic_nack", pdu.sequence
            )
        return bool(pdu.command != "unbind")

    def _is_done_with(self, pdu: Any) -> bool:
        try:
            return self._deliver(pdu)
        except Exception:  # not acknowledged it would come again, and again break the line
            _log.exception("a deliver_sm cannot be understood and is dropped")
            return True

    def _settle(self, pdu: Any) -> bool:
        with self._lock:
            waiting = self._waiting.pop(pdu.sequence, None)
        if waiting is not None:
            waiting.message_id = _text(getattr(pdu, "message_id", None))
            waiting.status = pdu.status
            waiting.changed.set()
        return bool(pdu.command != "unbind_resp")

    def _tear_down(self, client: Client) -> None:
        with self._lock:
            self._client = None
            lost, self._waiting = list(self._waiting.values()), {}
        # Before anybody is woken: who sends next waits for the new line.
        self._tell(None if self._stands and not self._closing.is_set() else False)
        for waiting in lost:
            waiting.lost = True
            waiting.changed.set()
        client.state = consts.SMPP_CLIENT_STATE_OPEN  # or disconnect() complains
        client.disconnect()

    # --- writing, under the lock -----------------------------------------------------------------------------------

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _answer(self, name: str, sequence: int) -> None:
        made = numbered(ANSWERS[name](name, client=self._client), sequence)
        if name == "generic_nack":
            made.status = consts.SMPP_ESME_RINVCMDID
        self._write(made)

    def _write(self, pdu: Any) -> None:
        if self._client is not None:
            try:
                self._client.send_pdu(pdu)
            except (exceptions.ConnectionError, exceptions.PDUError, OSError):
                _cut(self._client)


def _text(octets: Any) -> str:
    return octets.decode("ascii", "replace") if isinstance(octets, bytes) else str(octets or "")


def _cut(client: Client) -> None:
    with contextlib.suppress(OSError, AttributeError):
        client._socket.shutdown(socket.SHUT_RDWR)
