"""After a (re)connection: one channel listing tells what became of every call meanwhile."""

from __future__ import annotations

import asyncio
import logging

from config.clock import utc_now
from ivr.ami.connection import AmiConnection, AmiLost
from ivr.desks import Desks
from ivr.errors import IvrError
from ivr.lines import LineBook
from ivr.reception import Reception
from ivr.survey import survey_of

log = logging.getLogger(__name__)


class Stocktaking:
    """`begin()` at each sign-in to Asterisk."""

    def __init__(self, ami: AmiConnection, lines: LineBook, desks: Desks, reception: Reception) -> None:
        self._ami = ami
        self._lines = lines
        self._desks = desks
        self._reception = reception
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Returns at once; every call gets Surveyed when the listing is there.

        The listing says nothing about channels younger than the connection, which it may be too old to show. Of those
        the connection itself tells.
        """
        self._task = asyncio.get_running_loop().create_task(self._take(known=self._desks.channels))

    async def _take(self, known: frozenset[str]) -> None:
        try:
            await self._lines.refresh()
            survey = survey_of(await self._ami.listing("CoreShowChannels"))
        except AmiLost as error:
            log.warning("no survey: %s", error)  # the next connection makes another
            return
        except IvrError:
            log.exception("no survey")
            self._ami.break_line()
            return
        for call in self._desks.calls:
            if call.patient.channel in known:
                self._desks.emit(call.id, survey.of(call, known, utc_now()))
        for arrival in survey.strangers(self._desks.channels):
            self._reception.entered(arrival)
