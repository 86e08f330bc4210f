"""`./helpline up`: keeps Asterisk, the controller and the web process running until it is told to stop."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from cli.ports import PortsBusy, require_free
from cli.prepare import SERVICES, prepare, with_secret
from cli.runtime import RuntimeUnavailable
from cli.runtime.progress import say
from cli.supervisor import Supervisor, SupervisorError
from cli.supervisor.keeper import VOICE
from cli.supervisor.lock import sole_user
from cli.supervisor.log import ServiceLog, terminal_log
from config.errors import ConfigError
from config.settings import Settings, load_settings
from prompts.errors import PromptError

# Which ports each service takes; the others' are somebody else's business when it is started alone.
_PORTS: dict[str, tuple[str, ...]] = {
    "asterisk": ("HELPLINE_SIP_PORT", "HELPLINE_AMI_PORT", "HELPLINE_RTP_PORTS"),
    "controller": (),
    "web": ("HELPLINE_HTTP_PORT",),
}


def up(only: Iterable[str] = ()) -> int:
    """Run the helpline until it is told to stop; the exit status.

    `only` names the services to run here (asterisk, controller, web), for installations that give each its own
    container; they then need a common HELPLINE_AMI_SECRET and HELPLINE_DATABASE_URL. Default: all of them.
    """
    try:
        return run(load_settings(), chosen(only))
    except (ConfigError, PortsBusy, PromptError, RuntimeUnavailable, SupervisorError) as problem:
        say(str(problem))
        return 1


def run(settings: Settings, names: tuple[str, ...] = SERVICES) -> int:
    """Prepare and supervise `names` in the foreground; SIGINT, SIGTERM and SIGHUP stop it, a second one hurries."""
    settings = with_secret(settings)
    place = settings.data_dir if names == SERVICES else settings.data_dir / "parts" / "-".join(names)
    with sole_user(place):
        require_free(settings, [variable for name in names for variable in _PORTS[name]])
        services = prepare(settings, names)
        log = terminal_log([service.name for service in services], place / "log")
        try:
            return _watch(Supervisor(services, log=log), log, _greeting(settings, names))
        finally:
            log.close()


def _watch(supervisor: Supervisor, log: ServiceLog, greeting: str) -> int:
    try:
        with _stopped_by_signals(supervisor):
            supervisor.begin()
            while not supervisor.finished(0.2):
                if supervisor.is_up and greeting:
                    log.write(VOICE, greeting)
                    greeting = ""
    finally:
        supervisor.stop()
    if supervisor.failure:
        say(str(supervisor.failure))
    return 1 if supervisor.failure else 0


def chosen(only: Iterable[str]) -> tuple[str, ...]:
    """The services named, in starting order; all of them where none is. Raises ConfigError for a stranger."""
    names = set(only)
    for name in sorted(names - set(SERVICES)):
        raise ConfigError(f"there is no service {name!r}; there are {', '.join(SERVICES)}")
    return tuple(name for name in SERVICES if name in names) or SERVICES


def _greeting(settings: Settings, names: Iterable[str]) -> str:
    address = f"http://{settings.bind}:{settings.http_port}"
    console = f"; console: {address} (accounts: ./helpline admin)" if "web" in names else ""
    return f"the helpline is up{console}; Ctrl-C stops it"


@contextmanager
def _stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.ask_to_stop()

    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Started under nohup, a lost terminal is not to end it.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
