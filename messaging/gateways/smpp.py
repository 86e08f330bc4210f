"""SMS over SMPP 3.4, straight into an operator's SMSC: one bind, DLT's ids as TLVs, receipts over the same line.

An answer other than success says that the message was not taken. No answer in time, or a line that breaks before it,
leaves it in doubt; an answer that comes later is kept, so that a look-up can still tell.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
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
from messaging.gateways.smpp_told import SmscTold
from messaging.gateways.smpp_words import (
    NO_PAYLOAD,
    PAYLOAD,
    Submission,
    refusal,
    submissions,
)

_WINDOW = 10  # requests on their way at once: what SMSCs usually allow
_KEPT = 10_000  # messages in doubt that are remembered
_TON_UNKNOWN, _TON_INTERNATIONAL, _TON_ALPHANUMERIC = 0, 1, 5
_NPI_UNKNOWN, _NPI_ISDN = 0, 1
_FINAL_RECEIPT = 1  # registered_delivery: success or failure


@dataclass
class _Sent:
    """A message as it was submitted."""

    message_id: str  # ours
    claimed_at: datetime | None  # which attempt
    waiting: list[Waiting]
    is_whole: bool  # the line took every part

    @property
    def ids(self) -> list[str]:
        return [waiting.message_id for waiting in self.waiting if waiting.message_id]

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
        self._told = SmscTold()
        self._line = SmppLine(host, int(port), bind, timeout=timeout, deliver=self._told.deliver)
        self._window = threading.BoundedSemaphore(_WINDOW)
        self._lock = threading.Lock()
        self._reference = 0
        self._takes_payload = True
        self._open: OrderedDict[str, _Sent] = OrderedDict()  # by our id: not every answer came in time

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
        if isinstance(outcome, int):  # refused, perhaps for its payload: this SMSC may want parts
            outcome = self._submit(sms, in_parts, fields)
            self._takes_payload = not isinstance(outcome, Accepted)
        return refusal(outcome) if isinstance(outcome, int) else outcome

    def look_up(self, sms: OutgoingSms, known: frozenset[str]) -> LookedUp:
        """By the answer that came after its time had passed; without its id an SMSC cannot be asked (query_sm)."""
        with self._lock:
            sent = self._open.get(sms.message_id)
        if sent and sent.claimed_at != sms.claimed_at:  # another attempt: this one was another machine's
            sent = None
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
            sent = _Sent(sms.message_id, sms.claimed_at, written, len(written) == len(parts))
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
        self._told.expect(sent.message_id, sent.ids, len(sent.waiting))
        self._open.pop(sent.message_id, None)
        if any(waiting.status is None for waiting in sent.waiting):
            self._open[sent.message_id] = sent
        while len(self._open) > _KEPT:
            self._open.popitem(last=False)

    def receipts(self, provider_ids: tuple[str, ...]) -> tuple[list[Receipt], list[InboundSms]]:
        """What has come in since the last call; an inbound SMS is acknowledged to the SMSC by the call after it."""
        self._line.is_bound()
        with self._lock:
            for sent in self._open.values():  # their answers may have come by now
                self._told.expect(sent.message_id, sent.ids, len(sent.waiting))
        receipts, inbound, acknowledged = self._told.fetch()
        for pdu in acknowledged:
            self._line.acknowledge(pdu)
        return receipts, inbound


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
