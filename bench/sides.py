"""The two that are compared: the product, and the same call as dialplan and app_queue."""

from __future__ import annotations

import sqlite3

from sqlalchemy import func, insert, select

from bench.native import NativeHelpline
from bench.plan import LOAD_CATEGORY, LOAD_DOCTORS, PROBE_CATEGORY, PROBE_DOCTORS, Segment, doctor_number
from bench.side import Side
from cli.prepare import SERVICES, prepare
from cli.supervisor import Service
from config.clock import utc_now
from config.database import Database
from config.schema import Call, Doctor, DoctorCategory, DoctorPhone

# What is measured is behind the menus; app_queue's side has two questions before its queue as well.
SHORTEST_LINE = {"104": "smallest"}


class HelplineSide(Side):
    """The product: every process of `./helpline up`."""

    name = "helpline"
    rtp_ports = "10000-12999"

    def _services(self) -> list[Service]:
        services = prepare(self._settings, SERVICES, SHORTEST_LINE)
        self._database = Database(self._settings.effective_database_url)
        self._open.callback(self._database.close)
        self._employ(LOAD_DOCTORS, LOAD_CATEGORY, self._plan.doctors)
        self._employ(PROBE_DOCTORS, PROBE_CATEGORY, self._plan.probe_doctors)
        return services

    def _processes(self) -> tuple[str, ...]:
        return SERVICES

    def _recorded(self, segment: Segment) -> int:
        """Calls that the journal's records say were a consultation, with the doctor's keyed outcome."""
        ours = Call.caller_number.startswith(segment.load_callers) | Call.caller_number.startswith(
            segment.probe_callers
        )
        served = (Call.result == "consulted", Call.disposition == "advice", Call.ended_by == "patient")
        with self._database.reading() as session:
            return session.scalar(select(func.count()).select_from(Call).where(ours, *served)) or 0

    def _employ(self, prefix: str, category: str, count: int) -> None:
        if not count:
            return
        ids = [f"bench-{category}-{index:05d}" for index in range(count)]
        numbers = [doctor_number(prefix, index) for index in range(count)]
        with self._database.writing() as session:
            common = {"qualification": "MBBS", "council": "Benchmark", "duty": "on", "created_at": utc_now()}
            session.execute(
                insert(Doctor),
                [{"id": id, "name": id, "registration_number": id.upper(), **common} for id in ids],
            )
            session.execute(
                insert(DoctorPhone),
                [{"id": f"{id}-phone", "doctor_id": id, "number": n} for id, n in zip(ids, numbers, strict=True)],
            )
            session.execute(insert(DoctorCategory), [{"doctor_id": id, "category": category} for id in ids])


class NativeSide(Side):
    """Dialplan and app_queue."""

    name = "native"
    rtp_ports = "13000-15999"

    def _services(self) -> list[Service]:
        self._native = NativeHelpline(self._settings, self._parts.asterisk, self._plan)
        return [self._native.service]

    def _processes(self) -> tuple[str, ...]:
        return ("native",)

    def _recorded(self, segment: Segment) -> int:
        """Calls with a record that shows them answered and connected to a member by app_queue."""
        query = (
            "SELECT count(DISTINCT src) FROM cdr WHERE (src LIKE ? OR src LIKE ?)"
            " AND disposition = 'ANSWERED' AND dstchannel <> '' AND lastapp = 'Queue'"
        )
        with sqlite3.connect(f"file:{self._native.records}?mode=ro", uri=True) as records:
            found = records.execute(query, (f"{segment.load_callers}%", f"{segment.probe_callers}%")).fetchone()
        return int(found[0])
