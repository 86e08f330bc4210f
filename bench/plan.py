"""PURE: what `bench call` does: how many calls, when which key is pressed, whose numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

LOAD_CATEGORY, PROBE_CATEGORY = "fever", "heart"
KEY_OF = {LOAD_CATEGORY: "1", PROBE_CATEGORY: "2"}
AGE = "45"
# Indian mobile numbers; which of them are rung at real phones is told by the first digits.
LOAD_DOCTORS, PROBE_DOCTORS = "+9198110", "+9197110"


@dataclass(frozen=True)
class Timing:
    """When a load call's keys are pressed, in milliseconds. Nobody waits for a prompt to end."""

    choice: int = 1000  # after the answer
    age: int = 1000  # after that key; its keys follow each other by `between`
    between: int = 250
    call: int = 12_000  # from the answer to the patient's BYE
    ring: int = 300  # how long a doctor's phone rings
    accept: int = 800  # after the doctor's answer
    # After the doctor's answer: safely after the patient has hung up, which is about 9.2 s after it.
    outcome: int = 10_500


@dataclass(frozen=True)
class Plan:
    """The whole benchmark. `rates` are new calls a second, each offered for `seconds` to each side in every run."""

    rates: tuple[int, ...] = (10, 20, 40)
    seconds: int = 20
    runs: int = 3
    doctors: int = 1000
    probe_doctors: int = 30
    probes_a_second: float = 2.0
    timing: Timing = field(default_factory=Timing)

    @classmethod
    def quick(cls) -> Plan:
        """One rate, ten seconds, once: whether it works, not how fast."""
        return cls(rates=(20,), seconds=10, runs=1)

    @property
    def probes(self) -> int:
        """How many probe calls a segment makes."""
        return round(self.probes_a_second * self.seconds)


@dataclass(frozen=True)
class Segment:
    """`seconds` of new calls at one rate to one side. `number` tells its callers from every other segment's."""

    number: int
    rate: int
    seconds: int
    run: int

    @property
    def calls(self) -> int:
        return self.rate * self.seconds

    @property
    def load_callers(self) -> str:
        """What its load callers' numbers begin with."""
        return f"+9198{20 + self.number:02d}"

    @property
    def probe_callers(self) -> str:
        return f"+9197{20 + self.number:02d}"

    def load_caller(self, index: int) -> str:
        return f"{self.load_callers}{index:06d}"

    def probe_caller(self, index: int) -> str:
        return f"{self.probe_callers}{index:06d}"


def doctor_number(prefix: str, index: int) -> str:
    """The phone of doctor `index` (0-99999)."""
    return f"{prefix}{index:05d}"


def segments(plan: Plan) -> list[Segment]:
    """Every segment of one side, in order: for each rate its runs."""
    order = [(rate, run) for rate in plan.rates for run in range(plan.runs)]
    return [Segment(number, rate, plan.seconds, run) for number, (rate, run) in enumerate(order)]
