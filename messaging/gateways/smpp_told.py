"""What an SMSC tells over the line, until somebody fetches it: receipts under the ids we know, and SMS to us."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import Any

from messaging.gateways import InboundSms, Receipt
from messaging.gateways.smpp_words import PAYLOAD, decode, read_receipt, spellings

_KEPT = 50_000  # parts whose receipts are expected, senders whose last words are known
_MOST_RECEIPTS = 100_000  # not yet fetched
_MOST_INBOUND = 1000  # not yet fetched; an SMSC sends again what is not acknowledged
_SAME_SECONDS = 60.0


@dataclass(slots=True)
class _Parts:
    """A message that was taken: our id, the SMSC's (of its first part), and the final receipts of its parts so far."""

    message_id: str
    provider_id: str
    count: int
    done: dict[str, Receipt] = field(default_factory=dict)


class SmscTold:
    """For the line's thread, which delivers, and those that send and fetch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_part: OrderedDict[str, _Parts] = OrderedDict()
        self._receipts: deque[Receipt] = deque(maxlen=_MOST_RECEIPTS)
        self._inbound: list[tuple[Any, InboundSms]] = []
        self._handed_on: list[Any] = []
        self._latest: OrderedDict[str, tuple[InboundSms, float]] = OrderedDict()  # by sender

    def expect(self, message_id: str, part_ids: list[str], count: int) -> None:
        """Receipts for these ids belong to our message; `count` are all its parts, those not yet answered too."""
        with self._lock:
            known = next((self._by_part[part] for part in part_ids if part in self._by_part), None)
            for part in part_ids:
                known = known or _Parts(message_id, part_ids[0], count)
                known.provider_id = part_ids[0]
                self._by_part[part] = known
            while len(self._by_part) > _KEPT:
                self._by_part.popitem(last=False)

    def deliver(self, pdu: Any) -> bool:
        """Take a deliver_sm. A receipt is acknowledged at once; an SMS to us not before it was fetched and kept."""
        text = decode(pdu.short_message or pdu.tlvs.get(PAYLOAD, b""), pdu.data_coding or 0, pdu.esm_class or 0)
        receipt = read_receipt(pdu.esm_class or 0, text, pdu.tlvs)
        with self._lock:
            if receipt:
                self._receipts.append(receipt)
                return True
            sms = InboundSms(uuid.uuid4().hex, _number(pdu.source_addr), _number(pdu.destination_addr), text)
            if sms.sender and len(self._inbound) < _MOST_INBOUND:
                self._inbound.append((pdu, self._as_before(sms)))
            return not sms.sender

    def fetch(self) -> tuple[list[Receipt], list[InboundSms], list[Any]]:
        """Receipts, SMS to us, and the deliver_sm of those fetched before, which may now be acknowledged."""
        with self._lock:
            told = [whole for receipt in self._receipts if (whole := self._whole(receipt))]
            self._receipts.clear()
            acknowledged, self._handed_on = self._handed_on, [pdu for pdu, _ in self._inbound]
            inbound, self._inbound = [sms for _, sms in self._inbound], []
        return told, inbound, acknowledged

    def _whole(self, receipt: Receipt) -> Receipt | None:
        """The receipt under the id we know; of several parts the last one settles it, and one that failed fails it."""
        spelt = list(spellings(receipt.provider_id))
        parts = next((self._by_part[one] for one in spelt if one in self._by_part), None)
        if parts is None:  # sent by an earlier process: whoever has the messages knows the spelling
            return replace(receipt, also=tuple(spelt))
        if parts.count > 1 and receipt.state != "on_its_way":
            parts.done[receipt.provider_id] = receipt
            if receipt.state == "delivered" and len(parts.done) < parts.count:
                return None
            receipt = next((part for part in parts.done.values() if part.state == "failed"), receipt)
        return replace(receipt, provider_id=parts.provider_id, message_id=parts.message_id)

    def _as_before(self, sms: InboundSms) -> InboundSms:
        """An SMSC sends again what was not acknowledged in its time: the same words, and nothing else since."""
        earlier, at = self._latest.pop(sms.sender, (sms, -_SAME_SECONDS))
        now = time.monotonic()
        is_same = (earlier.recipient, earlier.text) == (sms.recipient, sms.text) and now - at < _SAME_SECONDS
        self._latest[sms.sender] = (earlier, at) if is_same else (sms, now)
        if len(self._latest) > _KEPT:
            self._latest.popitem(last=False)
        return earlier if is_same else sms


def _number(octets: bytes | None) -> str:
    return (octets or b"").decode("ascii", "replace")
