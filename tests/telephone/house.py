"""The helpline under test as its tests see it: its phones, its records, and the accidents that may happen to it."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, func, select, update

from cdr.reader import CallDetail, call_detail
from cli.checks.witness import channels
from cli.rehearsal import Rehearsal
from cli.runtime import asterisk
from config.commands import send
from config.schema import Call, CallbackRequest, CallState, Doctor, DoctorCategory, DoctorPhone
from config.wakeup import WakeUp
from phones.call import PhoneCall
from phones.phone import IncomingCall, Phone
from routing.store import RoutingStore

T = TypeVar("T")

_NUMBERS = itertools.count(20_000_001)
_LEFT_ALONE_SECONDS = 3.0

_PATIENCE_RINGS = 0.45  # the dialplan's, half a second after the answer


class House:
    """One test's view of a running Rehearsal. Its numbers are nobody else's, so tests do not meet each other."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.net = rehearsal.net
        self.settings = rehearsal.settings
        self.supervisor = rehearsal.supervisor
        self.callers_hurry = True  # the first key at the first sound; otherwise a second later
        self._doctors: dict[str, str] = {}

    # --- people -------------------------------------------------------------------------------------------------------

    def patient(self) -> Phone:
        """A patient's phone with a number of its own."""
        return self.net.patient(f"+9198{next(_NUMBERS)}")

    def doctor(self, *categories: str, name: str = "", duty: str = "on", idle_since: datetime | None = None) -> Phone:
        """A doctor on duty (default: for fever); with `idle_since` offered after those who never had a call."""
        number = f"+9197{next(_NUMBERS)}"
        doctor_id = self.rehearsal.doctor(number, *(categories or ("fever",)), name=name, duty=duty)
        self._doctors[number] = doctor_id
        if idle_since is not None:
            with self.rehearsal.database.writing() as session:
                session.get_one(Doctor, doctor_id).free_since = idle_since
        return self.net.doctor(number)

    def is_of_level(self, phone: Phone, level: str) -> None:
        """The doctor is a specialist, or a super-specialist, in every category of theirs."""
        with self.rehearsal.database.writing() as session:
            of_doctor = DoctorCategory.doctor_id == self.doctor_id(phone)
            session.execute(update(DoctorCategory).where(of_doctor).values(level=level))
        self.goes_on_duty(phone)  # as the web process tells of it

    def doctor_id(self, phone: Phone) -> str:
        return self._doctors[phone.number]

    def holder(self, phone: Phone) -> str | None:
        """The offer that holds the doctor."""
        with self.rehearsal.database.reading() as session:
            return session.get_one(Doctor, self.doctor_id(phone)).claimed_by

    def goes_on_duty(self, phone: Phone) -> None:
        """As the web process does it: the row, the command and the hint."""
        at = datetime.now().astimezone()
        database = self.rehearsal.database
        with database.writing() as session:
            RoutingStore(database).set_duty(self.doctor_id(phone), "on", at, session)
            command = {"doctor": self.doctor_id(phone)}
            send(session, "controller", "duty_changed", command, at, WakeUp(database, self.settings.socket_dir))

    # --- short ways through a call ------------------------------------------------------------------------------------

    def arrives(self, patient: Phone, dialled: str = "104", **how: Any) -> PhoneCall:
        """A call that has been answered and hears the welcome's first word."""
        call = patient.dials(dialled, **how)
        call.answered()
        began = call.hears_something()
        if began > _PATIENCE_RINGS or not self.callers_hurry:
            time.sleep(1.0)  # it rings until the controller speaks, and nobody hears a key that is pressed into that
        return call

    def seeks(self, patient: Phone, category: str = "1", age: str = "45#", **how: Any) -> PhoneCall:
        """A call that has given category and age as quickly as keys can do it."""
        call = self.arrives(patient, **how)
        call.presses(category)
        call.hears("age.ask")
        call.presses(age)
        return call

    def accepts(self, doctor: Phone, timeout: float = 5.0) -> PhoneCall:
        """The doctor's phone rings, is answered, and 1 is pressed at the first word of the offer."""
        return self.takes(doctor.rings(timeout))

    def takes(self, ring: IncomingCall) -> PhoneCall:
        call = ring.answers()
        call.hears_something()
        call.presses("1")
        return call

    def talks(self, patient: Phone, doctor: Phone, **how: Any) -> tuple[PhoneCall, PhoneCall]:
        """A patient and a doctor who are bridged."""
        call = self.seeks(patient, **how)
        other = self.accepts(doctor)
        self.until(lambda: "call.bridged" in self.kinds(call), 3, "the bridge")
        return call, other

    def hear_each_other(self, call: PhoneCall, other: PhoneCall, one: float = 700.0, two: float = 1100.0) -> None:
        """Both talk in tones, and each hears the other's."""
        call_from, other_from = (len(side.heard()) / 8000 for side in (call, other))
        call.plays_tone(one, 1.0)
        other.plays_tone(two, 1.0)
        other.hears_tone(one, after=other_from)
        call.hears_tone(two, after=call_from)

    # --- what is on record --------------------------------------------------------------------------------------------

    def detail(self, call: PhoneCall) -> CallDetail:
        """The last call of this number."""
        found = self.find(call)
        assert found is not None, f"there is no record of {call}"
        return found

    def find(self, call: PhoneCall) -> CallDetail | None:
        with self.rehearsal.database.reading() as session:
            query = select(Call.id).where(Call.caller_number == call.number).order_by(Call.arrived_at.desc())
            call_id = session.scalars(query.limit(1)).first()
            return None if call_id is None else call_detail(session, call_id)

    def kinds(self, call: PhoneCall) -> list[str]:
        """The kinds of the call's journal, in order."""
        found = self.find(call)
        return [] if found is None else [line.entry.kind for line in found.journal]

    def last_kinds(self) -> list[str]:
        """The kinds of the newest call's journal, where its number does not tell it."""
        with self.rehearsal.database.reading() as session:
            call_id = session.scalars(select(Call.id).order_by(Call.arrived_at.desc()).limit(1)).one()
            found = call_detail(session, call_id)
        return [] if found is None else [line.entry.kind for line in found.journal]

    def entries(self, call: PhoneCall, kind: str) -> list[dict[str, Any]]:
        return [dict(line.entry.data) for line in self.detail(call).journal if line.entry.kind == kind]

    def record(self, call: PhoneCall, timeout: float = 3.0) -> Call:
        """The record of a call, once it has ended."""
        self.until(
            lambda: (found := self.find(call)) is not None and found.call.ended_at is not None, timeout, "the end"
        )
        return self.detail(call).call

    def has_outcome(self, call: PhoneCall, outcome: str) -> None:
        """The doctor's keys get on record."""
        self.until(lambda: self.detail(call).call.disposition == outcome, 3, outcome)

    def offers(self, call: PhoneCall) -> dict[str, str]:
        """What became of the offer to each doctor so far, by number ("" while it is open), from the journal."""
        numbers = {doctor_id: number for number, doctor_id in self._doctors.items()}
        results = {entry["offer"]: entry["result"] for entry in self.entries(call, "offer.ended")}
        offered = self.entries(call, "doctor.offered")
        return {numbers[entry["doctor"]]: results.get(entry["offer"], "") for entry in offered}

    def callbacks(self, number: str) -> list[CallbackRequest]:
        with self.rehearsal.database.reading() as session:
            return list(session.scalars(select(CallbackRequest).where(CallbackRequest.number == number)))

    # --- accidents ----------------------------------------------------------------------------------------------------

    def kills_controller(self) -> None:
        """SIGKILL; it stays down until `starts_controller`."""
        self.supervisor.set_restart("controller", False)
        self.supervisor.kill("controller")

    def starts_controller(self) -> None:
        """Start it and wait until it has signed in to Asterisk."""
        before = self.sign_ins()
        self.supervisor.set_restart("controller", True)
        self.supervisor.start_service("controller")
        self.until(lambda: self.sign_ins() > before, 10, "the controller's sign-in")
        self.supervisor.wait_ready("controller", 5)

    def stops_controller(self) -> None:
        """SIGSTOP: it hangs."""
        self.supervisor.kill("controller", signal.SIGSTOP)

    def continues_controller(self) -> None:
        self.supervisor.kill("controller", signal.SIGCONT)

    def cuts_ami(self) -> None:
        """Asterisk throws the controller's AMI session out; returns when it has signed in again."""
        before = self.sign_ins()
        listed = self.console("manager show connected")
        session = re.search(r"^\s*controller\s.*", listed, re.MULTILINE)
        assert session, f"the controller has no AMI session: {listed}"
        self.console(f"manager kick session {session[0].split()[-4]}")
        self.until(lambda: self.sign_ins() > before, 10, "the controller's next sign-in")

    def console(self, line: str) -> str:
        """A line of the helpline's Asterisk console."""
        conf = self.settings.run_dir / "etc" / "asterisk.conf"
        command = [*asterisk().argv, "-C", str(conf), "-rx", line]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout

    def sign_ins(self) -> int:
        path = self.rehearsal.folder / "log" / "helpline.log"
        return path.read_text(encoding="utf-8", errors="replace").count("connected to Asterisk")

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def channels(self) -> list[str]:
        """The channels in the helpline's Asterisk, asked through another library than the controller's."""
        return channels(self.settings.ami_port, self.settings.ami_secret)

    def time_limits(self) -> list[int]:
        """When the dialplan would take each of the channels back (seconds since the epoch); 0: never."""
        listed = self.console("core show channels concise").splitlines()
        names = [line.split("!")[0] for line in listed if line.count("!") > 5]
        shown = [re.search(r"Time to Hangup:\s*(\d+)", self.console(f"core show channel {name}")) for name in names]
        return [int(match[1]) for match in shown if match]

    def leftovers(self) -> list[str]:
        """What is still there of the calls that were; empty when everything is in order."""
        with self.rehearsal.database.reading() as session:
            claimed = list(session.scalars(select(Doctor.name).where(Doctor.claimed_by.is_not(None))))
            states = session.scalar(select(func.count()).select_from(CallState))
        left = [f"channel {name} in the helpline" for name in self.channels()]
        left += [f"channel {name} in the network" for name in self.net.channels()]
        left += [f"{name} is still claimed" for name in claimed]
        return left + ([f"{states} saved call states"] if states else [])

    def closes(self) -> None:
        """Everybody hangs up; within three seconds nothing may be left. The doctors leave in any case."""
        try:
            self.net.hang_up_all()
            deadline = time.monotonic() + _LEFT_ALONE_SECONDS
            while (left := self.leftovers()) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert left == [], left
        finally:
            self._dismisses_doctors()

    def _dismisses_doctors(self) -> None:
        ids = list(self._doctors.values())
        with self.rehearsal.database.writing() as session:
            for table, column in ((DoctorCategory, DoctorCategory.doctor_id), (DoctorPhone, DoctorPhone.doctor_id)):
                session.execute(delete(table).where(column.in_(ids)))
            session.execute(delete(Doctor).where(Doctor.id.in_(ids)))
            session.execute(delete(CallState))
            # Nobody of this test is called back in the next one.
            still_open = update(CallbackRequest).where(CallbackRequest.state == "open")
            session.execute(still_open.values(state="withdrawn", attempt=None))
            wake_up = WakeUp(self.rehearsal.database, self.settings.socket_dir)
            send(session, "controller", "callbacks_changed", {}, datetime.now().astimezone(), wake_up)

    @staticmethod
    def until(met: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait for something that is seen from outside; fails by name."""
        deadline = time.monotonic() + timeout
        while not met():
            assert time.monotonic() < deadline, f"{what} did not come within {timeout:g} s"
            time.sleep(0.03)


def together(*works: Callable[[], T]) -> list[T]:
    """Do several things at once, each in a thread; their results in order, or the first one's error."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]
