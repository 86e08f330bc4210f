"""apt without root: the machine's apt with state, cache and sources of its own, which only ever downloads."""

import os
import re
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from cli.runtime.apt_sources import AptSource
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.package_lock import LockedPackage
from cli.runtime.progress import Progress

# A frozen mirror's Release file expires; its signature does not. The hooks are other programs' business.
_CONFIGURATION = """
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Architectures;
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{folder}/none";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::ForceHash "SHA256";
Acquire::Retries "3";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
"""
_URI_LINE = re.compile(r"^'[^']*' (?P<file>\S+) (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]{64})$")


class AptError(Exception):
    """apt-get said no; the message is its first error."""


class PackageIndex(Protocol):
    """What a mirror offers."""

    def has(self, packages: Sequence[LockedPackage]) -> bool: ...

    def closure(self, roots: Sequence[str]) -> tuple[LockedPackage, ...]: ...


class PrivateApt:
    """An apt of our own below `folder`, for packages of one architecture from the given sources."""

    def __init__(self, folder: Path, sources: Sequence[AptSource], architecture: str) -> None:
        self._configuration = folder / "apt.conf"
        for name in ("state/lists/partial", "cache/archives/partial", "sources.d", "none"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text("")
        stanzas = "\n".join(source.as_deb822() for source in sources)
        (folder / "sources.d" / "parts.sources").write_text(stanzas)
        text = _CONFIGURATION.format(folder=folder, architecture=architecture)
        self._configuration.write_text(text)

    def update(self) -> None:
        """Read the mirror's package lists; raises RuntimeUnavailable when one is unsigned or unreachable."""
        try:
            self._run("update", "-o", "APT::Update::Error-Mode=any")
        except AptError as error:
            raise RuntimeUnavailable(
                f"The package list could not be read ({error}); check the network, or set HELPLINE_DEBIAN_MIRROR."
            ) from error

    def closure(self, roots: Sequence[str]) -> tuple[LockedPackage, ...]:
        """The current versions of `roots` and all they depend on. Raises AptError for an unknown package."""
        listing = self._run("install", "--print-uris", "-qq", *roots)
        return tuple(sorted(_packages(listing), key=lambda package: package.package))

    def has(self, packages: Sequence[LockedPackage]) -> bool:
        """Whether the mirror still offers exactly these versions."""
        try:
            self._run("download", "--print-uris", *(f"{p.package}={p.version}" for p in packages))
        except AptError:
            return False
        return True

    def download(self, packages: Sequence[LockedPackage], folder: Path, progress: Progress) -> None:
        """Bring these .debs into `folder`; apt checks each against the signed package list on the way."""
        folder.mkdir(parents=True, exist_ok=True)
        if not packages:
            return
        already = _bytes_in(folder)
        arrived = threading.Event()

        def watch() -> None:
            while not arrived.wait(0.2):
                progress.at(_bytes_in(folder))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            self._run("download", *(f"{p.package}={p.version}" for p in packages), cwd=folder)
        except AptError as error:
            raise RuntimeUnavailable(
                f"A download broke off ({error}); run the command again, it goes on where it stopped."
            ) from error
        finally:
            arrived.set()
            watcher.join()
        progress.at(max(already, _bytes_in(folder)))
        for package in packages:
            _settle(folder, package)

    def _run(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["apt-get", "-c", str(self._configuration), "-y", *arguments],
            capture_output=True,
            text=True,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
        if done.returncode != 0:
            raise AptError(_first_error(done.stderr))
        return done.stdout


def _settle(folder: Path, package: LockedPackage) -> None:
    version = package.version.replace(":", "%3a")
    for path in folder.iterdir():
        if path.name.startswith(f"{package.package}_{version}_"):
            path.rename(folder / package.file_name)


def _packages(listing: str) -> list[LockedPackage]:
    matches = (_URI_LINE.match(line) for line in listing.splitlines())
    return [_package(*match.group("file", "sha256", "size")) for match in matches if match]


def _package(file: str, sha256: str, size: str) -> LockedPackage:
    name, version, _ = file.split("_", 2)
    return LockedPackage(name, unquote(version), sha256, int(size))


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # apt renames what it has finished
    return total


def _first_error(stderr: str) -> str:
    errors = [line[3:].strip() for line in stderr.splitlines() if line.startswith("E: ")]
    return errors[0].rstrip(".") if errors else "apt-get ended without saying why"
