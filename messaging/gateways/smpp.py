"""SMS over SMPP 3.4, straight into an operator's SMSC: one bind, DLT's ids as TLVs, receipts over the same line.

An answer other than success says that the message was not taken. No answer in time, or a line that breaks before it,
leaves it in doubt; an answer that comes later is kept, so that a look-up can still tell.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import Any

from messaging.errors import GatewayMisconfigured
from messaging.gateways import (
    Accepted,
    CannotTell,
    InboundSms,
    InDoubt,
    LookedUp,
    NotThere,
    Outcome,
    OutgoingSms,
    Receipt,
    Rejected,
)
from messaging.gateways.smpp_line import SmppLine, Waiting
from messaging.gateways.smpp_words import (
    NO_PAYLOAD,
    PAYLOAD,
    Submission,
    decode,
    read_receipt,
    refusal,
    spellings,
    submissions,
)

_WINDOW = 10  # requests on their way at once: what SMSCs usually allow
_KEPT = 50_000  # messages whose answers and parts are remembered
_MOST_RECEIPTS = 100_000  # not yet fetched
_SAME_SECONDS = 60.0
_MOST_INBOUND = 1000  # not yet fetched; an SMSC sends again what is not acknowledged
_TON_UNKNOWN, _TON_INTERNATIONAL, _TON_ALPHANUMERIC = 0, 1, 5
_NPI_UNKNOWN, _NPI_ISDN = 0, 1
_FINAL_RECEIPT = 1  # registered_delivery: success or failure


@dataclass
class _Sent:
    """A message as it was submitted; `done` are the final receipts of its parts so far."""

    message_id: str  # ours
    waiting: list[Waiting]
    is_whole: bool  # the line took every part
    done: dict[str, Receipt] = field(default_factory=dict)

    @property
    def provider_id(self) -> str:
        return self.waiting[0].message_id


class SmppSmsGateway:
    """`address` is host:port. `timeout` in seconds: for connecting and for each answer.

    The bind belongs to the process that calls send() or receipts() first; one is enough for any number of threads.
    """

    name = "smpp"

    def __init__(
        self, address: str, system_id: str, password: str, *, system_type: str = "", timeout: float = 10
    ) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise GatewayMisconfigured("HELPLINE_SMPP_ADDRESS is written host:port, such as 10.1.2.3:2775")
        for setting, value, most in (
            ("SYSTEM_ID", system_id, 15),
            ("PASSWORD", password, 8),
            ("SYSTEM_TYPE", system_type, 12),
        ):
            if len(value) > most or not value.isascii() or (not value and setting != "SYSTEM_TYPE"):
                raise GatewayMisconfigured(f"HELPLINE_SMPP_{setting} needs 1 to {most} ASCII characters (SMPP 3.4)")
        bind = {"system_id": system_id, "password": password, "system_type": system_type}
        self._timeout = timeout
        self._line = SmppLine(host, int(port), bind, timeout=timeout, deliver=self._deliver)
        self._window = threading.BoundedSemaphore(_WINDOW)
        self._lock = threading.Lock()
        self._reference = 0
        self._takes_payload = True
        self._open: OrderedDict[str, _Sent] = OrderedDict()  # by our id: not every answer came in time
        self._by_part: OrderedDict[str, _Sent] = OrderedDict()  # by the SMSC's id of each part
        self._receipts: deque[Receipt] = deque(maxlen=_MOST_RECEIPTS)
        self._inbound: list[tuple[Any, InboundSms]] = []
        self._handed_on: list[tuple[Any, InboundSms]] = []
        self._latest: OrderedDict[str, tuple[InboundSms, float]] = OrderedDict()  # by sender

    # --- sending ---------------------------------------------------------------------------------------------------

    def send(self, sms: OutgoingSms) -> Outcome:
        with self._lock:
            self._reference = (self._reference + 1) % 256
            reference = self._reference
        try:
            fields = _addresses(sms)
            wholly, in_parts = (submissions(sms, reference, payload) for payload in (True, False))
        except ValueError as error:
            return Rejected(f"the message cannot be written ({type(error).__name__})", True, key="value_unsendable")
        outcome = self._submit(sms, wholly if self._takes_payload else in_parts, fields)
        if isinstance(outcome, int):  # refused for its payload: this SMSC wants parts
            self._takes_payload = False
            outcome = self._submit(sms, in_parts, fields)
        return refusal(outcome) if isinstance(outcome, int) else outcome

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        """By the answer that came after its time had passed; without its id an SMSC cannot be asked (query_sm)."""
        with self._lock:
            sent = self._open.get(sms.message_id)
        statuses = [waiting.status for waiting in sent.waiting] if sent else [None]
        if sent and sent.is_whole and set(statuses) == {0} and sent.provider_id not in known:
            return Accepted(sent.provider_id)
        if all(statuses):
            return NotThere()
        return CannotTell("the SMSC has not told an id, and cannot be asked without one")

    def close(self) -> None:
        self._line.close()

    def _submit(self, sms: OutgoingSms, parts: list[Submission], fields: dict[str, Any]) -> Outcome | int:
        """The outcome, or the status with which a payload as such was refused."""
        until = time.monotonic() + self._timeout
        if not self._window.acquire(timeout=self._timeout):
            return Rejected("too many messages wait for the SMSC's answer", False, unwell=True, key="gateway_busy")
        try:
            written = self._write(parts, fields, until)
            sent = _Sent(sms.message_id, written, len(written) == len(parts))
            for waiting in sent.waiting:
                waiting.changed.wait(max(0.0, until - time.monotonic()))
        finally:
            self._window.release()
        if not sent.waiting:
            return self._away()
        with self._lock:
            self._remember(sent)
        return self._meant(sent, parts)

    def _write(self, parts: list[Submission], fields: dict[str, Any], until: float) -> list[Waiting]:
        """As many parts as the line took; it may go, and be built again, before the first one."""
        written: list[Waiting] = []
        while not written and self._line.is_bound(max(0.0, until - time.monotonic())):
            for part in parts:
                waiting = self._line.submit(part, fields)
                if waiting is None:
                    break
                written.append(waiting)
        return written

    def _meant(self, sent: _Sent, parts: list[Submission]) -> Outcome | int:
        statuses = [waiting.status for waiting in sent.waiting]
        if sent.is_whole and all(status == 0 for status in statuses):
            return self._accepted(sent)
        refused = next((status for status in statuses if status), 0)
        if refused and all(statuses):
            return refused if PAYLOAD in parts[0].tlvs and refused in NO_PAYLOAD else refusal(refused)
        if refused or len(parts) > 1:
            return InDoubt(f"the SMSC has taken {statuses.count(0)} of {len(parts)} parts of the message")
        lost = any(waiting.lost for waiting in sent.waiting)
        return InDoubt("the line broke before the SMSC answered" if lost else "the SMSC did not answer in time")

    def _accepted(self, sent: _Sent) -> Outcome:
        if not sent.provider_id:
            return InDoubt("the SMSC answered without a message id")
        return Accepted(sent.provider_id)

    def _away(self) -> Rejected:
        if self._line.refused_status:
            refused = refusal(self._line.refused_status)
            return Rejected(f"the SMSC refuses to bind us: {refused.reason}", False, unwell=True, key=refused.key)
        return Rejected("the SMSC could not be reached", final=False, unwell=True, key="gateway_away")

    def _remember(self, sent: _Sent) -> None:
        """Under the lock. What has no answer yet is kept for a look-up."""
        self._register(sent)
        self._open.pop(sent.message_id, None)
        if any(waiting.status is None for waiting in sent.waiting):
            self._open[sent.message_id] = sent
        while len(self._open) > _KEPT:
            self._open.popitem(last=False)

    def _register(self, sent: _Sent) -> None:
        """Under the lock. A receipt finds its message by the id of any of its parts."""
        for waiting in sent.waiting:
            if waiting.message_id:
                self._by_part[waiting.message_id] = sent
        while len(self._by_part) > _KEPT:
            self._by_part.popitem(last=False)

    # --- what the SMSC tells ---------------------------------------------------------------------------------------

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What has come in since the last call; an inbound SMS is acknowledged to the SMSC by the call after it."""
        self._line.is_bound()
        with self._lock:
            told, handed_on = list(self._receipts), self._handed_on
            self._receipts.clear()
            self._handed_on, self._inbound = self._inbound, []
            for sent in self._open.values():  # their answers may have come by now
                self._register(sent)
            asked = frozenset(provider_ids)
            receipts = [whole for receipt in told if (whole := self._whole(receipt, asked))]
            inbound = [sms for _, sms in self._handed_on]
        for pdu, _ in handed_on:
            self._line.acknowledge(pdu)
        return receipts, inbound

    def _whole(self, receipt: Receipt, asked: frozenset[str]) -> Receipt | None:
        """The receipt under the id we know; of several parts the last one settles it, and one that failed fails it."""
        spelt = list(spellings(receipt.provider_id))
        sent = next((self._by_part[one] for one in spelt if one in self._by_part), None)
        if sent is None:
            return replace(receipt, provider_id=next((one for one in spelt if one in asked), receipt.provider_id))
        if len(sent.waiting) == 1 or receipt.state == "on_its_way":
            return _of(sent, receipt)
        sent.done[receipt.provider_id] = receipt
        if receipt.state == "delivered" and len(sent.done) < len(sent.waiting):
            return None
        failed = next((part for part in sent.done.values() if part.state == "failed"), receipt)
        return _of(sent, failed)

    def _deliver(self, pdu: Any) -> bool:
        """In the line's thread. A receipt is acknowledged at once; an SMS to us not before it was fetched and kept."""
        octets = pdu.short_message or pdu.tlvs.get(PAYLOAD, b"")
        text = decode(octets, pdu.data_coding or 0, pdu.esm_class or 0)
        receipt = read_receipt(pdu.esm_class or 0, text, pdu.tlvs)
        with self._lock:
            if receipt:
                self._receipts.append(receipt)
                return True
            sms = InboundSms(uuid.uuid4().hex, _number(pdu.source_addr), _number(pdu.destination_addr), text)
            if sms.sender and len(self._inbound) < _MOST_INBOUND:
                self._inbound.append((pdu, self._as_before(sms)))
            return not sms.sender

    def _as_before(self, sms: InboundSms) -> InboundSms:
        """An SMSC sends again what was not acknowledged in its time: the same words, and nothing else since."""
        earlier, at = self._latest.pop(sms.sender, (sms, -_SAME_SECONDS))
        now = time.monotonic()
        is_same = (earlier.recipient, earlier.text) == (sms.recipient, sms.text) and now - at < _SAME_SECONDS
        self._latest[sms.sender] = (earlier, at) if is_same else (sms, now)
        if len(self._latest) > _KEPT:
            self._latest.popitem(last=False)
        return earlier if is_same else sms


def _of(sent: _Sent, receipt: Receipt) -> Receipt:
    return replace(receipt, provider_id=sent.provider_id or receipt.provider_id, message_id=sent.message_id)


def _addresses(sms: OutgoingSms) -> dict[str, Any]:
    is_number = sms.header.isdecimal()
    return {
        "source_addr_ton": _TON_UNKNOWN if is_number else _TON_ALPHANUMERIC,
        "source_addr_npi": _NPI_ISDN if is_number else _NPI_UNKNOWN,
        "source_addr": sms.header,
        "dest_addr_ton": _TON_INTERNATIONAL,
        "dest_addr_npi": _NPI_ISDN,
        "destination_addr": sms.recipient.removeprefix("+"),
        "registered_delivery": _FINAL_RECEIPT,
    }


def _number(octets: bytes | None) -> str:
    return (octets or b"").decode("ascii", "replace")
