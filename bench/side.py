"""What both sides have in common: they take segments of load and say what became of the calls and what they cost."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Self

from bench import scenarios
from bench.errors import BenchError
from bench.meters import cpu_seconds, difference
from bench.outcome import Outcome
from bench.plan import Plan, Segment
from bench.probes import ProbePhones
from bench.sipp import Sipp
from bench.switch import Address, Switch
from cli.ports import pick_free_ports
from cli.prepare import with_secret
from cli.runtime.asterisk import AsteriskInstall
from cli.runtime.sipp import SippInstall
from cli.supervisor import Service, Supervisor
from cli.supervisor.log import ServiceLog
from config.free_ports import FreePorts
from config.settings import Settings, load_settings
from phones.network import PhoneNetwork

_SECONDS_TO_DRAIN = 40.0
# SIPp says nothing: whoever waits longer than the product's limit must not be taken for a phone that is gone.
SILENCE_SECONDS = 300


@dataclass(frozen=True)
class Parts:
    """What a side is built of: programs, a folder of its own, the prompts both sides play, free ports."""

    asterisk: AsteriskInstall
    sipp: SippInstall
    folder: Path
    prompts: Path
    free: FreePorts


class Side:
    """A helpline with its switch, its load doctors (SIPp) and its probe phones. A context manager."""

    name = ""
    # 40 calls a second of 12.5 s with two legs need 2,000 ports. Below those that FreePorts gives; Asterisk passes
    # over one that is taken.
    rtp_ports = ""

    def __init__(self, parts: Parts, plan: Plan) -> None:
        self._parts, self._plan = parts, plan
        self._folder = parts.folder / self.name
        (self._folder / "data").mkdir(parents=True)
        (self._folder / "data" / "prompts").symlink_to(parts.prompts)
        settings = load_settings({}, data_dir=self._folder / "data")
        self._settings = with_secret(pick_free_ports(settings, parts.free, rtp_count=2))
        self._switch = self._make_switch(("127.0.0.1", self._settings.sip_port))
        trunk = f"127.0.0.1:{self._switch.address[1]}"
        # Doctors rest after a call only by what they key, on both sides.
        self._settings = self._with(trunk=trunk, wrap_up_seconds=0, rtp_ports=self.rtp_ports)
        self._open = ExitStack()
        self._busy = Lock()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, segment: Segment) -> Outcome:
        """Offer a segment's calls and wait for their end."""
        with self._busy:
            doctors_before, cpu_before = self._doctors.tally(), cpu_seconds(self._pids())
            callers = self._callers(segment)
            probes = self._probes.run(segment, self._plan.probes)
            tally = callers.wait(_SECONDS_TO_DRAIN)
            self._drained()
            used = difference(cpu_before, cpu_seconds(self._pids()))
            recorded = self._recorded(segment)
            doctors_failed = self._doctors.tally().failed - doctors_before.failed
            left = self._channels()
        problems = list(probes.problems)
        problems += [f"callers: {callers.complaint()}"] if tally.failed else []
        problems += [f"{doctors_failed} doctors: {self._doctors.complaint()}"] if doctors_failed else []
        problems += [f"channels left behind: {', '.join(left)}"] if left else []
        return Outcome(
            side=self.name,
            segment=segment,
            attempted=segment.calls + probes.attempted,
            successful=min(tally.successful, segment.calls - doctors_failed) + len(probes.delays),
            recorded=recorded,
            cpu=used,
            delays=tuple(probes.delays),
            problems=tuple(problems),
        )

    # --- what differs between the two ---------------------------------------------------------------------------

    def _services(self) -> list[Service]:
        raise NotImplementedError

    def _processes(self) -> tuple[str, ...]:
        raise NotImplementedError

    def _recorded(self, segment: Segment) -> int:
        raise NotImplementedError

    # --- what does not ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        parts = self._parts
        self._open.enter_context(self._switch)
        doctors = Sipp(parts.sipp, self._folder, "doctors", self._doctor(), ("-timeout", "1200"), parts.free)
        self._doctors = doctors
        self._open.callback(doctors.stop)
        self._switch.doctors = ("127.0.0.1", doctors.port)
        services = self._services()
        log = ServiceLog([item.name for item in services], self._folder / "log", None)
        self._open.callback(log.close)
        network = self._network()
        self._supervisor = self._open.enter_context(Supervisor(services, log=log))
        if network is not None:
            self._probes = ProbePhones(network, self._plan)
            self._open.callback(self._probes.close)

    def _make_switch(self, helpline: Address) -> Switch:
        return Switch(helpline)

    def _network(self) -> PhoneNetwork | None:
        """The real phones; None for a side that is measured without any."""
        trunk = f"127.0.0.1:{self._switch.address[1]}"
        folder = self._folder / "network"
        network = PhoneNetwork(self._parts.asterisk, folder, trunk, prompts_dir=self._settings.prompts_dir)
        self._switch.phones = ("127.0.0.1", network.sip_port)
        return self._open.enter_context(network)

    def _doctor(self) -> str:
        """What SIPp's doctors do."""
        return scenarios.doctor(self._plan.timing)

    def _callers(self, segment: Segment) -> Sipp:
        return self._call(segment, scenarios.caller(self._plan.timing), segment.seconds + 60)

    def _call(self, segment: Segment, scenario: str, seconds: float) -> Sipp:
        """Start the segment's callers, who are given so many seconds for everything."""
        name = f"callers-{segment.number:02d}"
        numbers = self._folder / f"{name}.csv"
        lines = (segment.load_caller(index) for index in range(segment.calls))
        numbers.write_text("SEQUENTIAL\n" + "".join(f"{line};\n" for line in lines))
        options = (
            *("-inf", str(numbers), "-r", str(segment.rate), "-m", str(segment.calls), "-l", str(segment.calls)),
            *("-timeout", f"{seconds:.0f}", f"127.0.0.1:{self._settings.sip_port}"),
        )
        return Sipp(self._parts.sipp, self._folder, name, scenario, options, self._parts.free)

    def _drained(self) -> None:
        """Wait until no doctor is on the line any more; the statistics are a second old at most."""
        deadline = time.monotonic() + _SECONDS_TO_DRAIN
        time.sleep(1.2)
        while self._doctors.tally().current:
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name}: some doctors are on the line {_SECONDS_TO_DRAIN:g} s after the callers")
            time.sleep(0.2)

    def _channels(self) -> list[str]:
        """The channels that Asterisk has now."""
        conf = self._settings.run_dir / "etc" / "asterisk.conf"
        command = (*self._parts.asterisk.argv, "-C", str(conf), "-rx", "core show channels concise")
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
        return [line.partition("!")[0] for line in said.splitlines() if "!" in line]

    def _pids(self) -> dict[str, int]:
        return {name: self._supervisor.pid(name) for name in self._processes()}

    def _with(self, **changes: object) -> Settings:
        return type(self._settings)(**(self._settings.model_dump() | changes))
