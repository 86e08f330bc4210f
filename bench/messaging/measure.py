"""`bench messaging`, database by database: a helpline, its callers, its messages, and an operator who takes them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from bench.errors import BenchError
from bench.messaging import causes
from bench.messaging.menus import FLOW, LINE, walk_menus
from bench.messaging.plan import DATABASES, Outcome, Plan, Sent
from bench.messaging.straight import straight_through
from bench.meters import cpu_seconds, difference
from cli.ports import pick_free_ports
from cli.rehearsal import Rehearsal
from cli.runtime.postgres_server import temporary_postgres
from config.schema import Message
from config.settings import CHECKOUT, RUNTIME_DIR, Settings, load_settings
from config.wakeup import WakeUp
from messaging.rules import messaging_rules
from messaging.worker import RECIPIENT
from phones.operators.exotel import ACCOUNT, KEY, SENDER, TOKEN

PROMPTS = RUNTIME_DIR / "bench" / "messaging-prompts"
_SECONDS_TO_DRAIN = 60.0
_TOGETHER = 100


def measure(plan: Plan, tell: Callable[[str], None], folder: Path | None = None) -> list[Outcome]:
    """Both databases' figures. BenchError, PhoneError where something cannot be started or measured."""
    with ExitStack() as open_:
        folder = folder or Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        return [_on(database, plan, tell, folder / database) for database in DATABASES]


def _on(database: str, plan: Plan, tell: Callable[[str], None], folder: Path) -> Outcome:
    with ExitStack() as open_:
        (folder / "data").mkdir(parents=True)
        PROMPTS.mkdir(parents=True, exist_ok=True)
        (folder / "data" / "prompts").symlink_to(PROMPTS)
        address = open_.enter_context(temporary_postgres(folder / "server")) if database == "postgresql" else ""
        operator = open_.enter_context(operating(folder))
        settings = _settings(folder / "data", address, operator.url)
        tell(f"{database}: a helpline starts")
        helpline = open_.enter_context(Rehearsal(folder, settings=settings, lines={LINE: FLOW}, wrap_up_seconds=0))
        return _measured(database, helpline, operator, plan, tell)


def _measured(
    database: str, helpline: Rehearsal, operator: OperatorProcess, plan: Plan, tell: Callable[[str], None]
) -> Outcome:
    pids = {name: pid for name in ("controller", "web", "asterisk") if (pid := helpline.supervisor.pid(name))}
    tell(f"{database}: {plan.callers} callers for {plan.quiet_seconds:g} s, and no message")
    walk_menus(helpline.net, plan.callers, 3.0, 0)  # whatever is slow only once
    before = cpu_seconds(pids)
    quiet = walk_menus(helpline.net, plan.callers, plan.quiet_seconds, 1_000)
    idle = difference(before, cpu_seconds(pids))
    tell(f"{database}: {plan.rate} messages a second for {plan.seconds:g} s beside the same callers")
    before = cpu_seconds(pids)
    with _causing(helpline.settings, plan) as promised:
        busy = walk_menus(helpline.net, plan.callers, plan.seconds, 10_000)
        wanted = promised()
    used = difference(before, cpu_seconds(pids))
    _drained(operator, wanted)
    sent = _sent(helpline, operator, wanted)
    tell(f"{database}: {plan.backlog} messages as fast as it goes, then as many without an outbox")
    backlog = _backlog(helpline, operator, plan.backlog)
    straight = straight_through(helpline.settings, plan.backlog)
    share = plan.seconds / plan.quiet_seconds
    cpu = {name: (used[name] - idle[name] * share) / max(1, wanted) * 1000 for name in used}
    return Outcome(database, quiet, busy, sent, backlog, straight, cpu)


class OperatorProcess:
    """The operator's address, and what it has taken: (moment, recipient) in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = (folder / "url").read_text(encoding="ascii")

    def taken(self) -> list[tuple[float, str]]:
        """Everything so far."""
        path = self._folder / "taken"
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        return [(float(at), number) for at, _, number in (line.partition(" ") for line in lines)]


@contextmanager
def operating(folder: Path) -> Iterator[OperatorProcess]:
    """An operator that takes messages as long as one is in here."""
    command = [sys.executable, "-m", "bench.messaging.operator_process", str(folder)]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while not (folder / "url").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError("the operator on loopback did not start")
            time.sleep(0.05)
        yield OperatorProcess(folder)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(data: Path, database_url: str, operator: str) -> Settings:
    return pick_free_ports(
        load_settings(
            {},
            data_dir=data,
            database_url=database_url,
            sms_gateway="exotel",
            exotel_url=operator,
            exotel_account_sid=ACCOUNT,
            exotel_api_key=KEY,
            exotel_api_token=TOKEN,
            exotel_from=SENDER,
            dlt="off",
            sms_per_second="exotel=2000",
        )
    )


@contextmanager
def _causing(settings: Settings, plan: Plan) -> Iterator[Callable[[], int]]:
    """Promises in another process, meanwhile; afterwards, how many."""
    url, sockets = settings.effective_database_url, str(settings.socket_dir)
    figures = [str(plan.rate), str(plan.seconds), "1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.messaging.causes", url, sockets, *figures],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield lambda: _count(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _count(process: subprocess.Popen[str]) -> int:
    said, _ = process.communicate(timeout=60)
    if process.returncode:
        raise BenchError("the process that causes messages failed")
    return int(said)


def _drained(operator: OperatorProcess, wanted: int) -> None:
    deadline = time.monotonic() + _SECONDS_TO_DRAIN
    while len(operator.taken()) < wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(1.5)  # the last answers are recorded, and one that comes twice would come now


def _sent(helpline: Rehearsal, operator: OperatorProcess, wanted: int) -> Sent:
    taken = operator.taken()
    first: dict[str, float] = {}
    for at, number in taken:
        first.setdefault(number, at)
    with helpline.database.reading() as session:
        promised = {
            row[0]: row[1].timestamp() for row in session.execute(select(Message.recipient, Message.created_at))
        }
        recorded = session.scalar(select(func.count()).select_from(Message).where(Message.state == "sent")) or 0
    latencies = [at - promised[number] for number, at in first.items() if number in promised]
    seconds = max(first.values(), default=0.0) - min(promised.values(), default=0.0)
    return Sent(wanted, len(first), len(taken) - len(first), recorded, tuple(latencies), seconds)


def _backlog(helpline: Rehearsal, operator: OperatorProcess, count: int) -> float:
    """Messages a second that are worked off when all of them wait at once."""
    before = len(operator.taken())
    rules = messaging_rules(helpline.settings)
    silent = WakeUp(helpline.database, helpline.folder / "nobody")
    for first in range(0, count, _TOGETHER):
        causes.promise(helpline.database, silent, rules, 5_000_000 + first, min(_TOGETHER, count - first))
    WakeUp(helpline.database, helpline.settings.socket_dir).notify(RECIPIENT)
    _drained(operator, before + count)
    moments = [at for at, _ in operator.taken()[before:]]
    if len(moments) < 2:
        raise BenchError("the backlog was not worked off")
    return _rate(moments)


def _rate(moments: Sequence[float]) -> float:
    return (len(moments) - 1) / (max(moments) - min(moments))
