"""The peer: the same messages straight through the gateway, by as many threads, without an outbox. It forgets all."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from bench.errors import BenchError
from bench.messaging.causes import VALUES, number
from config.settings import Settings
from messaging.catalogue import shipped
from messaging.gateways import Accepted, OutgoingSms
from messaging.gateways.choice import gateways_from
from messaging.sending import THREADS


def straight_through(settings: Settings, count: int) -> float:
    """Messages a second."""
    [gateway] = gateways_from(settings)
    text = shipped().find("advice_slip", "hi").render(VALUES)

    def send(index: int) -> bool:
        return isinstance(gateway.send(OutgoingSms(f"straight-{index}", number(9_000_000 + index), text)), Accepted)

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        accepted = sum(pool.map(send, range(count)))
    seconds = time.monotonic() - began
    gateway.close()
    if accepted != count:
        raise BenchError(f"{count - accepted} of {count} messages were not taken")
    return count / seconds
