"""What arrives is what was locked, or it is not unpacked."""

import hashlib
from pathlib import Path

import pytest

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.package_lock import LockedPackage, PackageLock, is_genuine, read_lock, verify

CONTENT = b"a package"
GENUINE = LockedPackage("asterisk", "1:22.10.1-1", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
LOCK = PackageLock("asterisk", "forky", "amd64", (GENUINE,))


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    (tmp_path / GENUINE.file_name).write_bytes(CONTENT)
    return tmp_path


def test_an_unaltered_package_is_accepted(archives: Path) -> None:
    verify(archives, LOCK)


def test_a_tampered_package_of_the_same_length_is_refused(archives: Path) -> None:
    (archives / GENUINE.file_name).write_bytes(b"b package")
    with pytest.raises(RuntimeUnavailable, match=r"asterisk 1:22\.10\.1-1 .* does not match its locked SHA-256"):
        verify(archives, LOCK)


def test_a_package_that_broke_off_is_not_genuine(archives: Path) -> None:
    (archives / GENUINE.file_name).write_bytes(CONTENT[:3])
    assert not is_genuine(archives / GENUINE.file_name, GENUINE)


def test_a_package_that_did_not_come_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable):
        verify(tmp_path, LOCK)


def test_a_lock_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    path.write_text(LOCK.as_json())
    assert read_lock(path) == LOCK


def test_any_changed_package_changes_the_folder_it_is_unpacked_into() -> None:
    other = LockedPackage("asterisk", "1:22.10.2-1", GENUINE.sha256, GENUINE.size)
    assert PackageLock("asterisk", "forky", "amd64", (other,)).digest != LOCK.digest


@pytest.mark.parametrize("text", ["", "{}", '{"packages": [{"package": "x"}]}', '{"packages": 3}', "[]"])
def test_a_broken_lock_file_says_how_to_mend_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock.json"
    path.write_text(text)
    with pytest.raises(RuntimeUnavailable, match="git checkout"):
        read_lock(path)
