"""The helpline that the callers call: every line it ships, the sample directory, doctors enough for all at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from bench.caller.scripts import AGE, FLOWS, SCRIPTS, Script
from bench.errors import BenchError
from cdr.reader import CallDetail, call_detail
from cli.importing import load_samples
from cli.ports import pick_free_ports
from cli.rehearsal import Rehearsal
from config.clock import utc_now
from config.schema import Call, Opd
from config.settings import load_settings
from directory.calendar import DAYS
from directory.callers import Particulars, add_patient, remember_language
from phones.phone import Phone

_DAY_AND_NIGHT = {day: [["00:00", "00:00"]] for day in DAYS}
_SPECIALTY = "general_medicine"
_DOCTORS = 8
_ANSWERS = ("key.pressed", "input.silent")
# Whatever a script asks for, so that nobody waits for somebody else's doctor.
_SKILLS = ("fever", "general", "heart", f"opd:{_SPECIALTY}", "hub:h03")


class Town:
    """One running helpline with its telephone network. Every call has a number of its own, and an OPD of its own."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.net = rehearsal.net
        self.ambulance = threading.Lock()
        self._numbers = itertools.count(10_000_001)
        self._doctors = {rehearsal.doctor(number, *_SKILLS): number for number in self._some_numbers(_DOCTORS)}
        self._opds = self._calendars()
        self._listens_in_advance()

    def _listens_in_advance(self) -> None:
        """What tells a prompt from others takes two seconds of CPU, in which no phone of this process would hear."""
        for script in SCRIPTS:
            for prompt in (name for step in script.steps for name in (step.hears, step.last) if name):
                self.net.prompts.beginning(prompt)

    def caller(self, script: Script) -> Phone:
        """A phone of a number that the helpline knows as the script wants it to."""
        [number] = self._some_numbers(1)
        if script.as_doctor:
            self.rehearsal.doctor(number, "skin", duty="off")
        if script.known:
            self._is_known(number)
        return self.net.phone(number)

    def opd(self, script: Script) -> str:
        """The number of an OPD that nobody of this run has called yet."""
        return next(self._opds[script.opd]) if script.opd else ""

    def doctors_phone(self, caller: str, timeout: float = 10.0) -> Phone:
        """The phone of the doctor to whom the caller's call was offered first."""
        deadline = time.monotonic() + timeout
        while True:
            detail = self.detail(caller)
            offered = [line.entry for line in detail.journal if line.entry.kind == "doctor.offered"] if detail else []
            if offered:
                return self.net.doctor(self._doctors[offered[0].data["doctor"]])
            if time.monotonic() > deadline:
                raise BenchError(f"the call of {caller} was offered to nobody within {timeout:g} s")
            time.sleep(0.05)

    def asked(self, caller: str, timeout: float = 5.0) -> list[str]:
        """The nodes that took keys, or silence, in the caller's call, from its journal, once it is over."""
        deadline = time.monotonic() + timeout
        while (detail := self.detail(caller)) is None or detail.call.ended_at is None:
            if time.monotonic() > deadline:
                raise BenchError(f"the call of {caller} was not over {timeout:g} s after its caller had hung up")
            time.sleep(0.05)
        return [str(line.entry.data["node"]) for line in detail.journal if line.entry.kind in _ANSWERS]

    def detail(self, caller: str) -> CallDetail | None:
        with self.rehearsal.database.reading() as session:
            call_id = session.scalar(select(Call.id).where(Call.caller_number == caller))
            return None if call_id is None else call_detail(session, call_id)

    def _some_numbers(self, count: int) -> list[str]:
        return [f"+9198{next(self._numbers)}" for _ in range(count)]

    def _is_known(self, number: str) -> None:
        """As after a first call: its language, and one patient."""
        at = utc_now()
        with self.rehearsal.database.writing() as session:
            remember_language(session, number, "hi", at)
            told = Particulars(AGE, "years", "female")
            add_patient(session, f"call-before-{number}", number, told, at, at.date())

    def _calendars(self) -> dict[str, Iterator[str]]:
        """OPDs that are open or closed whatever the hour of the benchmark; numbers of three digits, as most have."""
        tomorrow = DAYS[(utc_now().weekday() + 2) % 7]
        with self.rehearsal.database.writing() as session:
            opds = list(session.scalars(select(Opd).where(Opd.number >= 100).order_by(Opd.number)))
            for index, opd in enumerate(opds):
                opd.specialty, opd.skill = _SPECIALTY, f"opd:{_SPECIALTY}"
                opd.closed_dates = []
                opd.calendar = {tomorrow: [["09:00", "14:00"]]} if index % 2 else _DAY_AND_NIGHT
            numbers = [str(opd.number) for opd in opds]
        return {"open": iter(numbers[::2]), "closed": iter(numbers[1::2])}


@contextmanager
def town(folder: Path, prompts: Path) -> Iterator[Town]:
    """A town in `folder` that is gone afterwards; `prompts` are spoken once and kept."""
    data = folder / "data"
    data.mkdir(parents=True)
    prompts.mkdir(parents=True, exist_ok=True)
    (data / "prompts").symlink_to(prompts)
    settings = pick_free_ports(load_settings({}, data_dir=data))
    load_samples(settings)
    lines = {str(number): flow for number, flow in FLOWS.items()}
    rehearsal = Rehearsal(
        folder, settings=settings, services=("asterisk", "controller"), lines=lines, wrap_up_seconds=0
    )
    with rehearsal:
        yield Town(rehearsal)
