"""Takes messages from the outbox and sends each at most once, whatever dies in between.

Rows are claimed (queued -> sending) in one committed statement, then sent, then the answers are recorded. A process
that dies after the claim leaves rows in `sending`; they are found there and come to be in doubt: the gateway that had
them is asked, and where it cannot tell, a person decides (outbox.send_again).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.schema import Message
from config.wakeup import WakeUp
from messaging import claims, recording
from messaging.aftercare import Aftercare
from messaging.answers import DATABASE_AWAY, TOGETHER, Answers
from messaging.gateways import Accepted, InDoubt, Outcome, Rejected
from messaging.receipts import OnChange
from messaging.recording import Answered, PutBack
from messaging.retry import decide, orphaned
from messaging.rules import MessagingRules
from messaging.sending import LONGEST_SEND_SECONDS, THREADS, Lane, is_fresh

__all__ = ["RECIPIENT", "THREADS", "Messenger"]

log = logging.getLogger(__name__)

RECIPIENT = "messenger"  # whom a wake-up hint after enqueue() goes to
_POLL_SECONDS = 1.0  # what a lost hint costs at most
_GATHERING_SECONDS = 0.025
_READ_AHEAD = 200  # ids of due messages, so that a long queue is not sorted anew for each claim


class Messenger:
    """Sends what the outbox promises through `lanes`, the first one that is well; from a thread of its own.

    `on_change(session, message)` is called in the transaction in which a message is sent or comes to its end.
    `node` names this deployment's machine: what an earlier process of it was sending is known to have no worker.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Lane],
        wake_up: WakeUp,
        rules: MessagingRules,
        on_change: OnChange = lambda session, message: None,
        clock: Callable[[], datetime] = utc_now,
        node: str = "one",
    ) -> None:
        self._database = database
        self._lanes = list(lanes)
        self._wake_up = wake_up
        self._rules = rules
        self._on_change = on_change
        self._clock = clock
        self.id = f"{node}/{new_id('worker')}"
        self._answers = Answers(self._write, self._lanes[0].clock)
        self._work = threading.Event()
        self._aftercare = Aftercare(
            database,
            self._lanes,
            rules,
            on_change,
            clock,
            worker=self.id,
            node=f"{node}/",
            answer=self._answers.put,
            wake=self._work.set,
        )
        self._ahead: list[str] = []
        self._away = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin sending; what an earlier process left in `sending` comes to be in doubt first."""
        self._stopping.clear()
        self._unsubscribe = self._wake_up.subscribe(RECIPIENT, self._work.set)
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the messages that are being sent now; what is claimed and not begun goes back to the queue."""
        self._stopping.set()
        self._work.set()
        self._unsubscribe()
        if self._thread is not None:
            self._thread.join(LONGEST_SEND_SECONDS)

    def run_once(self) -> int:
        """Send everything that is due, wait for the answers, and return how many messages were claimed."""
        claimed = 0
        self._look_after()
        while True:
            self._work.clear()
            claimed += self._round()
            if not self._in_hand() and self._answers.is_empty and not self._waits_for_rate():
                return claimed
            self._wait()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                self._look_after()
                self._round()
            except DATABASE_AWAY as error:
                if not self._away:
                    log.error("the database does not answer: nothing is sent until it does (%s)", type(error).__name__)
                self._away = True
                self._stopping.wait(_POLL_SECONDS)
            except Exception:
                log.exception("the outbox could not be worked off; trying again")
                self._stopping.wait(_POLL_SECONDS)
            else:
                self._away = False
            self._wait()
        self._end()

    def _end(self) -> None:
        for lane in self._lanes:
            lane.close()
        try:
            self._answers.record()
        except Exception:
            log.exception("answers of the gateways could not be recorded; they are looked up after the next start")

    def _look_after(self) -> None:
        self._answers.record()  # first: what was answered while the database was away is in no doubt
        self._aftercare.look()

    def _wait(self) -> None:
        """Until there is something to do. What comes within a moment under load is done together."""
        pause = _POLL_SECONDS
        if self._ahead:
            pause = min([pause, *(lane.seconds_to_room() for lane in self._lanes_in_use())])
        self._work.wait(max(pause, _GATHERING_SECONDS))
        if self._in_hand():
            self._stopping.wait(_GATHERING_SECONDS)

    def _lanes_in_use(self) -> Iterator[Lane]:
        """The first that is well, and those before it, which try now and then whether they are again."""
        for lane in self._lanes:
            yield lane
            if lane.is_well:
                return

    def _in_hand(self) -> int:
        return sum(lane.in_hand for lane in self._lanes)

    # --- claiming -----------------------------------------------------------------------------------------------------

    def _round(self) -> int:
        """Record what was answered, then claim what may go; how many messages were claimed."""
        claimed = 0
        while True:
            self._answers.record()  # first: while that fails, nothing more is sent
            now = 0 if self._stopping.is_set() else self._claim()
            claimed += now
            if not now:
                return claimed

    def _claim(self) -> int:
        return sum(self._claim_for(lane) for lane in self._lanes_in_use())

    def _claim_for(self, lane: Lane) -> int:
        now = self._clock()
        if not self._ahead:
            with self._database.reading() as session:  # an idle messenger must not take SQLite's write lock
                self._ahead = claims.due(session, now, self._rules, _READ_AHEAD)
        room = lane.room(min(TOGETHER, len(self._ahead))) if self._ahead else 0
        if not room:
            return 0
        ids, self._ahead = self._ahead[:room], self._ahead[room:]
        since_boot = lane.clock()
        messages: list[Message] = []
        try:
            with self._database.writing() as session:
                messages = claims.claim(session, ids, now, self._rules, gateway=lane.name, worker=self.id)
        finally:
            lane.give_back(room - len(messages))
        for message in messages:
            lane.submit(partial(self._deliver, lane, message, since_boot), self._work.set)
        return len(messages)

    def _waits_for_rate(self) -> bool:
        return bool(self._ahead) and not self._stopping.is_set() and any(lane.is_well for lane in self._lanes)

    # --- sending, in a lane's threads ---------------------------------------------------------------------------------

    def _deliver(self, lane: Lane, message: Message, since_boot: float) -> None:
        try:
            answered = self._sent(lane, message, since_boot)
        except Exception:  # nobody would find the message in the hands of a worker that lives
            log.exception("message %s: a fault of ours while it was sent", message.id)
            now = self._clock()
            answered = recording.answered(message, orphaned(now), now, "doubt", "a fault of ours")
        self._answers.put(answered)

    def _sent(self, lane: Lane, message: Message, since_boot: float) -> Answered:
        if self._stopping.is_set() or not is_fresh(message, self._clock(), lane.clock() - since_boot):
            lane.answered(None)
            return recording.answered(message, PutBack(), self._clock())
        outcome = lane.send(message)
        lane.answered(outcome)
        elsewhere = not lane.is_well and any(other.is_well for other in self._lanes)
        now = self._clock()
        decision = decide(outcome, message.attempts, now, elsewhere=elsewhere)
        return recording.answered(message, decision, now, *_told(outcome))

    # --- recording ----------------------------------------------------------------------------------------------------

    def _write(self, batch: list[Answered]) -> None:
        with self._database.writing() as session:
            recording.record(session, batch, self._rules, self._on_change)
        self._wake_up.notify("console")


def _told(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Accepted():
            return "accepted", ""
        case Rejected(reason):
            return "rejected", reason
        case InDoubt(reason):
            return "doubt", reason
