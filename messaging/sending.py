"""A lane: a gateway, how fast it may be used, whether it is well, and the threads in which it is waited for."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime

from config.schema import Message
from config.settings import Settings
from messaging import breaker, rate
from messaging.gateways import CannotTell, InDoubt, LookedUp, Outcome, OutgoingSms, SmsGateway

log = logging.getLogger(__name__)

THREADS = 16  # for each gateway, where nothing else is said
USUAL_PER_SECOND = 20.0
# The longest a gateway may take: ten seconds to connect and ten to answer, and some to notice.
LONGEST_SEND_SECONDS = 25.0
# What has waited longer for a thread since it was claimed, or while the machine slept, is not handed over any more.
# With the longest send it comes to less than the time after which another worker may have sent it
# (retry.BETWEEN_LOOKS).
FRESH_SECONDS = 45.0

_UNLIMITED = 1e6
_NOT_A_PROVIDER = "inbox"


def since_boot() -> float:
    """Seconds of a clock that is never set and goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lane:
    """One gateway's. Everything but `send` and `look_up` is called by the worker's own thread alone."""

    def __init__(
        self,
        gateway: SmsGateway,
        per_second: float = USUAL_PER_SECOND,
        threads: int = THREADS,
        pool: Executor | None = None,
        clock: Callable[[], float] = since_boot,
    ) -> None:
        self.gateway = gateway
        self.threads = threads
        self.in_hand = 0
        self.clock = clock
        self._pool = pool or ThreadPoolExecutor(threads, thread_name_prefix=f"sms-{gateway.name}")
        self._bucket = rate.full(per_second, clock())
        self._breaker = breaker.CLOSED
        self._changing = threading.Lock()

    @property
    def name(self) -> str:
        return self.gateway.name

    @property
    def is_well(self) -> bool:
        """Whether messages go to it without trying first."""
        return self._breaker.is_closed

    @property
    def may_be_asked(self) -> bool:
        """Whether there is sense in asking it about a message in doubt."""
        return self.is_well or self.clock() >= self._breaker.until

    def room(self, most: int) -> int:
        """How many messages it may be given now; they are taken off its rate, so give back what is not used."""
        free = min(most, 2 * self.threads - self.in_hand)
        now = self.clock()
        with self._changing:
            granted, self._bucket = rate.take(self._bucket, breaker.permitted(self._breaker, now, free), now)
            if granted:
                self._breaker = breaker.handed_over(self._breaker)
        return granted

    def give_back(self, unused: int) -> None:
        """So many of what `room` said were not needed."""
        with self._changing:
            self._bucket = rate.give_back(self._bucket, unused)
            if unused:
                self._breaker = breaker.not_sent(self._breaker)

    def seconds_to_room(self) -> float:
        """Until it may be given another message; infinite while only an answer can make room."""
        if self.in_hand >= 2 * self.threads or self._breaker.trying:
            return math.inf
        now = self.clock()
        return max(rate.seconds_to_next(self._bucket, now), 0.0 if self.is_well else self._breaker.until - now)

    def submit(self, work: Callable[[], None], then: Callable[[], None] = lambda: None) -> None:
        """Have it done in one of the lane's threads, and `then` be told that there is room again."""
        with self._changing:
            self.in_hand += 1
        self._pool.submit(self._do, work, then)

    def _do(self, work: Callable[[], None], then: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("a fault of ours beside gateway %s", self.name)
        finally:
            with self._changing:
                self.in_hand -= 1
            then()

    def answered(self, outcome: Outcome | None) -> None:
        """What came of it; None: it was not handed over after all."""
        with self._changing:
            was_well = self.is_well
            now = self.clock()
            self._breaker = (
                breaker.not_sent(self._breaker) if outcome is None else breaker.answered(self._breaker, outcome, now)
            )
        if was_well and not self.is_well:
            log.warning("gateway %s is away or unwell: it gets one message at a time until it answers", self.name)
        elif self.is_well and not was_well:
            log.info("gateway %s is well again", self.name)

    def send(self, message: Message) -> Outcome:
        try:
            return self.gateway.send(outgoing(message))
        except Exception as error:
            log.exception("gateway %s broke its promise not to raise", self.name)
            return InDoubt(f"the gateway failed ({type(error).__name__})")

    def look_up(self, message: Message, known: frozenset[str]) -> LookedUp:
        try:
            return self.gateway.look_up(outgoing(message), known)
        except Exception as error:
            log.exception("gateway %s broke its promise not to raise", self.name)
            return CannotTell(f"the gateway failed ({type(error).__name__})")

    def close(self) -> None:
        """End when what is being sent is over."""
        self._pool.shutdown(wait=True)
        self.gateway.close()


def lanes_of(gateways: Iterable[SmsGateway], settings: Settings) -> list[Lane]:
    """A lane for each gateway, in the order in which they are used."""
    return [Lane(gateway, _per_second(gateway.name, settings)) for gateway in gateways]


def outgoing(message: Message) -> OutgoingSms:
    """The row as gateways take it."""
    return OutgoingSms(
        message_id=message.id,
        recipient=message.recipient,
        text=message.text,
        header=message.header,
        entity_id=message.entity_id,
        template_id=message.dlt_template_id,
        encoding=message.encoding,
        category=message.category,
        claimed_at=message.claimed_at,
        purpose=message.purpose,
    )


def is_fresh(message: Message, now: datetime, waited: float) -> bool:
    """Whether a claimed message may still be handed over; `waited` seconds by a clock that is never set."""
    claimed_at = message.claimed_at or now
    return max(waited, (now - claimed_at).total_seconds()) < FRESH_SECONDS


def _per_second(name: str, settings: Settings) -> float:
    usual = _UNLIMITED if name == _NOT_A_PROVIDER else USUAL_PER_SECOND
    return settings.figure_of("sms_per_second", name) or usual
