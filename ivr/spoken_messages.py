"""Speaks messages by telephone to whom no SMS reaches: what the agenda plans (routing/spoken_agenda.py) is rung.

The web process has made the sound before (admin_api/voicing.py). Whose call it is, and what came of it, stands in the
message's row: a controller that dies leaves a call that its successor finds again, or a try that is counted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Container, Iterable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.numbers import may_be_called_back
from config.schema import Message
from config.settings import Settings
from ivr import events as ev
from ivr import spoken_records
from ivr.desks import Desks, live_waiting, numbers_on_the_line
from ivr.flow_book import FlowBook
from ivr.lines import LineBook
from ivr.rounds import Rounds
from ivr.spoken_calls import call_for, flow_for
from ivr.state import Call
from messaging import spoken
from messaging.spoken import Waiting
from routing.agenda import AgendaRules
from routing.spoken_agenda import Around, SpokenMessage, plan

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 5.0
_LOOK_SELDOM_SECONDS = 60.0  # where nothing is spoken by the settings; what is left of earlier ones
_LOST_AFTER = timedelta(seconds=60)  # a controller that has not been seen for so long is no more
FOLDER = "spoken"  # of data_dir


class SpokenMessages:
    """`run()` serves until cancelled; `ringing` are numbers that somebody else is about to ring."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        desks: Desks,
        lines: LineBook,
        book: FlowBook,
        rules: AgendaRules,
        ringing: set[str],
        node: str = "one",
        blocked: Container[str] = (),
    ) -> None:
        self._settings = settings
        self._database = database
        self._journal = Journal(database)
        self._desks = desks
        self._lines = lines
        self._book = book
        self._rules = rules
        self._ringing = ringing
        self._node = node
        self._blocked = blocked
        self._folder = (settings.data_dir / FOLDER).absolute()
        self._every = _LOOK_EVERY_SECONDS if settings.spoken_purposes else _LOOK_SELDOM_SECONDS
        self._opening: set[str] = set()  # ids of calls that are being taken
        self._missed: dict[str, float] = {}  # messages whose call is not there, since when (monotonic)
        self._rounds = Rounds("spoken", self._look)
        self._away = False

    async def run(self) -> None:
        """Look after the messages: when one can be spoken, when one becomes due, and every few seconds."""
        await self._rounds.run()

    def wake(self) -> None:
        """Messages have changed; from any thread."""
        self._rounds.wake()

    def close(self) -> None:
        self._rounds.close()

    def free_orphans(self, live: frozenset[str]) -> None:
        """Messages whose call was lost with an earlier controller; blocking, for the start."""
        at = utc_now()
        with self._database.writing() as session:
            rows = spoken.left_behind(session, self._node, live, at - _LOST_AFTER)
            self._end(session, rows)

    async def _look(self) -> float:
        """Do what is due; the seconds until the next look."""
        at = utc_now()
        try:
            live = frozenset(call.id for call in self._desks.calls) | self._opening
            waiting = await self._rounds.in_thread(lambda: self._read(live))
        except SQLAlchemyError as error:
            if not self._away:
                log.warning("no message is spoken while the database does not answer: %s", type(error).__name__)
            self._away = True
            return _LOOK_EVERY_SECONDS
        self._away = False
        if not waiting:
            return self._every
        by_id = {message.id: message for message in waiting}
        decided = plan([_as_planned(message) for message in waiting], at, self._rules, self._around(waiting))
        for message_id in decided.ring:
            self._rounds.spawn(self._ring(by_id[message_id]))
        for message_id in (*decided.expire, *decided.refuse):
            self._rounds.spawn(self._give_up(message_id, expired=message_id in decided.expire))
        until = (decided.next_at - at).total_seconds() if decided.next_at else _LOOK_EVERY_SECONDS
        return min(max(until, 0.0), _LOOK_EVERY_SECONDS)

    def _read(self, live: frozenset[str]) -> list[Waiting]:
        with self._database.reading() as session:
            waiting = spoken.waiting(session)
            missed = spoken.left_behind(session, self._node, live, utc_now() - _LOST_AFTER)
        self._end_missed({row.id for row in missed}, live)
        return waiting

    def _end_missed(self, ids: set[str], live: frozenset[str]) -> None:
        """A row without a call, for a minute: its call's last page may only be on its way to the database."""
        now = time.monotonic()
        self._missed = {id: self._missed.get(id, now) for id in ids}
        if long := {id for id, since in self._missed.items() if now - since >= _LOST_AFTER.total_seconds()}:
            with self._database.writing() as session:
                rows = spoken.left_behind(session, self._node, live, utc_now() - _LOST_AFTER)
                self._end(session, [row for row in rows if row.id in long])

    def _end(self, session: Session, rows: Iterable[Message]) -> None:
        self._journal.append(session, spoken_records.end_left_behind(session, rows, utc_now(), self._rules))

    def _around(self, waiting: list[Waiting]) -> Around:
        calls = self._desks.calls
        blocked = {message.number for message in waiting if message.number in self._blocked}
        never = {each.number for each in waiting if not may_be_called_back(each.number, self._settings.country)}
        under_way = sum(1 for call in calls if call.message and not call.patient_gone)
        silent = numbers_on_the_line(calls) | blocked | self._ringing
        return Around(silent, frozenset(never), under_way + len(self._opening), live_waiting(calls))

    # --- a call -------------------------------------------------------------------------------------------------------

    async def _ring(self, message: Waiting) -> None:
        call = self._call(message)
        if call is None or message.number in self._ringing:
            return
        self._ringing.add(message.number)
        self._opening.add(call.id)
        try:
            if await self._rounds.in_thread(lambda: self._take(message, call)):
                self._desks.open(call)
                self._desks.emit(call.id, ev.CallbackBegun(utc_now()))
        except SQLAlchemyError as error:
            log.error("%s cannot be taken for now: %s", message.id, type(error).__name__)
        finally:
            self._ringing.discard(message.number)
            self._opening.discard(call.id)

    def _take(self, message: Waiting, call: Call) -> bool:
        with self._database.writing() as session:
            if not self._sound_of(message).with_suffix(".alaw").exists():
                spoken.without_sound(session, message.id)
                return False
            return spoken.take(session, message.id, call.id, self._node, utc_now())

    def _call(self, message: Waiting) -> Call | None:
        # The line that the message is about, or any other where it is out of service: the number must be one of ours.
        line, flow = self._lines.by_id(message.line_id) or self._lines.any(), self._book.active.get(flow_for(message))
        if line is None or flow is None:
            log.error("%s: there is no %s to speak it", message.id, "line" if line is None else "flow")
            return None
        language = message.language if self._book.speaks(message.language) else self._settings.language
        return call_for(message, new_id("call"), line, flow, language, self._sound_of(message), utc_now())

    def _sound_of(self, message: Waiting) -> Path:
        return self._folder / message.sound

    async def _give_up(self, message_id: str, expired: bool) -> None:
        def give_up() -> None:
            end = spoken_records.expire if expired else spoken_records.refuse
            with self._database.writing() as session:
                self._journal.append(session, end(session, message_id, utc_now()))

        try:
            await self._rounds.in_thread(give_up)
        except SQLAlchemyError as error:
            log.error("%s is ended later: %s", message_id, type(error).__name__)


def _as_planned(message: Waiting) -> SpokenMessage:
    return SpokenMessage(
        message.id,
        message.number,
        message.promised_at,
        message.tries,
        message.next_try_at,
        message.expires_at,
        bool(message.sound),
    )
