"""When the packages are set up anew, and how the person waiting is told."""

from pathlib import Path

import pytest

from cli.runtime import places
from cli.runtime.chromium import chromium
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.progress import progress
from cli.runtime.python import _is_installed, count_of

LIST = """\
anyio==4.1 ; python_version < '3.12' \\
    --hash=sha256:aa
anyio==4.2 ; python_version >= '3.12' \\
    --hash=sha256:ab
uvicorn[standard]==0.3 \\
    --hash=sha256:bb
# a comment
"""


def checkout(folder: Path) -> Path:
    (folder / "requirements").mkdir()
    (folder / "requirements/run.txt").write_text(LIST)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").touch(mode=0o755)
    return folder


def test_every_pinned_package_is_counted_once() -> None:
    assert count_of(LIST) == 2


def test_a_set_up_that_broke_off_does_not_count(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    assert not _is_installed(folder / ".venv", "run", folder)


def test_a_finished_set_up_counts_until_the_list_changes(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    (folder / ".venv/installed-run.txt").write_text(LIST)
    assert _is_installed(folder / ".venv", "run", folder)
    (folder / "requirements/run.txt").write_text(LIST.replace("4.1", "4.2"))
    assert not _is_installed(folder / ".venv", "run", folder)


def test_a_set_up_whose_python_was_removed_does_not_count(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    (folder / ".venv/installed-run.txt").write_text(LIST)
    (folder / ".venv/bin/python").unlink()
    assert not _is_installed(folder / ".venv", "run", folder)


def test_every_listed_package_is_hashed_and_no_address_is_written_down() -> None:
    for name in ("run.txt", "test.txt"):
        text = (places.REQUIREMENTS / name).read_text()
        assert count_of(text) > 10
        assert "://" not in text
        pins = [block for block in text.split("\n") if "==" in block]
        assert all(pin.endswith("\\") for pin in pins)  # a hash follows


def test_progress_never_touches_stdout_because_json_owns_it(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Asterisk 22", 32_000_000) as bar:
        bar.at(32_000_000)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["Asterisk 22: 0 of 32 MB", "Asterisk 22: 32 of 32 MB"]


def test_a_named_browser_that_is_not_there_is_refused_by_the_variables_name(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="HELPLINE_CHROMIUM="):
        chromium({"HELPLINE_CHROMIUM": str(tmp_path / "nowhere")})
