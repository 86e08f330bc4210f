"""A second opinion on a helpline that runs: AMI through another library than the controller's, and the web process."""

import json
import re
import time

from cli.checks import CheckResult, bad, good
from cli.supervisor.lock import holder
from cli.supervisor.readiness import HEARTBEAT_SECONDS, http_status
from config.settings import Settings


def witness(settings: Settings) -> CheckResult:
    """Asterisk answers over AMI and sees the controller's heartbeat."""
    if not holder(settings.data_dir):
        return good("not running now")
    try:
        seen = ask_asterisk(settings.ami_port, ami_secret(settings))
    except ModuleNotFoundError:
        return bad("the library asterisk-ami is missing", "`./helpline test --fast` installs it")
    except (OSError, ValueError) as error:
        return bad(f"does not answer: {error}", f"read {settings.data_dir}/log/helpline.log")
    age = time.time() - int(seen["heartbeat"] or 0)
    if age > HEARTBEAT_SECONDS:
        return bad("Asterisk has no fresh heartbeat of the controller", f"read {settings.data_dir}/log/helpline.log")
    return good(f"Asterisk {seen['version']}, {seen['calls']} calls, heartbeat {max(age, 0):.0f} s old")


def web(settings: Settings) -> CheckResult:
    """The web process is up and says itself that it is ready."""
    if not holder(settings.data_dir):
        return good("not running now")
    try:
        status, body = http_status(settings.bind, settings.http_port, "/api/v1/readyz")
    except OSError as error:
        return bad(f"does not answer: {error}", f"read {settings.data_dir}/log/helpline.log")
    if status != 200:
        return bad(f"not ready ({status}): {_detail(body)}", f"read {settings.data_dir}/log/helpline.log")
    return good(f"ready at http://{settings.bind}:{settings.http_port}")


def ami_secret(settings: Settings) -> str:
    """The secret of the running Asterisk: the one given, else the one its start drew. Raises OSError, ValueError."""
    if settings.ami_secret:
        return settings.ami_secret
    text = (settings.run_dir / "etc" / "manager.conf").read_text()
    match = re.search(r"^\[witness\][^\[]*?^secret\s*=\s*(\S+)", text, flags=re.M)
    if not match:
        raise ValueError("manager.conf has no account for the witness")
    return match[1]


def ask_asterisk(port: int, secret: str) -> dict[str, str]:
    """Version, number of calls and the controller's heartbeat (Unix seconds). Raises OSError, ModuleNotFoundError."""
    from cli.checks.witness import Witness

    with Witness(port, secret) as asterisk:
        return {
            "version": asterisk.ask("CoreSettings").get("AsteriskVersion", "?").partition("~")[0].partition("+")[0],
            "calls": asterisk.ask("CoreStatus").get("CoreCurrentCalls", "?"),
            "heartbeat": asterisk.ask("Getvar", Variable="HELPLINE_HEARTBEAT").get("Value", ""),
        }


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body).get("detail", ""))
    except (ValueError, AttributeError):
        return ""
