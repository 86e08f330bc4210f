"""`./helpline lock`: writes down anew, to the byte, what the next machine will fetch."""

import os
import subprocess
import sys
from pathlib import Path

from cli.runtime.debian import refresh_lock
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.machine import codename
from cli.runtime.places import CHECKOUT, REQUIREMENTS, RUNTIME
from cli.runtime.progress import progress, say
from cli.runtime.recipes import ARCHITECTURES, LOCKED_RELEASES, RECIPES

_UV = RUNTIME / "uv"
_COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"),
    # Addresses of indexes are the machine's business, and a list of who wanted what only makes noise.
    *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--no-cache"),
)


def refresh() -> None:
    """Write locks/*.json and requirements/*.txt from what mirror and index offer today.

    Raises RuntimeUnavailable when one of them cannot be asked; what was written before it stays.
    """
    _refresh_packages()
    _refresh_requirements()
    say("Read the difference, run `./helpline test`, and commit locks/ and requirements/.")


def _refresh_packages() -> None:
    own = codename()
    releases = LOCKED_RELEASES if own in LOCKED_RELEASES else (own,)
    wanted = [
        (recipe, release, architecture)
        for recipe in RECIPES
        for release in ((recipe.suite,) if recipe.suite else releases)
        for architecture in ARCHITECTURES
    ]
    with progress("Locking packages", len(wanted), "lists") as bar:
        for count, (recipe, release, architecture) in enumerate(wanted, start=1):
            refresh_lock(recipe, release, architecture)
            bar.at(count)


def _refresh_requirements() -> None:
    say("Locking Python packages…")
    uv = _uv()
    for name in ("run", "test"):
        # Written in the folder itself: test.in names run.txt relatively to it.
        _call([str(uv), *_COMPILE, f"{name}.in", "--output-file", f"{name}.txt"], REQUIREMENTS)


def _uv() -> Path:
    program = _UV / "bin" / "uv"
    if not program.exists():
        _call([sys.executable, "-m", "venv", str(_UV)], CHECKOUT)
        pip = [str(_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir"]
        _call([*pip, "--disable-pip-version-check", "uv"], CHECKOUT)
    return program


def _call(command: list[str], folder: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONSAFEPATH"}}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **_index_of_pip()}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise RuntimeUnavailable(f"`{Path(command[0]).name} {command[1]}` failed while locking: {last}")


def _index_of_pip() -> dict[str, str]:
    """The machine's index as uv wants to be told it; uv does not read pip's configuration."""
    python = str(_UV / "bin" / "python")
    if not Path(python).exists():
        return {}
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    # A variable in the environment (`:env:`) outranks a configuration file.
    lines = sorted((line for line in listed.splitlines() if "=" in line), key=lambda line: line.startswith(":env:"))
    said = dict(line.split("=", 1) for line in lines)
    wanted = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {wanted[name]: value.strip("'") for key, value in said.items() if (name := key.split(".")[-1]) in wanted}
