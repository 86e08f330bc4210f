"""The checkout's own Python packages: .venv from locked, hashed lists, made once and made anew when a list changes."""

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.pip import pip_for
from cli.runtime.places import CHECKOUT, alone, remove
from cli.runtime.progress import Progress, progress, say

# pip's own settings name the index; these would make it install elsewhere than into the venv, or import our code.
_UNWANTED = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "PYTHONSAFEPATH")


def ensure_run_packages(checkout: Path = CHECKOUT) -> None:
    """A .venv that holds what requirements/run.txt lists. Raises RuntimeUnavailable."""
    venv = checkout / ".venv"
    with alone("python", checkout / ".runtime"):
        if _is_installed(venv, "run", checkout):
            return
        say("Setting up Python packages (once)…")
        # A folder without its stamp was left by a set-up that broke off: nobody knows what is in it.
        if not (venv / "installed-run.txt").exists() or not _works(venv):
            _make(venv)
        _install(venv, "run", checkout)


def ensure_test_packages(checkout: Path = CHECKOUT) -> None:
    """What tests, benchmarks and locking add, in the same .venv. Raises RuntimeUnavailable."""
    venv = checkout / ".venv"
    if _is_installed(venv, "test", checkout):
        return
    with alone("python", checkout / ".runtime"):
        if not _is_installed(venv, "test", checkout):
            say("Setting up the packages for tests (once)…")
            _install(venv, "test", checkout)


def _is_installed(venv: Path, name: str, checkout: Path) -> bool:
    stamp, lock = venv / f"installed-{name}.txt", checkout / "requirements" / f"{name}.txt"
    return stamp.exists() and _works(venv) and filecmp.cmp(stamp, lock, shallow=False)


def _works(venv: Path) -> bool:
    return os.access(venv / "bin" / "python", os.X_OK)


def _make(venv: Path) -> None:
    remove(venv)
    # Without pip: Debian packs ensurepip apart, and pip is needed only to fill the folder.
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", venv], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise RuntimeUnavailable(f"{sys.executable} cannot make a virtual environment; install python3-venv.")


def _install(venv: Path, name: str, checkout: Path) -> None:
    lock = checkout / "requirements" / f"{name}.txt"
    stamp = venv / f"installed-{name}.txt"
    stamp.unlink(missing_ok=True)
    scratch = checkout / ".runtime" / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    command = [
        *pip_for(venv, checkout / ".runtime"),
        *("install", "--require-hashes", "--requirement", str(lock), "--no-deps", "--progress-bar", "off"),
        *(
            "--no-cache-dir",
            "--only-binary=:all:",
            "--disable-pip-version-check",
            "--no-input",
            "--no-warn-script-location",
        ),
    ]
    environment = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    try:
        with progress("Python packages", count_of(lock.read_text()), "packages") as bar:
            _run(command, {**environment, "TMPDIR": str(scratch), "PYTHONNOUSERSITE": "1"}, bar)
    finally:
        remove(scratch)
    fresh = stamp.with_suffix(".new")
    shutil.copyfile(lock, fresh)
    fresh.replace(stamp)


def _run(command: list[str], environment: dict[str, str], bar: Progress) -> None:
    said: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line.strip())
            if re.match(r"(Collecting|Requirement already satisfied)", line.strip()):
                seen += 1
                bar.at(seen)
    if pip.returncode != 0:
        errors = [line for line in said if line.startswith("ERROR:")] or said[-1:]
        raise RuntimeUnavailable(
            "The Python packages could not be installed; check the network and pip's index "
            f"({' '.join(errors[:1]).removeprefix('ERROR: ')})."
        )


def count_of(requirements: str) -> int:
    """How many packages a compiled list pins; one pinned twice, for two Pythons, counts once."""
    return len(set(re.findall(r"^[A-Za-z0-9][\w.-]*", requirements, flags=re.M)))
