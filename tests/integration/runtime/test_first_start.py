"""The script itself, on machines that are not ready for it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.runtime.places import CHECKOUT


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Path:
    """A copy of what the first start reads, with a CLI that tells where it runs."""
    checkout = tmp_path / "a folder"
    (checkout / "cli").mkdir(parents=True)
    for name in ("helpline", "locks", "requirements", "cli/runtime", "cli/__init__.py"):
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, checkout / name)
    (checkout / "cli/__main__.py").write_text("import sys\nprint(sys.prefix, *sys.argv[1:])\n")
    return checkout


def run(
    checkout: Path, path: Path, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", checkout / "helpline", *arguments],
        env={"PATH": str(path), **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def programs(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def test_without_python_it_says_what_to_install(bare_checkout: Path, tmp_path: Path) -> None:
    done = run(bare_checkout, programs(tmp_path / "bin", "dirname", "readlink", "cmp"), "demo")
    assert done.returncode == 1
    assert done.stderr == "helpline needs Python 3.11 or newer; install it (for example: apt install python3.11).\n"


def test_an_older_python_is_passed_over(bare_checkout: Path, tmp_path: Path) -> None:
    folder = programs(tmp_path / "bin", "dirname", "readlink", "cmp")
    (folder / "python3").write_text("#!/bin/sh\nexit 1\n")
    (folder / "python3").chmod(0o755)
    assert "needs Python 3.11" in run(bare_checkout, folder, "demo").stderr


def test_a_finished_set_up_starts_the_cli_from_any_folder_and_ignores_that_folders_code(
    bare_checkout: Path, tmp_path: Path
) -> None:
    venv = bare_checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to(os.path.realpath("/usr/bin/python3"))
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\n")
    shutil.copy(bare_checkout / "requirements/run.txt", venv / "installed-run.txt")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "cli").mkdir(parents=True)
    (elsewhere / "cli/__main__.py").write_text("print('a stranger')\n")
    done = run(bare_checkout, Path("/usr/bin"), "call", "--key", "a b", cwd=elsewhere)
    assert done.stdout == f"{venv} call --key a b\n"


def test_an_index_that_cannot_be_reached_is_one_sentence_and_the_next_start_begins_anew(
    bare_checkout: Path,
) -> None:
    unreachable = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}
    done = run(bare_checkout, Path("/usr/bin"), "demo", env=unreachable)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("helpline: The Python packages could not be installed; check the network")
    assert not (bare_checkout / ".venv/installed-run.txt").exists()
    assert {path.name for path in (bare_checkout / ".runtime").iterdir()} <= {"python.lock"}
