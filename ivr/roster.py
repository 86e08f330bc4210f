"""Keeps the pool of doctors as the database has them: what has changed is read each second, everything now and then.

Reading happens in a thread of its own, deciding in the event loop's. What this controller does itself (claims,
releases) the pool is told at once; a row that was read before that is older than what is known, and is not taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from config.clock import utc_now
from config.frozen import replace
from ivr.commands import Release
from routing.model import DoctorSnapshot
from routing.pool import Pool
from routing.schedule import day_of
from routing.store import RoutingStore

log = logging.getLogger(__name__)

_READ_ALL_EVERY_SECONDS = 300.0
# Whoever could not be claimed though the rows say otherwise is left alone for so long.
_DOUBT_SECONDS = 1.0
# So many at a time: in between, calls are served.
_AT_ONCE = 200
# A row bears the moment of the machine that wrote it and is seen when its transaction commits: no later than this.
_SEEN_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True)
class _Read:
    doctors: tuple[DoctorSnapshot, ...]
    gone: tuple[str, ...]
    mark: datetime | None
    total: int


class Roster:
    """`refresh()` brings the pool up to date. All but the reading in the event loop's thread."""

    def __init__(self, store: RoutingStore, pool: Pool) -> None:
        self._store = store
        self._pool = pool
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="roster")
        self._mark: datetime | None = None
        self._all_read_at = float("-inf")
        self._deeds = 0
        self._touched: dict[str, int] = {}  # by which of our deeds a doctor was changed last
        self._claiming: set[str] = set()
        self._doubted: dict[str, tuple[DoctorSnapshot, float]] = {}  # as it was when the claim was lost, until when
        self._holders: dict[str, str] = {}  # offer -> doctor
        self.is_complete = False

    @property
    def is_doubtful(self) -> bool:
        """Whether a claim was lost, and it is not known yet why."""
        return bool(self._doubted)

    async def refresh(self) -> None:
        """Read what has changed. While the database is away, what was known last is all there is to go by."""
        loop = asyncio.get_running_loop()
        everything = self._mark is None or loop.time() - self._all_read_at >= _READ_ALL_EVERY_SECONDS
        known = self._pool.doctors if everything else {}
        deeds, doubted = self._deeds, tuple(self._doubted)
        try:
            read = await loop.run_in_executor(self._reader, self._read, everything, known, doubted)
        except SQLAlchemyError as error:
            log.log(logging.DEBUG if self.is_complete else logging.ERROR, "the doctors could not be read: %s", error)
            self._doubted.clear()
            return
        if everything:
            self._all_read_at = loop.time()
        for start in range(0, len(read.doctors), _AT_ONCE):
            for doctor in read.doctors[start : start + _AT_ONCE]:
                self._take_in(doctor, deeds)
            if len(read.doctors) > _AT_ONCE:
                await asyncio.sleep(0)
        for id in read.gone:
            self._doubted.pop(id, None)
            self._pool.drop(id)
        self._mark = _moved_on(read.mark, utc_now())
        self.is_complete = True
        if not everything and read.total != self._pool.size:
            self.forget()  # somebody was deleted, which no row tells
            await self.refresh()

    def forget(self) -> None:
        """Everything is read anew the next time: since a clock was set, moments do not tell what is new."""
        self._all_read_at = float("-inf")

    def run_in_reader(self, work: Callable[[], None]) -> None:
        """Something for the database that no call waits for."""
        self._reader.submit(work)

    def close(self, wait: bool = False) -> None:
        self._reader.shutdown(wait=wait, cancel_futures=True)

    # --- what is done here ------------------------------------------------------------------------------------------

    def claiming(self, doctor_id: str) -> None:
        """A claim is on its way; the pool has the doctor as taken."""
        self._claiming.add(doctor_id)

    def claimed(self, doctor_id: str, offer: str) -> None:
        """The claim was won."""
        self._claiming.discard(doctor_id)
        self._touch(doctor_id)
        self._holders[offer] = doctor_id

    def lost(self, doctor_id: str) -> None:
        """Somebody else was quicker, or something has changed: the next reading tells."""
        self._claiming.discard(doctor_id)
        if (doctor := self._pool.doctor(doctor_id)) is not None:
            until = asyncio.get_running_loop().time() + _DOUBT_SECONDS
            self._doubted[doctor_id] = (replace(doctor, claimed=False, seat=""), until)

    def in_doubt(self, doctor_id: str, offer: str) -> None:
        """Whether the claim was written is not known; the release that follows tells."""
        self._claiming.discard(doctor_id)
        self._holders[offer] = doctor_id

    def released(self, order: Release, at: datetime, cool_down_until: datetime | None) -> bool:
        """The offer's doctor was let go; False where it is not known who that was."""
        doctor_id = self._holders.pop(order.offer, None)
        doctor = self._pool.doctor(doctor_id) if doctor_id is not None else None
        if doctor is None:
            return False
        changes: dict[str, object] = {"claimed": False, "seat": ""}
        if not order.keep_place:
            changes["free_since"] = order.free_since
        if order.talked_seconds is not None:
            today = day_of(at, self._pool.rules.zone)
            calls, seconds = (doctor.calls_today, doctor.seconds_today) if doctor.day == today else (0, 0)
            changes |= {"day": today, "calls_today": calls + 1, "seconds_today": seconds + order.talked_seconds}
        if cool_down_until is not None:
            changes["cool_down_until"] = cool_down_until
        self._touch(doctor.id)
        self._pool.put(replace(doctor, **changes), at)
        return True

    # --- how --------------------------------------------------------------------------------------------------------

    def _touch(self, doctor_id: str) -> None:
        self._deeds += 1
        self._touched[doctor_id] = self._deeds

    def _take_in(self, doctor: DoctorSnapshot, deeds: int) -> None:
        if doctor.id in self._claiming or self._touched.get(doctor.id, 0) > deeds:
            return  # read before what we did; the next reading has it
        if (doubt := self._doubted.get(doctor.id)) is not None:
            believed, until = doubt
            if doctor == believed and asyncio.get_running_loop().time() < until:
                return
            del self._doubted[doctor.id]
        self._pool.put(doctor, utc_now())

    def _read(self, everything: bool, known: Mapping[str, DoctorSnapshot], doubted: tuple[str, ...]) -> _Read:
        changes = self._store.changes(None if everything else self._mark, also=doubted)
        found = {doctor.id for doctor in changes.doctors}
        if not everything:
            return _Read(changes.doctors, tuple(id for id in doubted if id not in found), changes.mark, changes.total)
        news = tuple(doctor for doctor in changes.doctors if known.get(doctor.id) != doctor)
        return _Read(news, tuple(known.keys() - found), changes.mark, changes.total)


def _moved_on(mark: datetime | None, now: datetime) -> datetime | None:
    """The mark for the next reading: without it, thousands of rows of one moment were read each second for ever."""
    return None if mark is None else max(mark, now - _SEEN_WITHIN)
