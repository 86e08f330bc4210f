"""Which ports this deployment takes, whether they are free, and who holds the ones that are not."""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from config.free_ports import FreePorts, Kind, bind_error, is_free
from config.settings import Settings

# Asterisk passes over a busy RTP port, so a few cost nothing; more than this share means that the range is another's.
_BUSY_RTP_SHARE = 0.1


class PortsBusy(Exception):
    """Ports that cannot be had; one sentence for each says who holds it and what to change."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Wanted:
    """A port, what it is for, and the variable that moves it."""

    kind: Kind
    address: str
    number: int
    purpose: str
    variable: str


def wanted(settings: Settings) -> tuple[Wanted, ...]:
    """The single ports of a deployment; the RTP range comes on top."""
    return (
        Wanted("UDP", settings.bind, settings.sip_port, "SIP", "HELPLINE_SIP_PORT"),
        Wanted("TCP", "127.0.0.1", settings.ami_port, "AMI", "HELPLINE_AMI_PORT"),
        Wanted("TCP", settings.bind, settings.http_port, "the console", "HELPLINE_HTTP_PORT"),
    )


def require_free(settings: Settings, only: Iterable[str] | None = None) -> None:
    """Raise PortsBusy unless every port can be had. `only`: the variables of the ports to look at (default: all)."""
    names = None if only is None else set(only)
    problems = clashes(settings)
    problems += [p for port in wanted(settings) if (names is None or port.variable in names) and (p := _problem(port))]
    if not problems and (names is None or "HELPLINE_RTP_PORTS" in names):
        problems += _rtp_problem(settings)
    if problems:
        raise PortsBusy(problems)


def clashes(settings: Settings) -> list[str]:
    """What the settings themselves give away twice."""
    first, last = settings.rtp_range
    found = []
    if first <= settings.sip_port <= last:
        found.append(f"HELPLINE_SIP_PORT={settings.sip_port} lies within HELPLINE_RTP_PORTS={settings.rtp_ports}.")
    if settings.ami_port == settings.http_port:
        found.append(f"HELPLINE_AMI_PORT and HELPLINE_HTTP_PORT are both {settings.ami_port}.")
    if settings.trunk == f"{settings.bind}:{settings.sip_port}":
        found.append(f"HELPLINE_TRUNK={settings.trunk} is this helpline's own SIP address.")
    return found


def holder(kind: Kind, number: int) -> str:
    """Who holds the port, as far as this user may see."""
    pid = _pid_of_holder(kind, number)
    if pid is None:
        return "another user's process"
    try:
        return f"{_program(psutil.Process(pid))} (process {pid})"
    except psutil.Error:
        return f"process {pid}"


def pick_free_ports(settings: Settings, free: FreePorts | None = None, rtp_count: int = 200) -> Settings:
    """The same settings on ports that are free now: SIP, AMI, HTTP and the RTP range, all different."""
    free = free or FreePorts(settings.bind)
    values = settings.model_dump() | {
        "rtp_ports": free.rtp(rtp_count),
        "sip_port": free.udp(),
        "ami_port": free.tcp(),
        "http_port": free.tcp(),
    }
    return type(settings)(**values)


def _problem(port: Wanted) -> str | None:
    error = bind_error(port.kind, port.address, port.number)
    if error is None:
        return None
    what = f"{port.kind} port {port.number} ({port.purpose})"
    if error == errno.EADDRINUSE:
        who = holder(port.kind, port.number)
        return f"{what} is in use by {who}; stop it, or set {port.variable} to another port."
    if error == errno.EACCES:
        return f"{what} needs root; set {port.variable} to a port above 1023."
    if error == errno.EADDRNOTAVAIL:
        return f"{port.address} is not an address of this machine; set HELPLINE_BIND to one that is, or to 0.0.0.0."
    return f"{what} on {port.address} cannot be bound ({os.strerror(error)}); set {port.variable} or HELPLINE_BIND."


def _rtp_problem(settings: Settings) -> list[str]:
    first, last = settings.rtp_range
    busy = [number for number in range(first, last + 1) if not is_free("UDP", settings.bind, number)]
    if len(busy) <= _BUSY_RTP_SHARE * (last - first + 1):
        return []
    return [
        f"{len(busy)} of the UDP ports {settings.rtp_ports} (speech) are in use, "
        f"{busy[0]} by {holder('UDP', busy[0])}; set HELPLINE_RTP_PORTS to another range."
    ]


def _pid_of_holder(kind: Kind, number: int) -> int | None:
    try:
        connections = psutil.net_connections("tcp" if kind == "TCP" else "udp")
    except psutil.Error:
        return None
    holders = [c for c in connections if c.laddr and c.laddr.port == number and c.pid]
    listening = [c for c in holders if kind == "UDP" or c.status == psutil.CONN_LISTEN]
    return (listening or holders)[0].pid if holders else None


def _program(process: psutil.Process) -> str:
    """A process's name; for one that was started through the dynamic loader, that of the program it loaded."""
    name: str = process.name()
    if not name.startswith("ld-linux"):
        return name
    programs = [arg for arg in process.cmdline()[1:] if "/" in arg and ":" not in arg and os.access(arg, os.X_OK)]
    return os.path.basename(next((p for p in programs if not os.path.isdir(p)), name))
