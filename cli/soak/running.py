"""Carries a plan out on a helpline of its own and gathers what everybody saw."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import func, select, update

from cli.lines.command import add_line
from cli.lines.wishes import Wish
from cli.rehearsal import Rehearsal
from cli.soak.callers import Crowd
from cli.soak.doctors import Practice
from cli.soak.eyes import Eyes
from cli.soak.faults import Damage
from cli.soak.gathering import Gathering
from cli.soak.plan import FULL_LINE, MISSED_LINE, SHORT_LINE, Plan
from cli.soak.records import pauses, read
from cli.soak.views import Run, Span
from cli.soak.voices import Voices
from config.clock import utc_now
from config.schema import Call, CallState, Doctor, DoctorCategory, Leg

AMBULANCE, DUTY_PHONE = "108", "+919700000108"
_PROGRESS_EVERY = 5.0
# Doctors are let finish for so long after the last caller has been told to leave.
_FINISH_SECONDS = 12.0
_LEFT_ALONE_SECONDS = 15.0
_STALL_SECONDS = 0.7

# A callback for which a doctor is still sought has a saved state, and nobody on a telephone.
_OPEN_LEGS = select(Leg.call_id).where(Leg.ended_at.is_(None)).subquery()

Say = Callable[[str], None]


def carry_out(plan: Plan, folder: Path, prompts: Path, say: Say) -> Run:
    """Run the plan; `prompts` are spoken already. All that is written lies in `folder`, which is new or empty."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "prompts").symlink_to(prompts)
    helpline = Rehearsal(
        folder,
        services=("asterisk", "controller", "web"),
        lines={SHORT_LINE: "smallest", FULL_LINE: "line_104"},
        duty_phone=DUTY_PHONE,
        rtp_timeout=5,
        ring_seconds=8,
        wrap_up_seconds=2,
        callback_minutes="0.05,0.05,0.05",
        callback_ring_seconds=10,
        callback_order="patient_first" if plan.patient_first else "doctor_first",
        callback_night="0-0",
        call_back_cut_off="all",
    )
    with helpline:
        run = _live(plan, helpline, say)
    left = [*run.left, *_processes(folder)]
    return Run(**{**vars(run), "left": left})


def _live(plan: Plan, helpline: Rehearsal, say: Say) -> Run:
    add_line(helpline.settings, MISSED_LINE, Wish("smallest", missed_call=True))
    ids = {doctor.number: _take_on(helpline, doctor.number, doctor.categories, doctor.level) for doctor in plan.doctors}
    numbers = {id: number for number, id in ids.items()}
    for number in (AMBULANCE, DUTY_PHONE):
        helpline.net.phone(number).behaves("auto_accept")
    headers = {"Authorization": f"Bearer {helpline.admin_token(secrets.token_urlsafe(12))}"}
    began, wall, stop, over = time.monotonic(), utc_now(), threading.Event(), threading.Event()

    def now() -> float:
        return time.monotonic() - began

    def at(moment: datetime) -> float:
        return (moment - wall).total_seconds()

    settings = helpline.settings
    with (
        httpx.Client(base_url=f"{helpline.url}/api/v1", headers=headers, timeout=15) as api,
        Eyes(settings.ami_port, settings.ami_secret, now) as eyes,
        _watching_the_machine(now) as stalls,
        Voices(helpline.net),
        Gathering(helpline.net, began) as gathering,
    ):
        crowd = Crowd(helpline.net, plan.callers, began, stop)
        practice = Practice(helpline.net, plan.doctors, ids, api, began, over)
        damage = Damage(helpline, plan.faults, began, stop)
        practice.start()
        damage.start()
        calling = threading.Thread(target=crowd.play, name="crowd", daemon=True)
        calling.start()
        _progress(plan, crowd, damage, eyes, now, say)
        stop.set()
        damage.join()
        calling.join(60)
        over_at = time.monotonic() + _FINISH_SECONDS
        for doctor in plan.doctors:
            practice.change(doctor.number, "off")
        while time.monotonic() < over_at and helpline.net.channels():
            time.sleep(0.2)
        over.set()
        practice.join()
        helpline.net.hang_up_all(timeout=8)
        left = _left(helpline, eyes)
        records = read(helpline.database, numbers, at)
    for trouble in (*crowd.troubles, *practice.troubles, *damage.troubles):
        say(f"  (a robot: {trouble})")
    return Run(
        legs=gathering.all(),
        seen=eyes.seen,
        records=records,
        duties=[*practice.duties, *pauses(records, numbers)],
        faults=damage.faults,
        stalls=stalls,
        doctors=frozenset(ids),
        others=frozenset({AMBULANCE, DUTY_PHONE}),
        left=left,
    )


def _take_on(helpline: Rehearsal, number: str, categories: tuple[str, ...], level: str) -> str:
    doctor_id = helpline.doctor(number, *categories, duty="off")
    with helpline.database.writing() as session:
        of_doctor = DoctorCategory.doctor_id == doctor_id
        session.execute(update(DoctorCategory).where(of_doctor).values(level=level))
        session.get_one(Doctor, doctor_id).changed_at = utc_now() + timedelta(milliseconds=1)
    return doctor_id


def _progress(plan: Plan, crowd: Crowd, damage: Damage, eyes: Eyes, now: Callable[[], float], say: Say) -> None:
    """Wait for the end of the plan, and tell how it goes."""
    while (left := plan.seconds - now()) > 0:
        talks = len({stay.bridge for stay in eyes.seen.stays})
        say(f"{crowd.calls} calls, {talks} talks, {len(damage.faults)} faults, {left:.0f} s left")
        time.sleep(min(_PROGRESS_EVERY, left))


@contextmanager
def _watching_the_machine(now: Callable[[], float]) -> Iterator[list[Span]]:
    """The stretches in which this process got no processor: what then was slow is not the helpline's doing."""
    stalls: list[Span] = []
    done = threading.Event()

    def watch() -> None:
        before = now()
        while not done.wait(0.05):
            if now() - before > _STALL_SECONDS:
                stalls.append(Span(before, now()))
            before = now()

    thread = threading.Thread(target=watch, name="stalls", daemon=True)
    thread.start()
    try:
        yield stalls
    finally:
        done.set()
        thread.join()


def _left(helpline: Rehearsal, eyes: Eyes) -> list[str]:
    """What is still there of the calls that were."""
    deadline = time.monotonic() + _LEFT_ALONE_SECONDS
    while (left := _leftovers(helpline, eyes)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return left


def _leftovers(helpline: Rehearsal, eyes: Eyes) -> list[str]:
    with helpline.database.reading() as session:
        claimed = list(session.scalars(select(Doctor.name).where(Doctor.claimed_by.is_not(None))))
        nobody_there = select(Call.id).where(Call.callback_id.is_not(None), Call.id.not_in(select(_OPEN_LEGS)))
        states = session.scalar(
            select(func.count()).select_from(CallState).where(CallState.call_id.not_in(nobody_there))
        )
    left = [f"channel {name} in the helpline" for name in eyes.channels()]
    left += [f"channel {name} in the network" for name in helpline.net.channels()]
    left += [f"{name} is still claimed" for name in claimed]
    spool = helpline.settings.data_dir / "spool"
    left += (
        [f"{path.name} is not empty" for path in spool.glob("*.jsonl") if path.stat().st_size] if spool.exists() else []
    )
    return left + ([f"{states} saved call states"] if states else [])


def _processes(folder: Path) -> list[str]:
    """Processes that name this run's folder in their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command and "soak" not in command:
            found.append(f"process {process.name}: {command[:120]}")
    return found
