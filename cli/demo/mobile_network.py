"""The demonstration's mobile operator: takes messages over HTTP as Exotel does, shows them, and tells what became."""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from phones.operators import exotel
from phones.operators.base import TakenSms

# Made-up ids of the register in which Indian operators keep who may send which wording (DLT).
ENTITY, HEADER = "1101000000000000104", exotel.SENDER
# How long a message is on its way to the handset.
_SECONDS = 0.5


@dataclass(frozen=True)
class Shown:
    """A message on a handset; `answer` is the HTTP status that the helpline gave the receipt."""

    sms: TakenSms
    answer: int


class MobileNetwork:
    """A context manager. Every message that the operator takes is shown and reported, in the order it came."""

    def __init__(self) -> None:
        self.operator = exotel.ExotelOperator()
        self.operator.on_taken = self._on_taken
        self._on_its_way: queue.SimpleQueue[TakenSms | None] = queue.SimpleQueue()
        self._shown: dict[str, Shown] = {}
        self._news = threading.Condition()
        self._open = ExitStack()

    def settings(self, public_url: str, secret: str) -> dict[str, Any]:
        """What a department enters to send through this operator: its address, credentials, DLT's ids, the webhook."""
        return {
            "sms_gateway": "exotel",
            "sms_fallback": "",
            "exotel_url": self.operator.url,
            "exotel_account_sid": exotel.ACCOUNT,
            "exotel_api_key": exotel.KEY,
            "exotel_api_token": exotel.TOKEN,
            "exotel_from": exotel.SENDER,
            "dlt": "required",
            "dlt_entity_id": ENTITY,
            "dlt_header": HEADER,
            "public_url": public_url,
            "webhook_secret": secret,
        }

    def taken(self, message_id: str) -> TakenSms | None:
        """The message as the operator took it, under the helpline's own id."""
        with self.operator.lock:
            return next((sms for sms in self.operator.taken if sms.fields.get("CustomField") == message_id), None)

    def shown(self, sms: TakenSms, timeout: float) -> Shown | None:
        """Wait until the message is on the handset and its receipt is answered."""
        with self._news:
            self._news.wait_for(lambda: sms.provider_id in self._shown, timeout)
            return self._shown.get(sms.provider_id)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self.operator)
            thread = threading.Thread(target=self._deliver, name="handsets", daemon=True)
            thread.start()
            opening.callback(thread.join)
            opening.callback(self._on_its_way.put, None)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _on_taken(self, sms: TakenSms) -> None:
        self._on_its_way.put(sms)

    def _deliver(self) -> None:
        while (sms := self._on_its_way.get()) is not None:
            self.operator.closing.wait(_SECONDS)
            try:
                status = self.operator.report(sms, "delivered").status
            except OSError:  # the helpline is going down
                status = 0
            with self._news:
                self._shown[sms.provider_id] = Shown(sms, status)
                self._news.notify_all()
