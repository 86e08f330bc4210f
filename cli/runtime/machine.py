"""What this machine is: its release, its architecture, and what its apt knows."""

import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from cli.runtime.apt_sources import AptSource, debian_mirror, of_release, parse_deb822, parse_one_line
from cli.runtime.errors import RuntimeUnavailable

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_LOADERS = {"amd64": "usr/lib64/ld-linux-x86-64.so.2", "arm64": "usr/lib/ld-linux-aarch64.so.1"}
MIRROR_VARIABLE = "HELPLINE_DEBIAN_MIRROR"


def architecture() -> str:
    """Debian's name of this machine's processor. Raises RuntimeUnavailable for others than amd64 and arm64."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise RuntimeUnavailable(
            f"Parts are fetched for amd64 and arm64 only, and this machine is {machine}; "
            "install Asterisk 22.10 or newer, PostgreSQL, espeak-ng and Chromium yourself."
        )
    return _ARCHITECTURES[machine]


def library_folders(tree: Path, arch: str | None = None) -> tuple[Path, ...]:
    """Where the shared libraries of unpacked packages are."""
    triplet = _TRIPLETS[arch or architecture()]
    folders = (tree / "usr/lib" / triplet, tree / "lib" / triplet)
    return tuple(folder for folder in folders if folder.is_dir())


def loader(tree: Path, arch: str | None = None) -> Path:
    """The unpacked packages' own dynamic loader."""
    return tree / _LOADERS[arch or architecture()]


def codename() -> str:
    """The release whose packages fit this machine's C library, such as bookworm or noble."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = release.get("UBUNTU_CODENAME") or release.get("VERSION_CODENAME")
    if not name or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise RuntimeUnavailable("Parts can be fetched on Debian and Ubuntu only; elsewhere, install them yourself.")
    return name


def apt_sources(etc_apt: Path = Path("/etc/apt")) -> list[AptSource]:
    """Every binary package source this machine lists, in apt's order."""
    found: list[AptSource] = []
    one_line = [etc_apt / "sources.list"]
    parts = etc_apt / "sources.list.d"
    for path in [*one_line, *(sorted(parts.iterdir()) if parts.is_dir() else [])]:
        if not path.is_file() or not os.access(path, os.R_OK):
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".list":
            found += parse_one_line(text)
        elif path.suffix == ".sources":
            found += parse_deb822(text)
    return found


def debian_suite_sources(suite: str, environ: Mapping[str, str] = os.environ) -> list[AptSource]:
    """Debian's `suite` on the mirror this machine already uses, trusted by Debian's archive keys alone."""
    mirror = environ.get(MIRROR_VARIABLE) or debian_mirror(apt_sources())
    if not mirror:
        raise RuntimeUnavailable(
            f"No Debian mirror is in this machine's apt sources; set {MIRROR_VARIABLE} to the address of one."
        )
    keyring = next((path for path in _KEYRINGS if path.exists()), None)
    if not keyring:
        raise RuntimeUnavailable(
            "Debian's signatures cannot be checked here; install them with `apt install debian-archive-keyring`."
        )
    return [AptSource((mirror,), (suite,), ("main",), (("Signed-By", str(keyring)),))]


def own_release_sources(wanted: str | None = None, environ: Mapping[str, str] = os.environ) -> list[AptSource]:
    """This machine's own release, its updates and security fixes, from its own apt sources.

    `wanted` names another release of the same distribution, for writing its lock.
    """
    own = codename()
    if found := of_release(apt_sources(), own, wanted):
        return found
    if environ.get(MIRROR_VARIABLE) and platform.freedesktop_os_release().get("ID") == "debian":
        return debian_suite_sources(wanted or own, environ)
    raise RuntimeUnavailable(
        f"This machine's apt sources list no packages of its own release {own}; add them to /etc/apt/sources.list.d."
    )
