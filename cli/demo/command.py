"""Starts a rehearsal for the demonstration, plays the story, and stays up for whoever wants to try."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from cli.demo.cast import DOCTORS, bring_on, teach
from cli.demo.errors import DemoFailed
from cli.demo.leftovers import put_away
from cli.demo.lines import LINES, what_to_try
from cli.demo.mobile_network import ENTITY, HEADER, MobileNetwork
from cli.demo.registration import register_wordings
from cli.demo.story import Story
from cli.demo.teller import Teller
from cli.importing import load_samples
from cli.lines.command import ensure_lines
from cli.lines.errors import LineRefused
from cli.ports import PortsBusy, pick_free_ports, require_free
from cli.rehearsal import ADMIN, Rehearsal
from cli.runtime import RuntimeUnavailable
from cli.runtime.progress import say
from cli.supervisor import SupervisorError
from cli.supervisor.lock import sole_user
from config.errors import ConfigError
from config.settings import CHECKOUT, Settings, load_settings
from phones.errors import PhoneError
from prompts.errors import PromptError

DATA_DIR = CHECKOUT / "data" / "demo"
_PROBLEMS = (
    ConfigError,
    DemoFailed,
    LineRefused,
    PhoneError,
    PortsBusy,
    PromptError,
    RuntimeUnavailable,
    SupervisorError,
    httpx.HTTPError,
)


def demo(once: bool, as_json: bool) -> int:
    """Play the demonstration; the exit status. `once` stops everything after the call."""
    teller = Teller(as_json)
    try:
        with _interruptible():
            _perform(teller, once)
    except _PROBLEMS as problem:
        teller.tell("failed", reason=str(problem))
        say(f"the demonstration failed: {problem}")
        return 1
    except KeyboardInterrupt:
        teller.explain("stopped")
        return 130 if once else 0
    return 0


def _perform(teller: Teller, once: bool) -> None:
    settings = _settings()
    folder = settings.data_dir
    with sole_user(folder):
        shutil.rmtree(folder / "network", ignore_errors=True)
        load_samples(settings)
        put_away(settings, is_own=folder == DATA_DIR and not settings.database_url)
        ensure_lines(settings, LINES)
        say("Starting Asterisk, the controller and the web process…")
        with MobileNetwork() as mobiles, _helpline(settings, mobiles) as helpline:
            password = secrets.token_urlsafe(9)
            token = helpline.admin_token(password)
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"{helpline.url}/api/v1", headers=headers, timeout=10, trust_env=False) as api:
                teach(helpline.database)
                bring_on(api)
                teller.tell("ready", url=helpline.url, token=token, sip_port=helpline.settings.sip_port)
                teller.tell("wordings.registered", count=register_wordings(api), entity=ENTITY, header=HEADER)
                Story(helpline, api, teller, mobiles).play()
            if not once:
                _stay(teller, helpline, token, password)


def _helpline(settings: Settings, mobiles: MobileNetwork) -> Rehearsal:
    """Its messages leave for the simulated operator whatever the environment says: nobody is written to."""
    here = f"http://127.0.0.1:{settings.http_port}"
    connected = settings.model_dump() | mobiles.settings(here, secrets.token_urlsafe(24))
    return Rehearsal(
        settings.data_dir,
        settings=type(settings)(**connected),
        services=("asterisk", "controller", "web"),
        environment={"web": {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}},  # the operator is on this machine
    )


def _stay(teller: Teller, helpline: Rehearsal, token: str, password: str) -> None:
    """Leave everything running until Ctrl-C; the doctors' phones answer by themselves."""
    for doctor in DOCTORS:
        helpline.net.doctor(doctor.number).behaves("auto_accept")
    teller.explain(
        "stay",
        url=helpline.url,
        user=ADMIN,
        password=password,
        token=token,
        sip_port=helpline.settings.sip_port,
        softphone_server=helpline.net.address,
        softphone_user=helpline.net.softphone_user,
        softphone_password=helpline.net.softphone_password,
        doctor=DOCTORS[0].number,
        **what_to_try(),
    )
    threading.Event().wait()


def _settings() -> Settings:
    """The environment's settings; ports it does not name are free ones, the data lie apart from a real helpline's."""
    environment = {"HELPLINE_DATA_DIR": str(DATA_DIR), **os.environ}
    given = load_settings(environment)
    free = pick_free_ports(given)
    names = {"HELPLINE_SIP_PORT", "HELPLINE_RTP_PORTS", "HELPLINE_AMI_PORT", "HELPLINE_HTTP_PORT"}
    named = sorted(names & os.environ.keys())
    require_free(given, named)
    fields = [name.removeprefix("HELPLINE_").lower() for name in named]
    return type(given)(**(free.model_dump() | {field: getattr(given, field) for field in fields}))


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demonstration as cleanly as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
