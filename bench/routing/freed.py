"""From the last key of a doctor to the next ringing phone, on real Asterisk: the helpline, and app_queue beside it.

Measured at the switch, which is the trunk: both the doctors' keys (SIP INFO) and the helpline's INVITEs pass it.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bench.native import NativeHelpline
from bench.plan import LOAD_CATEGORY, Plan
from bench.routing.freed_plan import (
    FEATURES,
    Freed,
    FreedPlan,
    Seen,
    delays,
    doctors_part,
    extensions,
    patient,
    queue,
    seen,
)
from bench.side import SILENCE_SECONDS, Parts, Side
from bench.sides import HelplineSide, NativeSide
from bench.sipp import Sipp
from bench.switch import Address, Switch
from cli.prepare import prepare_prompts
from cli.runtime import asterisk
from cli.runtime.sipp import sipp
from cli.supervisor import Service
from config.clock import utc_now
from config.free_ports import FreePorts
from config.schema import Doctor
from config.settings import RUNTIME_DIR, load_settings
from phones.network import PhoneNetwork
from prompts.phrases import offer_phrase
from prompts.store import file_name

PROMPTS = RUNTIME_DIR / "bench" / "prompts"
_SETTLE = 5.0


class WatchfulSwitch(Switch):
    """A switch that writes down when keys and INVITEs passed it."""

    def __init__(self, helpline: Address) -> None:
        super().__init__(helpline)
        self.events: list[Seen] = []

    def _way(self, datagram: bytes, source: Address) -> Address | None:
        event = seen(datagram, time.monotonic())
        if event is not None:
            self.events.append(event)
        return super()._way(datagram, source)


class _Busy(Side):
    """A side whose doctors have no pause: whoever is freed is rung again."""

    def __init__(self, parts: Parts, plan: FreedPlan) -> None:
        super().__init__(parts, Plan(doctors=plan.doctors, probe_doctors=0))
        self._settings = self._with(rtp_timeout=SILENCE_SECONDS)
        self.plan = plan

    def _make_switch(self, helpline: Address) -> Switch:
        self.watch = WatchfulSwitch(helpline)
        return self.watch

    def _network(self) -> PhoneNetwork | None:
        return None

    def _doctor(self) -> str:
        return doctors_part(self.plan)

    def measure(self) -> Freed:
        plan, scenario = self.plan, patient()
        filling = self._call(plan.filling, scenario, 600)
        time.sleep(plan.filling.seconds + _SETTLE)
        for index in range(plan.doctors):
            self._open_door(index)
            # One after the other, so that they do not all turn at the same moments.
            time.sleep(plan.turn / plan.doctors)
        loading = self._call(plan.loading, scenario, 600)
        time.sleep(_SETTLE)
        begun, waiting = time.monotonic(), []
        while time.monotonic() < begun + plan.seconds:
            time.sleep(2)
            waiting.append(self._waiting(filling, loading))
        found = delays(list(self.watch.events), begun)
        problems = [f"callers: {each.complaint()}" for each in (filling, loading) if each.tally().failed]
        doctors = self._doctors.tally()
        problems += [f"{doctors.failed} doctors: {self._doctors.complaint()}"] if doctors.failed else []
        for each in (filling, loading):
            each.stop()
        return Freed(self.name, tuple(found), (min(waiting), max(waiting)), tuple(problems))

    def _waiting(self, *callers: Sipp) -> int:
        """Callers who are there and not in talk: a little more than those who wait, as some are in the menu."""
        return sum(each.tally().current for each in callers) - self._doctors.tally().current

    def _open_door(self, index: int) -> None:
        """The doctor may be rung from now on."""
        raise NotImplementedError


class FreedHelpline(_Busy, HelplineSide):
    rtp_ports = "10000-12999"

    def _services(self) -> list[Service]:
        self._settings = self._with(queue_limit=self.plan.waiting * 3)
        services = super()._services()
        with self._database.writing() as session:
            session.execute(update(Doctor).values(free_since=utc_now() + timedelta(hours=2)))
        return services

    def _open_door(self, index: int) -> None:
        one = Doctor.id == f"bench-{LOAD_CATEGORY}-{index:05d}"
        with self._database.writing() as session:
            session.execute(update(Doctor).where(one).values(free_since=utc_now()))


class FreedNative(_Busy, NativeSide):
    name = "app_queue"
    rtp_ports = "13000-15999"

    def _services(self) -> list[Service]:
        offer = "&".join(file_name(prompt) for prompt in offer_phrase(LOAD_CATEGORY, 45, "years"))
        changed = {
            "extensions.conf": extensions(offer),
            "queues.conf": queue(self.plan),
            "features.conf": FEATURES,
            "musiconhold.conf": f"[wait]\nmode = files\ndirectory = {self._settings.prompts_dir}/music\n",
        }
        self._native = NativeHelpline(self._settings, self._parts.asterisk, self._plan, changed)
        return [self._native.service]

    def _start(self) -> None:
        super()._start()
        for index in range(self.plan.doctors):
            self._state(index, "INUSE")

    def _open_door(self, index: int) -> None:
        self._state(index, "NOT_INUSE")

    def _state(self, index: int, state: str) -> None:
        conf = self._settings.run_dir / "etc" / "asterisk.conf"
        command = (*self._parts.asterisk.argv, "-C", str(conf), "-rx", f"devstate change Custom:d{index} {state}")
        subprocess.run(command, capture_output=True, timeout=10, check=True)


def measure(plan: FreedPlan, tell: Callable[[str], None], folder: Path | None = None) -> list[Freed]:
    """Both sides, one after the other. BenchError when it cannot be done."""
    found = []
    with ExitStack() as open_:
        if folder is None:
            folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        prepare_prompts(load_settings({}, data_dir=PROMPTS.parent))
        parts = Parts(asterisk(), sipp(), folder / "freed", PROMPTS, FreePorts())
        for kind in (FreedHelpline, FreedNative):
            with kind(parts, plan) as side:
                tell(f"{side.name}: {plan.doctors} doctors, {plan.rate} calls a second, {plan.waiting} waiting")
                found.append(side.measure())
    return found
