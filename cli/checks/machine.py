"""What this machine gives: Python and its packages, room on the disk, a clock and its zones."""

import platform
import re
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli.checks import CheckResult, bad, good
from config.settings import CHECKOUT, Settings

_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)
# A year of journal and logs at 1,000 calls a day, and prompts in two languages, with room to spare.
_BYTES_WANTED = 2_000_000_000


def python() -> CheckResult:
    """The interpreter runs this very program, so it is new enough; said for whoever reads the list."""
    return good(f"{platform.python_version()} ({sys.executable})")


def packages(lock: Path = CHECKOUT / "requirements" / "run.txt") -> CheckResult:
    """Every package in the locked version. A name may be locked more than once, for different Pythons."""
    locked: dict[str, set[str]] = {}
    for name, version in _PINNED.findall(lock.read_text()):
        locked.setdefault(name, set()).add(version)
    wrong = [name for name, versions in locked.items() if _installed(name) not in versions]
    if wrong:
        some = ", ".join(f"{name} {_installed(name) or 'missing'}" for name in wrong[:3])
        return bad(f"{len(wrong)} of {len(locked)} differ from {lock.name}: {some}", "remove .venv and start again")
    return good(f"{len(locked)} as locked in {lock.name}")


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def disk(settings: Settings) -> CheckResult:
    """Room for the database, the prompts and the logs."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    what = f"{free / 1e9:.1f} GB free at {settings.data_dir}"
    if free < _BYTES_WANTED:
        return bad(what, "make room, or set HELPLINE_DATA_DIR to a folder on a larger disk")
    return good(what)


def clock(settings: Settings) -> CheckResult:
    """The zone is known, and the clock is not behind the checkout's own files (a board without a battery)."""
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return bad(
            f"the zone {settings.time_zone!r} is unknown",
            "set HELPLINE_TIME_ZONE to a name such as Asia/Kolkata, or install tzdata",
        )
    now = time.time()
    if now < (CHECKOUT / "pyproject.toml").stat().st_mtime - 86_400:
        return bad("the clock is behind this checkout's own files", "set the clock: timedatectl set-ntp on")
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    return good(f"{shown}; hours are shown in {settings.time_zone}")
