"""A complete helpline with a simulated telephone network around it, in one folder: for demo, tests and benchmarks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from admin_api.accounts import ensure_admin, issue_token
from cli.ports import pick_free_ports
from cli.prepare import SERVICES, prepare, with_secret
from cli.runtime import asterisk
from cli.supervisor import Service, Supervisor
from cli.supervisor.log import ServiceLog
from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.schema import Doctor, DoctorCategory, DoctorPhone
from config.settings import Settings, load_settings
from phones.network import PhoneNetwork
from routing.lines import FIRST_LINES

ADMIN = "admin"


class Rehearsal:
    """A context manager: everything runs inside it and nothing is left afterwards.

    `services` are the ones to start; `overrides` are settings (rtp_timeout=5). Ports are free ones unless `settings`
    are given whole, and then they are kept. `lines` are the flows behind the numbers that can be dialled. A service
    gets the variables that `environment` has under its name, too. Nothing outside `folder` is written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Settings | None = None,
        services: Sequence[str] = SERVICES,
        quiet: bool = True,
        trunk_user: str = "",
        trunk_password: str = "",
        lines: Mapping[str, str] = FIRST_LINES,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        **overrides: Any,
    ) -> None:
        self.folder = folder
        base = settings or pick_free_ports(load_settings({}, data_dir=folder / "data"))
        install = asterisk({"HELPLINE_ASTERISK": base.asterisk})
        self.net = PhoneNetwork(
            install,
            folder / "network",
            f"127.0.0.1:{base.sip_port}",
            prompts_dir=base.prompts_dir,
            trunk_user=trunk_user,
            trunk_password=trunk_password,
        )
        changes = {"trunk": self.net.address, "trunk_user": trunk_user, "trunk_password": trunk_password}
        self.settings = with_secret(type(base)(**(base.model_dump() | changes | overrides)))
        self.database = Database(self.settings.effective_database_url)
        self._services = tuple(services)
        self._lines = dict(lines)
        self._environment = environment or {}
        self._quiet = quiet
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            services = prepare(self.settings, self._services, self._lines)
            services = [self._with_environment(service) for service in services]
            terminal = None if self._quiet else sys.stderr
            log = ServiceLog([item.name for item in services], self.folder / "log", terminal)
            self._open.callback(log.close)
            self._open.callback(self.database.close)
            self._open.enter_context(self.net)
            self.supervisor = self._open.enter_context(Supervisor(services, log=log))
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def _with_environment(self, service: Service) -> Service:
        extra = self._environment.get(service.name)
        return replace(service, env={**(service.env or os.environ), **extra}) if extra else service

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.settings.http_port}"

    def admin_token(self, password: str) -> str:
        """An administrator's bearer token for the API; the account is made, or gets this password."""
        with self.database.writing() as session:
            return issue_token(session, ensure_admin(session, ADMIN, password).id, "rehearsal", None)

    def doctor(self, number: str, *categories: str, name: str = "", duty: str = "on") -> str:
        """A doctor with one phone, straight into the database; the id. (POST /doctors is the way of people.)"""
        doctor_id = new_id("doctor")
        with self.database.writing() as session:
            session.add(
                Doctor(
                    id=doctor_id,
                    name=name or f"Dr {number[-4:]}",
                    qualification="MBBS",
                    registration_number=f"DEMO-{number[-6:]}",
                    council="Demonstration",
                    duty=duty,
                    created_at=utc_now(),
                )
            )
            session.flush()
            session.add(DoctorPhone(id=new_id("phone"), doctor_id=doctor_id, number=number))
            for category in categories or ("general",):
                session.add(DoctorCategory(doctor_id=doctor_id, category=category))
        return doctor_id
