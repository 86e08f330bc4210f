"""A pip to fill .venv with, on machines whose Python came without one (Debian packs it apart)."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable

RECIPE = Recipe(name="pip", title="pip", roots=("python3-pip-whl",), unneeded=("ca-certificates", "openssl", "lib*"))
_DEBIAN_WHEELS = Path("/usr/share/python-wheels")


def pip_for(venv: Path, runtime: Path) -> list[str]:
    """The beginning of a command line that runs pip inside `venv`. Raises RuntimeUnavailable."""
    python = str(venv / "bin" / "python")
    if (wheel := _bundled()) or (wheel := _wheel_in(_DEBIAN_WHEELS)):
        # A wheel is a zip that Python can run from; it is never unpacked.
        return [python, str(wheel / "pip")]
    if _machine_pip():
        return [sys.executable, "-m", "pip", "--python", python]
    try:
        tree = fetch(RECIPE, runtime).tree
    except RuntimeUnavailable as error:
        raise RuntimeUnavailable(f"This Python has no pip; install python3-venv ({error})") from error
    if wheel := _wheel_in(tree / "usr/share/python-wheels"):
        return [python, str(wheel / "pip")]
    raise RuntimeUnavailable("This Python has no pip; install python3-venv (`apt install python3-venv`).")


def _bundled() -> Path | None:
    found = importlib.util.find_spec("ensurepip")
    folder = Path(found.origin).parent / "_bundled" if found and found.origin else None
    return _wheel_in(folder) if folder else None


def _wheel_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("pip-*.whl"), reverse=True)), None)


def _machine_pip() -> bool:
    # `--python` came with pip 22.3.
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "--python", sys.executable, "--version"], capture_output=True, check=False
    )
    return asked.returncode == 0
