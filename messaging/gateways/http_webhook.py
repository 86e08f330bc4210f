"""PURE: receipts and inbound SMS of a provider that a file describes, read from its webhook's requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messaging.gateways import InboundSms, Receipt, ReceiptState, Told, WebhookAnswer, WebhookRequest
from messaging.gateways.description import InboundPart, ReceiptPart, Source, WebhookPart
from messaging.gateways.dlt_codes import dlt_reason
from messaging.gateways.http import at_path, follow

_MOST_RECORDS = 1000


class DescribedWebhook:
    """Reads what `part` describes. The address' query may carry our own id (`m`)."""

    name = "http"
    signs = False

    def __init__(self, part: WebhookPart) -> None:
        self._part = part

    def is_authentic(self, request: WebhookRequest) -> bool:
        return True

    def read(self, request: WebhookRequest) -> Told | None:
        inbound = tuple(self._inbound(request))
        receipts = () if inbound else tuple(self._receipts(request))
        if not (inbound or receipts):
            return None
        said = self._part.answer
        return Told(receipts, inbound, WebhookAnswer(said.status, said.content_type, said.body))

    def _receipts(self, request: WebhookRequest) -> list[Receipt]:
        part = self._part.receipts
        records = _records(part, request) if part else []
        ours = request.query.get("m", "") if len(records) == 1 else ""
        return [receipt for record in records if part and (receipt := _receipt(part, record, ours))]

    def _inbound(self, request: WebhookRequest) -> list[InboundSms]:
        part = self._part.inbound
        return [sms for record in (_records(part, request) if part else []) if part and (sms := _sms(part, record))]


def _records(source: Source, request: WebhookRequest) -> list[Any]:
    data: Any
    if source.source == "json":
        data = _json(request.body)
    else:
        data = dict(request.query if source.source == "query" else request.form)
    if source.inside:
        data = _json(str(data.get(source.inside, ""))) if isinstance(data, Mapping) else None
    if source.each is None:
        return [data]
    listed = follow(data, source.each)
    return listed[:_MOST_RECORDS] if isinstance(listed, list) else []


def _receipt(part: ReceiptPart, record: Any, ours: str) -> Receipt | None:
    provider_id, word = at_path(record, part.id), at_path(record, part.state)
    if not provider_id or word is None:
        return None
    code = (at_path(record, part.code) if part.code else None) or ""
    cause = (at_path(record, part.cause) if part.cause else None) or code
    state = _state(part, word)
    reason = (part.reasons.get(cause) or dlt_reason(code) or "other") if state == "failed" else ""
    return Receipt(provider_id, state, reason, code or word, _moment(part, record), ours)


def _state(part: ReceiptPart, word: str) -> ReceiptState:
    word = word.strip().casefold()
    if word in [known.casefold() for known in part.delivered]:
        return "delivered"
    return "failed" if word in [known.casefold() for known in part.failed] else "on_its_way"


def _sms(part: InboundPart, record: Any) -> InboundSms | None:
    sender, text = at_path(record, part.sender), at_path(record, part.text)
    if not sender or text is None:
        return None
    recipient = (at_path(record, part.recipient) if part.recipient else None) or ""
    provider_id = (at_path(record, part.id) if part.id else None) or _fingerprint(record)
    return InboundSms(provider_id, sender, recipient, text)


def _fingerprint(record: Any) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _moment(part: ReceiptPart, record: Any) -> datetime | None:
    text = at_path(record, part.at) if part.at else None
    if not text:
        return None
    try:
        if part.at_unit == "iso":
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else None  # whose clock it is nobody says
        return datetime.fromtimestamp(int(text) / (1000 if part.at_unit == "milliseconds" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
