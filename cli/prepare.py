"""Brings database, prompts and Asterisk's files up to date and says how each service of the helpline is started."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from admin_api.announcing import SPEECH_LIBRARIES
from cli.runtime import RuntimeUnavailable, asterisk, espeak, graphviz
from cli.runtime.progress import progress, say
from cli.supervisor import Service
from cli.supervisor.readiness import ManagerProbe, asterisk_is_ready, controller_is_ready, web_is_ready
from config.asterisk.render import Line, render
from config.database import Database
from config.migrate import upgrade
from config.schema import ServiceLine
from config.settings import CHECKOUT, NOT_SETTINGS, Settings
from prompts.store import open_store
from routing.lines import FIRST_LINES, ensure_line

SERVICES = ("asterisk", "controller", "web")


def with_secret(settings: Settings) -> Settings:
    """The settings with an AMI secret of this start's own, unless one was given."""
    if settings.ami_secret:
        return settings
    return type(settings)(**(settings.model_dump() | {"ami_secret": secrets.token_urlsafe(24)}))


def prepare(
    settings: Settings, names: Iterable[str] = SERVICES, first_lines: Mapping[str, str] = FIRST_LINES
) -> list[Service]:
    """Bring database, prompts and Asterisk's files up to date and return the services to run, in starting order.

    `first_lines` are the flows of numbers that become service lines where they are none yet. `settings` has its
    `ami_secret` already. Raises ConfigError, PromptError, RuntimeUnavailable.
    """
    names = set(names)
    lines = prepare_database(settings, first_lines)
    services = []
    if "asterisk" in names:
        prepare_prompts(settings)
        services.append(_asterisk(settings, lines))
    if "controller" in names:
        services.append(_controller(settings))
    if "web" in names:
        services.append(_web(settings))
    return services


def prepare_database(settings: Settings, first_lines: Mapping[str, str] = FIRST_LINES) -> list[Line]:
    """Today's tables, the first lines, and what Asterisk must know of the lines."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.effective_database_url)
    database = Database(settings.effective_database_url)
    try:
        with database.writing() as session:
            for number, flow in first_lines.items():
                ensure_line(session, number, flow)
        with database.reading() as session:
            columns = (ServiceLine.dialled_number, ServiceLine.missed_call)
            rows = session.execute(select(*columns).where(ServiceLine.active).order_by(ServiceLine.dialled_number))
            return [Line(number, missed_call) for number, missed_call in rows]
    finally:
        database.close()


def prepare_prompts(settings: Settings) -> None:
    """Speak what is missing or has changed: half a minute the first time, nothing afterwards."""
    store = open_store(settings)
    missing = len(store.missing())
    if missing:
        with progress("Speaking the prompts (once)", missing, "prompts") as bar:
            store.build(tuple(store.catalogues), espeak().env, lambda done, _total: bar.at(done))


def fetch_parts() -> None:
    """Fetch what `asterisk` needs beyond Python, without starting anything: for building an image."""
    asterisk()
    espeak()


def environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that gives a child process exactly these settings."""
    inherited = os.environ if base is None else base
    env = {k: v for k, v in inherited.items() if not k.startswith("HELPLINE_") or k in NOT_SETTINGS}
    for name, value in settings.model_dump().items():
        env[f"HELPLINE_{name.upper()}"] = str(value.resolve() if isinstance(value, Path) else value)
    # Our packages are found from anywhere, and the folder it is started in cannot take their place.
    return env | {"PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


def _asterisk(settings: Settings, lines: list[Line]) -> Service:
    install = asterisk({"HELPLINE_ASTERISK": settings.asterisk})
    conf = render(settings, install, lines)
    probe = _probe(settings)
    return Service(
        "asterisk",
        (*install.argv, "-C", str(conf), "-f"),
        # Nothing of ours: what Asterisk's children could read of its environment, they need not.
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "HOME": str(settings.run_dir)},
        cwd=settings.run_dir,
        ready=asterisk_is_ready(probe, settings.bind, settings.sip_port),
        unask=probe.close,
        ready_seconds=60,
    )


def _controller(settings: Settings) -> Service:
    probe = _probe(settings)
    return _python("controller", "ivr", settings, controller_is_ready(probe), probe.close)


def _web(settings: Settings) -> Service:
    drawing = type(settings)(**(settings.model_dump() | {"dot": settings.dot or _dot()}))
    web = _python("web", "admin_api", drawing, web_is_ready(settings.bind, settings.http_port))
    return replace(web, env={**(web.env or {}), **_voice()})


def _voice() -> dict[str, str]:
    """What the console needs to speak the names of control rooms' doctors; the linker's path not under its own name."""
    try:
        env = dict(espeak().env)
    except RuntimeUnavailable as problem:
        say(f"new names are spoken at the next start only: {problem}")
        return {}
    if libraries := env.pop("LD_LIBRARY_PATH", None):
        env[SPEECH_LIBRARIES] = libraries
    return env


def _dot() -> str:
    """Where the console's drawings of menus are laid out; without it, menus are shown as lists."""
    try:
        return str(graphviz().dot)
    except RuntimeUnavailable as problem:
        say(f"menus are not drawn in the console: {problem}")
        return ""


def _python(
    name: str, module: str, settings: Settings, ready: Callable[[], bool], unask: Callable[[], None] = lambda: None
) -> Service:
    return Service(
        name,
        (sys.executable, "-m", module),
        env=environment(settings),
        cwd=CHECKOUT,
        ready=ready,
        unask=unask,
        # A hung one does harm and a restart does none: calls outlive their controller.
        hung_restart_seconds=30,
    )


def _probe(settings: Settings) -> ManagerProbe:
    return ManagerProbe(settings.ami_port, settings.ami_secret)
