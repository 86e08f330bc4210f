"""Debian packages without root: locked versions, checked, unpacked into a folder of this checkout's."""

import fnmatch
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from cli.runtime import machine
from cli.runtime.apt import AptError, PackageIndex, PrivateApt
from cli.runtime.apt_sources import AptSource
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.package_lock import LockedPackage, PackageLock, is_genuine, read_lock, verify
from cli.runtime.places import LOCKS, RUNTIME, alone, remove
from cli.runtime.progress import Progress, progress, say

_STAMP = "unpacked.json"
_LEFT_OUT = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/info", "./usr/share/lintian")
# Whatever apt itself stands on is on every machine that can fetch anything; mixing a second C library in crashes.
_ON_EVERY_DEBIAN = ("apt", "dpkg", "tar", "libc-bin")


@dataclass(frozen=True)
class Recipe:
    """What a part is made of. `suite` None: this machine's own release, on this machine's own C library.

    `unneeded` are shell patterns of packages that Debian's dependencies name and our use of the part does not
    touch (maintainer scripts, modules never loaded).
    """

    name: str
    title: str
    roots: tuple[str, ...]
    suite: str | None = None
    unneeded: tuple[str, ...] = ()

    def lock_path(self, suite: str, architecture: str) -> Path:
        """Where the lock of this part for a release and architecture is kept."""
        return LOCKS / f"{self.name}.{suite}.{architecture}.json"


@dataclass(frozen=True)
class Part:
    """An unpacked part: its tree, and exactly what was unpacked there."""

    tree: Path
    packages: PackageLock


def fetch(recipe: Recipe, runtime: Path = RUNTIME) -> Part:
    """The part, fetched and unpacked at the first call. Raises RuntimeUnavailable with what to do."""
    suite = recipe.suite or machine.codename()
    architecture = machine.architecture()
    lock_path = recipe.lock_path(suite, architecture)
    lock = read_lock(lock_path) if lock_path.exists() else None
    tree = runtime / f"{recipe.name}-{lock.digest if lock else f'{suite}-unlocked'}"
    if part := _unpacked(tree):
        return part
    with alone(recipe.name, runtime):
        return _unpacked(tree) or _fetch(recipe, lock or PackageLock(recipe.name, suite, architecture, ()), tree)


def _unpacked(tree: Path) -> Part | None:
    stamp = tree / _STAMP
    return Part(tree, read_lock(stamp)) if stamp.exists() else None


def _fetch(recipe: Recipe, lock: PackageLock, tree: Path) -> Part:
    archives = tree.with_name(f"{tree.name}.debs")
    state = tree.with_name(f"{tree.name}.apt")
    half = tree.with_name(f"{tree.name}.half")
    remove(half)
    say(f"Fetching {recipe.title} into {tree.parent.name}/ (once)…")
    apt = PrivateApt(state, sources_of(recipe), lock.architecture)
    apt.update()
    chosen = choose(recipe, lock, apt)
    with progress(recipe.title, chosen.total_bytes) as bar:
        download(chosen, apt, archives, bar)
    verify(archives, chosen)
    with progress(f"{recipe.title}, unpacking", len(chosen.packages), "packages") as bar:
        unpack(archives, chosen.packages, half, bar)
    (half / _STAMP).write_text(chosen.as_json())
    remove(tree)
    half.rename(tree)
    remove(archives)
    remove(state)
    return Part(tree, chosen)


def sources_of(recipe: Recipe, release: str | None = None) -> list[AptSource]:
    """Where the recipe's packages come from; `release` for another release than the machine's own."""
    if recipe.suite:
        return machine.debian_suite_sources(recipe.suite)
    return machine.own_release_sources(release)


def choose(recipe: Recipe, lock: PackageLock, apt: PackageIndex) -> PackageLock:
    """The locked packages, or, where the mirror no longer has them, its current ones (said aloud)."""
    if lock.packages and apt.has(lock.packages):
        return lock
    current = resolve(recipe, lock, apt)
    if lock.packages:
        moved = [p.package for p in lock.packages if current.version_of(p.package) != p.version]
        say(
            f"The mirror no longer has {len(moved)} of {recipe.title}'s {len(lock.packages)} locked packages "
            f"({_first_of(moved)}): taking its current ones, signed by the distribution's keys."
        )
    else:
        say(f"{recipe.title} is not locked for {lock.suite}: taking what the distribution's keys have signed.")
    return current


def _first_of(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + ("…" if len(names) > 3 else "")


def resolve(recipe: Recipe, lock: PackageLock, apt: PackageIndex) -> PackageLock:
    """What apt would install now for the recipe, less what is unneeded. Raises RuntimeUnavailable."""
    try:
        needed = apt.closure(recipe.roots)
        present = {p.package for p in apt.closure(_ON_EVERY_DEBIAN)} if recipe.suite is None else set()
    except AptError as error:
        raise RuntimeUnavailable(
            f"{recipe.title} cannot be fetched from {lock.suite} ({error}); "
            f"install {' '.join(recipe.roots)} on this machine."
        ) from error
    kept = tuple(p for p in needed if p.package not in present and not _is_unneeded(p.package, recipe))
    return replace(lock, packages=kept)


def _is_unneeded(package: str, recipe: Recipe) -> bool:
    return any(fnmatch.fnmatchcase(package, pattern) for pattern in recipe.unneeded)


def download(lock: PackageLock, apt: PrivateApt, archives: Path, bar: Progress) -> None:
    """Bring what is missing of the lock into `archives`; a broken-off download goes on where it stopped."""
    missing = [p for p in lock.packages if not is_genuine(archives / p.file_name, p)]
    apt.download(missing, archives, bar)


def unpack(archives: Path, packages: Sequence[LockedPackage], tree: Path, bar: Progress) -> None:
    """Lay every .deb's files out below `tree`, without owners, set-user-id bits or documentation."""
    tree.mkdir(parents=True)
    (tree / "usr" / "lib").mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for count, _ in enumerate(pool.map(lambda p: _unpack_one(archives / p.file_name, tree), packages), start=1):
            bar.at(count)
    for folder, _, files in os.walk(tree):
        for name in files:
            _drop_privileges(Path(folder, name))


def _unpack_one(deb: Path, tree: Path) -> None:
    excludes = [f"--exclude={path}" for path in _LEFT_OUT]
    plainly = ("--no-same-owner", "--no-same-permissions", "--keep-directory-symlink")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as archive:
        unpacked = subprocess.run(
            ["tar", "-x", "-C", tree, *plainly, *excludes],
            stdin=archive.stdout,
            capture_output=True,
            umask=0o022,
            check=False,
        )
    if archive.returncode != 0 or unpacked.returncode != 0:
        raise RuntimeUnavailable(f"{deb.name} could not be unpacked; is the disk full?")


def _drop_privileges(path: Path) -> None:
    if not path.is_symlink() and (mode := path.stat().st_mode) & 0o6000:
        path.chmod(mode & 0o1777)


def refresh_lock(recipe: Recipe, suite: str, architecture: str, runtime: Path = RUNTIME) -> PackageLock:
    """Write the part's lock anew from what the mirror offers today, and return it."""
    empty = PackageLock(recipe.name, suite, architecture, ())
    state = runtime / f"lock-{recipe.name}-{suite}-{architecture}.apt"
    remove(state)
    apt = PrivateApt(state, sources_of(recipe, suite), architecture)
    apt.update()
    lock = resolve(recipe, empty, apt)
    LOCKS.mkdir(exist_ok=True)
    recipe.lock_path(suite, architecture).write_text(lock.as_json())
    remove(state)
    return lock
