"""What waiting costs: callers in the helpline's queue, in app_queue's, and with the same sounds in no queue at all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bench.errors import BenchError
from bench.meters import cpu_seconds, difference
from bench.native import NativeHelpline
from bench.plan import LOAD_DOCTORS, Plan, doctor_number
from bench.routing.waiting_plan import (
    BASELINE,
    QUEUE,
    WaitingPlan,
    Window,
    counting_sounds,
    extensions,
    patient,
    queue,
)
from bench.side import SILENCE_SECONDS, Parts, Side
from bench.sides import HelplineSide, NativeSide
from cli.prepare import prepare_prompts
from cli.runtime import asterisk
from cli.runtime.sipp import sipp
from cli.supervisor import Service
from config.clock import utc_now
from config.free_ports import FreePorts
from config.schema import Doctor
from config.settings import RUNTIME_DIR, load_settings
from flows.definition import SeekDoctor
from flows.loader import load_flows
from ivr.speaking import spoken
from phones.network import PhoneNetwork
from prompts.store import open_store

PROMPTS = RUNTIME_DIR / "bench" / "prompts"
_FLOW = "smallest"
# A place that is said in as many words as most of five hundred are.
_A_PLACE = 250


class _Quiet(Side):
    """A side without real phones, whose callers only wait."""

    def __init__(self, parts: Parts, plan: WaitingPlan) -> None:
        super().__init__(parts, Plan(doctors=plan.doctors, probe_doctors=0))
        self._settings = self._with(rtp_timeout=SILENCE_SECONDS)
        self.plan = plan

    def _network(self) -> PhoneNetwork | None:
        return None

    def wait(self, number: int, run: int, name: str, dialled: str) -> Window:
        """Let the callers come, measure while all of them wait, and let them go."""
        plan, segment = self.plan, self.plan.segment(number)
        callers = self._call(segment, patient(plan, dialled), plan.ramp + plan.stay + 30)
        time.sleep(plan.ramp + plan.settle)
        present, begun, before = callers.tally().current, time.monotonic(), cpu_seconds(self._pids())
        time.sleep(plan.seconds)
        used, lasted = difference(before, cpu_seconds(self._pids())), time.monotonic() - begun
        still = callers.tally().current
        left = callers.wait(plan.ramp + 30)
        problems = [f"{left.failed} callers: {callers.complaint()}"] if left.failed else []
        problems += ["doctors were rung, who are all busy"] if self._doctors.tally().created else []
        if min(present, still) < plan.callers:
            problems.append(f"only {present} of {plan.callers} waited at first, {still} at last")
        return Window(name, run, min(present, still), lasted, used, tuple(problems))


class WaitingHelpline(_Quiet, HelplineSide):
    """The product; every doctor is on duty and wraps up all along."""

    rtp_ports = "10000-12999"

    def _services(self) -> list[Service]:
        self._settings = self._with(queue_limit=self.plan.callers + 100)
        services = super()._services()
        now = utc_now()
        with self._database.writing() as session:
            values = {"free_since": now + timedelta(hours=2)}
            session.execute(update(Doctor).values(**values, changed_at=now - timedelta(hours=1)))
            # As on any day, not all of them changed last at the same moment: who did is read again each second.
            session.execute(update(Doctor).where(Doctor.id.endswith("-00000")).values(**values))
        return services

    def _processes(self) -> tuple[str, ...]:
        return ("asterisk", "controller")


class WaitingNative(_Quiet, NativeSide):
    """Dialplan: app_queue with as many members, all of them busy; and the baseline."""

    rtp_ports = "13000-15999"

    def _services(self) -> list[Service]:
        said, tip = announcement()
        lengths = open_store(self._settings).durations(self._settings.language)
        members = [doctor_number(LOAD_DOCTORS, index) for index in range(self.plan.doctors)]
        music = f"[wait]\nmode = files\ndirectory = {self._settings.prompts_dir}/music\n"
        changed = {
            "extensions.conf": extensions(said, tip, sum(lengths[one] for one in said), lengths.get(tip, 0.0)),
            "queues.conf": queue(self.plan, said, tip, members),
            "musiconhold.conf": music,
        }
        self._native = NativeHelpline(self._settings, self._parts.asterisk, self._plan, changed)
        self._teach_counting()
        return [self._native.service]

    def _teach_counting(self) -> None:
        """app_queue says the place by Asterisk's own grammar, for which our languages have no sounds of its names."""
        sounds = self._settings.run_dir / "data" / "sounds"
        sounds.unlink()
        (sounds / "digits").mkdir(parents=True)
        for folder in self._settings.prompts_dir.iterdir():
            (sounds / folder.name).symlink_to(folder.resolve())
        for name, prompt in counting_sounds().items():
            source = self._settings.prompts_dir / self._settings.language / prompt
            (sounds / f"{name}.alaw").symlink_to(source.with_suffix(".alaw").resolve())


def announcement() -> tuple[tuple[str, ...], str]:
    """Prompt ids of what the flow says every 45 s to who waits, and of one of its tips ("" where it has none)."""
    settings = load_settings({}, data_dir=PROMPTS.parent)
    nodes = load_flows(settings.flows_dir)[_FLOW].nodes.values()
    node = next(node for node in nodes if isinstance(node, SeekDoctor))
    place = ("wait.position", f"=position:{_A_PLACE}", "wait.position_end", "wait.unknown")
    tips: Sequence[str] = node.tips
    return spoken((*place, *(node.offer or node.busy)), settings.language), next(iter(tips), "")


def measure(plan: WaitingPlan, tell: Callable[[str], None], folder: Path | None = None) -> list[Window]:
    """Every run's windows: the baseline, the helpline and app_queue take turns. BenchError when it cannot be done."""
    with ExitStack() as open_:
        if folder is None:
            folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        prepare_prompts(load_settings({}, data_dir=PROMPTS.parent))
        parts = Parts(asterisk(), sipp(), folder / "waiting", PROMPTS, FreePorts())
        ours = open_.enter_context(WaitingHelpline(parts, plan))
        native = open_.enter_context(WaitingNative(parts, plan))
        turns = (
            ("plain dialplan", native, BASELINE),
            ("helpline", ours, QUEUE),
            ("app_queue", native, QUEUE),
        )
        windows = []
        for run in range(plan.runs):
            for turn, (name, side, dialled) in enumerate(turns):
                tell(f"{plan.callers} callers wait: {name}, run {run + 1} of {plan.runs}")
                windows.append(side.wait(run * len(turns) + turn, run, name, dialled))
        if not any(window.callers for window in windows):
            raise BenchError(f"nobody waited: {windows[0].problems}")
        return windows
