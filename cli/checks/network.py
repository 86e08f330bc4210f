"""The ways out: free ports, and a trunk that answers."""

import re
import secrets
import socket
import time

from cli.checks import CheckResult, bad, good
from cli.ports import PortsBusy, require_free, wanted
from cli.supervisor.lock import holder
from config.settings import Settings


def ports(settings: Settings) -> CheckResult:
    """The ports can be had, or a running helpline of this data folder has them."""
    numbers = ", ".join(f"{port.purpose} {port.number}" for port in wanted(settings))
    if pid := holder(settings.data_dir):
        return good(f"{numbers}: held by this helpline, which is running (process {pid})")
    try:
        require_free(settings)
    except PortsBusy as busy:
        return bad("not to be had", " ".join(busy.problems))
    return good(f"{numbers}, speech {settings.rtp_ports}")


def trunk(settings: Settings, seconds: float = 2.0) -> CheckResult:
    """Whether something speaks SIP at HELPLINE_TRUNK, and what it calls itself."""
    try:
        answer = sip_options(settings.trunk_host, settings.trunk_port, seconds)
    except socket.gaierror:
        return bad(f"{settings.trunk_host} has no address", "correct the host in HELPLINE_TRUNK, or this machine's DNS")
    except OSError as error:
        reason = "nobody answered" if isinstance(error, TimeoutError) else str(error.strerror or error)
        return bad(
            f"{settings.trunk}: {reason}",
            "set HELPLINE_TRUNK to the operator's SIP server, and ask the operator to admit this machine's address",
        )
    return good(f"{settings.trunk} answered {answer}")


def sip_options(host: str, port: int, seconds: float) -> str:
    """Ask with SIP OPTIONS (RFC 3261, 11), repeated as UDP needs it; the answer's status and name. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        request, branch = _request(host, port, sock.getsockname()[:2])
        deadline, wait = time.monotonic() + seconds, 0.5
        while (left := deadline - time.monotonic()) > 0:
            sock.send(request)
            sock.settimeout(min(wait, left))
            wait *= 2
            try:
                answer = sock.recv(65535).decode("utf-8", "replace")
            except TimeoutError:
                continue
            if branch in answer:
                return _describe(answer)
    raise TimeoutError


def _request(host: str, port: int, ours: tuple[str, int]) -> tuple[bytes, str]:
    branch, here = f"z9hG4bK{secrets.token_hex(8)}", f"{ours[0]}:{ours[1]}"
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch={branch};rport",
        "Max-Forwards: 1",
        f"From: <sip:check@{here}>;tag={secrets.token_hex(4)}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {secrets.token_hex(8)}@check",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:check@{here}>",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), branch


def _describe(answer: str) -> str:
    status = re.match(r"SIP/2\.0 (\d{3}[^\r\n]*)", answer)
    name = re.search(r"^(?:Server|User-Agent):\s*([^\r\n]+)", answer, flags=re.M | re.I)
    said = status[1] if status else "something that is not SIP"
    # A stranger's words go to a terminal.
    return "".join(c for c in said + (f" ({name[1]})" if name else "") if c.isprintable())[:120]
