"""`./helpline test`: what CI runs, on anybody's machine: style, types and layers, then the tests from quick to slow."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cli.runtime import RuntimeUnavailable, asterisk, chromium, espeak, postgres
from cli.runtime.prism import prism
from cli.runtime.progress import say
from cli.runtime.python import ensure_test_packages
from config.settings import CHECKOUT, NOT_SETTINGS

LINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("types", (sys.executable, "-m", "mypy", "--no-error-summary", ".")),
    ("style", (sys.executable, "-m", "ruff", "check", ".")),
    ("format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    ("layers", (sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()")),
)
# In one pytest: its closing line then counts all of them, and CI reads it.
FOLDERS = ("tests/unit", "tests/integration", "tests/browser", "tests/telephone")
_FAST = ("tests/unit", "-m", "not telephone and not postgres and not browser")
# Seconds. One test that hangs must not use up the whole run's 27 minutes.
_WHOLE_RUN, _FAST_RUN, _ONE_TEST = 1620, 120, 180
# Each worker has a helpline, a telephone network and databases of its own. The first begins with the quick tests, which
# calculate, the second with the slow ones, which mostly wait; who is done first takes from the other what is left.
_WORKERS = ("--numprocesses=2", "--dist=worksteal")
# Where the parts come from stays the caller's choice; a deployment's settings must not reach the tests.
_KEPT = NOT_SETTINGS | {"HELPLINE_ASTERISK", "HELPLINE_DEBIAN_MIRROR"}


@dataclass(frozen=True)
class Finding:
    """What one tool said, and how many seconds it took."""

    name: str
    ok: bool
    said: str
    seconds: float


def test(fast: bool, pytest_args: Sequence[str]) -> int:
    """Check everything; 0 only when all is well. The last line is pytest's.

    `fast` leaves out all that needs a process of its own (at most a minute). `pytest_args` go to pytest; where they
    name tests, only those are run.
    """
    try:
        ensure_test_packages()
        if not fast:
            fetch_parts()
    except RuntimeUnavailable as error:
        say(str(error))
        return 1
    env = environment(os.environ)
    findings = lint(env)
    failed = [finding.name for finding in findings if not finding.ok]
    if failed:
        print(f"NOT in order: {', '.join(failed)}. The tests run all the same; this command will fail.", flush=True)
    status = subprocess.run(pytest_command(fast, pytest_args), cwd=CHECKOUT, env=env, check=False).returncode
    return status or int(bool(failed))


# Not a test, though its name and its place in pytest's way say so.
test.__test__ = False  # type: ignore[attr-defined]


def fetch_parts() -> None:
    """Have every part the tests start, so that no test waits for a download. Raises RuntimeUnavailable."""
    for part in (asterisk, espeak, postgres, chromium):
        part()
    try:
        prism()
    except RuntimeUnavailable as error:
        say(f"{error} Its tests are left out.")  # it stands on Node.js, which nothing else here needs


def lint(env: Mapping[str, str]) -> list[Finding]:
    """Run the linters two at a time, tell each one's result and time as it comes in order."""
    findings = []
    with ThreadPoolExecutor(2) as pool:
        for finding in pool.map(lambda named: _run(named[0], named[1], env), LINTS):
            findings.append(finding)
            print(f"{'ok ' if finding.ok else 'NOT'}  {finding.name:<8}{finding.seconds:5.1f} s", flush=True)
            if not finding.ok:
                print(finding.said.rstrip(), flush=True)
    return findings


def pytest_command(fast: bool, pytest_args: Sequence[str] = ()) -> list[str]:
    """The one pytest call: of named tests one after the other, of all side by side.

    Folders that have no tests yet are left out. Whoever wants other workers says so (`-n 0` for a debugger).
    """
    chosen = [arg for arg in pytest_args if not arg.startswith("-") and (CHECKOUT / arg.split("::")[0]).exists()]
    if chosen:
        selection: list[str] = []
    elif fast:
        selection = [*_WORKERS, *_FAST]
    else:
        selection = [*_WORKERS] + [folder for folder in FOLDERS if any((CHECKOUT / folder).rglob("test_*.py"))]
    limit = _FAST_RUN if fast else _WHOLE_RUN
    return [
        *(sys.executable, "-m", "pytest", "-q", "--durations=10", "--durations-min=1"),
        *(f"--timeout={_ONE_TEST}", f"--session-timeout={limit}"),
        *(*selection, *pytest_args),
    ]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment for linters and tests: the caller's, without the caller's own helpline."""
    env = {key: value for key, value in base.items() if not key.startswith("HELPLINE_") or key in _KEPT}
    return env | {"PYTHONPATH": str(CHECKOUT)}


def _run(name: str, command: Sequence[str], env: Mapping[str, str]) -> Finding:
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=CHECKOUT, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Finding(name, done.returncode == 0, done.stdout, time.monotonic() - began)
