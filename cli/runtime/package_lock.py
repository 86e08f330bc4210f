"""Which packages a part consists of, to the byte: read, written and held against what arrived."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from cli.runtime.errors import RuntimeUnavailable


@dataclass(frozen=True)
class LockedPackage:
    """One .deb: `sha256` in hex, `size` in bytes."""

    package: str
    version: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        """What the .deb is called here; Debian's own names differ by mirror (%3a for a colon)."""
        return f"{self.package}_{self.version.replace(':', '%3a')}.deb"


@dataclass(frozen=True)
class PackageLock:
    """Every package of one part, for one Debian release and architecture."""

    name: str
    suite: str
    architecture: str
    packages: tuple[LockedPackage, ...]

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits that change whenever any locked package does."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:12]

    @property
    def total_bytes(self) -> int:
        """What a complete download weighs."""
        return sum(package.size for package in self.packages)

    def version_of(self, package: str) -> str | None:
        """The locked version of `package`, or None when it is not part of this."""
        return next((p.version for p in self.packages if p.package == package), None)

    def as_json(self) -> str:
        """The lock file's text."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read_lock(path: Path) -> PackageLock:
    """The lock in `path`. Raises RuntimeUnavailable when it is not one."""
    try:
        raw = json.loads(path.read_text())
        packages = tuple(LockedPackage(**package) for package in raw.pop("packages"))
        return PackageLock(**raw, packages=packages)
    except (ValueError, TypeError, KeyError) as error:
        raise RuntimeUnavailable(f"{path} is not a lock file; restore it with `git checkout {path}`.") from error


def is_genuine(deb: Path, locked: LockedPackage) -> bool:
    """Whether the file is there and has the locked size and SHA-256."""
    if not deb.is_file() or deb.stat().st_size != locked.size:
        return False
    with deb.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == locked.sha256


def verify(folder: Path, lock: PackageLock) -> None:
    """Raise RuntimeUnavailable unless every .deb of the lock is in `folder`, unaltered."""
    for locked in lock.packages:
        if not is_genuine(folder / locked.file_name, locked):
            raise RuntimeUnavailable(
                f"{locked.package} {locked.version} as it was downloaded does not match its locked SHA-256; "
                "it was not unpacked. Try again, and if it stays so, set HELPLINE_DEBIAN_MIRROR to another mirror."
            )
