"""Packages from a mirror made for the test, through the machine's real apt and dpkg."""

import hashlib
import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.runtime import debian, machine
from cli.runtime.apt_sources import AptSource
from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.package_lock import LockedPackage, PackageLock

RECIPE = Recipe("part", "The part", ("part",), suite="forky", unneeded=("unneeded",))


class Mirror:
    """An archive in a folder; `serves` puts a package of that content there in place of the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "dists/forky/main/binary-amd64/Packages"
        self.index.parent.mkdir(parents=True)

    def serves(self, version: str, content: str) -> LockedPackage:
        tree = self.folder / f"tree-{version}-{content}"
        (tree / "usr/bin").mkdir(parents=True)
        (tree / "usr/share/doc/part").mkdir(parents=True)
        (tree / "usr/share/doc/part/copyright").write_text("long")
        (tree / "usr/bin/part").write_text(content)
        (tree / "usr/bin/part").chmod(0o4755)
        (tree / "DEBIAN").mkdir()
        control = (
            f"Package: part\nVersion: {version}\nArchitecture: amd64\nMaintainer: x <x@y.example>\nDescription: x\n"
        )
        (tree / "DEBIAN/control").write_text(control)
        deb = self.folder / "part.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True, capture_output=True)
        sha256, size = hashlib.sha256(deb.read_bytes()).hexdigest(), deb.stat().st_size
        self.index.write_text(f"{control}Filename: part.deb\nSize: {size}\nSHA256: {sha256}\n\n")
        listed = self.index.read_bytes()
        entry = f" {hashlib.sha256(listed).hexdigest()} {len(listed)} main/binary-amd64/Packages\n"
        release = f"Suite: forky\nCodename: forky\nComponents: main\nArchitectures: amd64\nSHA256:\n{entry}"
        (self.folder / "dists/forky/Release").write_text(release)
        return LockedPackage("part", version, sha256, size)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    mirror = Mirror(tmp_path / "mirror")
    source = AptSource((f"copy:{mirror.folder}",), ("forky",), ("main",), (("Trusted", "yes"),))
    monkeypatch.setattr(debian, "sources_of", lambda recipe, release=None: [source])
    monkeypatch.setattr(debian, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(machine, "architecture", lambda: "amd64")
    (tmp_path / "locks").mkdir()
    return mirror


@pytest.fixture
def lock(tmp_path: Path) -> Callable[[LockedPackage], None]:
    def write(package: LockedPackage) -> None:
        path = tmp_path / "locks/part.forky.amd64.json"
        path.write_text(PackageLock("part", "forky", "amd64", (package,)).as_json())

    return write


def test_a_locked_package_is_unpacked_without_documents_owners_or_set_user_id(
    mirror: Mirror, lock: Callable[[LockedPackage], None], tmp_path: Path
) -> None:
    lock(mirror.serves("1:1.0", "genuine"))
    tree = fetch(RECIPE, tmp_path / "runtime").tree
    program = tree / "usr/bin/part"
    assert program.read_text() == "genuine"
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert program.stat().st_uid == os.geteuid()
    assert not (tree / "usr/share/doc").exists()


def test_nothing_but_the_part_is_left_and_the_second_time_nothing_is_fetched(
    mirror: Mirror, lock: Callable[[LockedPackage], None], tmp_path: Path
) -> None:
    lock(mirror.serves("1.0", "genuine"))
    part = fetch(RECIPE, tmp_path / "runtime")
    assert {path.name for path in (tmp_path / "runtime").iterdir()} == {part.tree.name, "part.lock"}
    (mirror.folder / "part.deb").unlink()
    assert fetch(RECIPE, tmp_path / "runtime") == part


def test_a_package_altered_on_the_mirror_is_refused_even_where_the_mirrors_own_list_agrees(
    mirror: Mirror, lock: Callable[[LockedPackage], None], tmp_path: Path
) -> None:
    lock(mirror.serves("1.0", "genuine"))
    mirror.serves("1.0", "altered")
    with pytest.raises(RuntimeUnavailable, match="does not match its locked SHA-256"):
        fetch(RECIPE, tmp_path / "runtime")
    assert not list((tmp_path / "runtime").rglob("usr"))


def test_a_mirror_that_moved_on_is_followed_and_says_so(
    mirror: Mirror,
    lock: Callable[[LockedPackage], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock(mirror.serves("1.0", "genuine"))
    newer = mirror.serves("1.1", "newer")
    part = fetch(RECIPE, tmp_path / "runtime")
    assert (part.tree / "usr/bin/part").read_text() == "newer"
    assert part.packages.packages == (newer,)
    assert "no longer has 1 of The part's 1 locked packages (part)" in capsys.readouterr().err


def test_two_at_once_fetch_it_once(mirror: Mirror, lock: Callable[[LockedPackage], None], tmp_path: Path) -> None:
    lock(mirror.serves("1.0", "genuine"))
    trees: list[Path] = []
    both = [threading.Thread(target=lambda: trees.append(fetch(RECIPE, tmp_path / "runtime").tree)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(trees) == 2
    assert trees[0] == trees[1]
    assert (trees[0] / "usr/bin/part").read_text() == "genuine"


def test_a_mirror_that_cannot_be_read_says_what_to_set(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="HELPLINE_DEBIAN_MIRROR"):
        fetch(RECIPE, tmp_path / "runtime")
