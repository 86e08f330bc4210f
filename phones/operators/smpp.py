"""An operator's SMSC on loopback: SMPP 3.4 read and written octet by octet from its specification.

It shares nothing with the gateway that it is for, neither its library nor its tables.
"""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from phones.operators.base import State, TakenSms
from phones.operators.smpp_octets import SEPTETS, Submit, exactly, read_submit, text_of, tlv

SYSTEM_ID, PASSWORD = "helpline", "s3cret"

_BIND_TRANSCEIVER, _UNBIND, _ENQUIRE_LINK = 0x09, 0x06, 0x15
_SUBMIT_SM, _DELIVER_SM, _NACK, _ANSWER = 0x04, 0x05, 0x80000000, 0x80000000
_WORDS: dict[State, tuple[str, int]] = {
    "delivered": ("DELIVRD", 2),
    "failed": ("UNDELIV", 5),
    "on_its_way": ("ENROUTE", 1),
}


@dataclass(eq=False)
class _Session:
    """One bound client."""

    connection: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    answered: dict[int, int] = field(default_factory=dict)  # sequence of a deliver_sm -> command_status
    news: threading.Condition = field(default_factory=threading.Condition)

    def write(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        with self.lock:
            self.connection.sendall(struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body)


class SmppOperator:
    """Words for `next_answers`: accept; rate_limited (ESME_RTHROTTLED); hang and drop (takes it, then says nothing, or
    cuts the line); late (takes it, answers when release() is called), late_refusal; 0x0b and the like: that status.

    `takes_payload` False: message_payload is refused (ESME_ROPTPARNOTALLWD). `decimal_receipts`: the id of a receipt is
    written in decimal, that of the answer in hexadecimal. `is_mute`: enquire_link is not answered.
    """

    takes_payload = True
    decimal_receipts = False
    is_mute = False

    def __init__(self) -> None:
        self.next_answers: list[str] = []
        self.taken: list[TakenSms] = []
        self.requests = 0
        self.binds = 0
        self.enquiries = 0
        self.arrived = threading.Event()
        self.lock = threading.Lock()
        self.on_taken: Callable[[TakenSms], None] = lambda sms: None
        self.parts_of: dict[str, list[str]] = {}  # a message's id -> the ids of its parts
        self._ids = itertools.count(0x1A2B3C4D01)
        self._sequences = itertools.count(1)
        self._half: dict[tuple[str, str, int], dict[int, tuple[str, Submit]]] = {}
        self._sessions: list[_Session] = []
        self._late: list[Callable[[], None]] = []
        self._closing = False

    # --- for tests, benchmark and demonstration --------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    @property
    def is_bound(self) -> bool:
        """Whether anybody is there to be told something."""
        return bool(self._sessions)

    def count_of(self, recipient: str) -> int:
        with self.lock:
            return sum(sms.recipient == recipient for sms in self.taken)

    def report(self, sms: TakenSms, state: State, code: str = "", part: int | None = None) -> list[int]:
        """Send the receipt of each part (or of one); the command_status with which each was acknowledged."""
        word, number = _WORDS[state]
        parts = self.parts_of[sms.provider_id]
        now = datetime.now(UTC).strftime("%y%m%d%H%M")
        statuses = []
        for provider_id in parts if part is None else [parts[part]]:
            told = str(int(provider_id, 16)) if self.decimal_receipts else provider_id
            text = (
                f"id:{told} sub:001 dlvrd:001 submit date:{now} done date:{now} stat:{word} err:{code or '000'} text:-"
            )
            tlvs = tlv(0x001E, told.encode() + b"\0") + tlv(0x0427, bytes((number,)))
            statuses.append(self._deliver(sms.recipient[1:], sms.header, 0x04, 0, text.encode("ascii"), tlvs))
        return statuses

    def inbound(self, sender: str, recipient: str, text: str, patience: float = 5) -> int:
        """Somebody's SMS to us; the command_status of its acknowledgement, -1 when none came in time."""
        if all(character in SEPTETS for character in text):
            octets = bytes(SEPTETS[character] for character in text)
            return self._deliver(sender, recipient, 0, 0, octets, b"", patience)
        return self._deliver(sender, recipient, 0, 8, text.encode("utf-16-be"), b"", patience)

    def release(self) -> None:
        """Send the answers that are late."""
        with self.lock:
            late, self._late = self._late, []
        for answer in late:
            answer()

    def cut(self) -> None:
        """Break every line."""
        with self.lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            _shut(session.connection)

    def write_raw(self, octets: bytes) -> None:
        """Write octets to the newest client, whatever they mean."""
        session = self._sessions[-1]
        with session.lock:
            session.connection.sendall(octets)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        _shut(self._server)
        self.cut()
        self._thread.join()
        self._server.close()

    # --- the server ------------------------------------------------------------------------------------------------

    @cached_property
    def _server(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", 0), backlog=128)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        session = _Session(connection)
        with connection:
            try:
                while self._step(session):
                    pass
            except (OSError, EOFError):
                pass
        with self.lock:
            self._sessions = [other for other in self._sessions if other is not session]

    def _step(self, session: _Session) -> bool:
        length, command, status, sequence = struct.unpack(">LLLL", exactly(session.connection, 16))
        body = exactly(session.connection, length - 16)
        if command & _ANSWER:
            with session.news:
                session.answered[sequence] = status
                session.news.notify_all()
        elif command == _BIND_TRANSCEIVER:
            return self._bind(session, sequence, body)
        elif session not in self._sessions:
            session.write(command | _ANSWER, 0x04, sequence)
        elif command == _SUBMIT_SM:
            return self._submit(session, sequence, read_submit(body))
        elif command == _ENQUIRE_LINK:
            self.enquiries += 1
            if not self.is_mute:
                session.write(command | _ANSWER, 0, sequence)
        elif command == _UNBIND:
            session.write(command | _ANSWER, 0, sequence)
            return False
        else:
            session.write(_NACK, 0x03, sequence)
        return True

    def _bind(self, session: _Session, sequence: int, body: bytes) -> bool:
        system_id, password, _system_type, rest = body.split(b"\0", 3)
        if (system_id.decode(), password.decode()) != (SYSTEM_ID, PASSWORD) or rest[0] != 0x34:
            session.write(_BIND_TRANSCEIVER | _ANSWER, 0x0E, sequence)
            return False
        # sc_interface_version, and a TLV of its own that no client knows
        session.write(_BIND_TRANSCEIVER | _ANSWER, 0, sequence, b"smsc\0" + tlv(0x0210, b"\x34") + tlv(0x1999, b"x"))
        with self.lock:  # not before: what is delivered must not overtake that answer
            self.binds += 1
            self._sessions.append(session)
        return True

    def _submit(self, session: _Session, sequence: int, submit: Submit) -> bool:
        with self.lock:
            self.requests += 1
            word = self.next_answers.pop(0) if self.next_answers else "accept"
        status = self._refusal(submit, word)
        if word == "late_refusal":
            with self.lock:
                self._late.append(lambda: session.write(_SUBMIT_SM | _ANSWER, 0x58, sequence))
            return True
        if status:
            session.write(_SUBMIT_SM | _ANSWER, status, sequence)
            return True
        provider_id = self._take(submit)
        self.arrived.set()

        def answer() -> None:
            session.write(_SUBMIT_SM | _ANSWER, 0, sequence, provider_id.encode() + b"\0")

        if word == "late":
            with self.lock:
                self._late.append(answer)
        elif word not in ("hang", "drop"):
            answer()
        return word != "drop"

    def _refusal(self, submit: Submit, word: str) -> int:
        if word == "rate_limited":
            return 0x58
        if word.startswith("0x"):
            return int(word, 16)
        if not submit.destination.isdecimal() or len(submit.destination) < 10:
            return 0x0B
        if submit.registered != 1:
            return 0x07
        if 0x0424 in submit.tlvs and (not self.takes_payload or submit.octets):
            return 0xC1
        return 0x01 if len(submit.octets) > 140 + 20 * (submit.coding == 0) else 0

    def _take(self, submit: Submit) -> str:
        with self.lock:
            provider_id = f"{next(self._ids):X}"
            if not submit.esm_class & 0x40:
                octets = submit.octets or submit.tlvs.get(0x0424, b"")
                parts, text = [provider_id], text_of(octets, submit.coding)
            else:
                assert submit.octets[:3] == b"\x05\x00\x03"
                reference, total, number = submit.octets[3:6]
                key = (submit.source, submit.destination, reference)
                held = self._half.setdefault(key, {})
                held[number] = (provider_id, submit)
                if len(held) < total:
                    return provider_id
                del self._half[key]
                ordered = [held[index + 1] for index in range(total)]
                parts = [part_id for part_id, _ in ordered]
                text = "".join(text_of(part.octets[6:], part.coding) for _, part in ordered)
            sms = TakenSms(
                parts[0],
                f"+{submit.destination}",
                text,
                header=submit.source,
                entity_id=submit.tlvs.get(0x1400, b"").decode(),
                template_id=submit.tlvs.get(0x1401, b"").decode(),
                fields={"data_coding": str(submit.coding), "parts": str(len(parts))},
            )
            self.parts_of[parts[0]] = parts
            self.taken.append(replace(sms))
        self.on_taken(sms)
        return provider_id

    def _deliver(
        self,
        source: str,
        destination: str,
        esm_class: int,
        coding: int,
        octets: bytes,
        tlvs: bytes,
        patience: float = 5,
    ) -> int:
        session = self._sessions[-1]
        sequence = next(self._sequences)
        body = b"\0" + b"\1\1" + source.encode() + b"\0" + b"\5\0" + destination.encode() + b"\0"
        body += bytes((esm_class, 0, 0)) + b"\0\0" + bytes((0, 0, coding, 0, len(octets))) + octets + tlvs
        session.write(_DELIVER_SM, 0, sequence, body)
        with session.news:
            session.news.wait_for(lambda: sequence in session.answered, patience)
            return session.answered.get(sequence, -1)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()
