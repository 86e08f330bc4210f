"""Asterisk 22.10 or newer: the machine's own when it is new enough, else Debian's, unpacked here."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.runtime import machine
from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable

VARIABLE = "HELPLINE_ASTERISK"
# Older releases have published holes in AMI login, PJSIP parsers and HTTP.
OLDEST = (22, 10)

RECIPE = Recipe(
    name="asterisk",
    title="Asterisk 22",
    roots=("asterisk", "asterisk-modules"),
    suite="forky",
    unneeded=(
        # Maintainer scripts' and administrators' tools.
        *("adduser", "passwd", "login.defs", "base-passwd", "debconf", "perl*", "libperl*", "libdb5.3*", "libgdbm*"),
        *("gnupg*", "gpg*", "dirmngr", "pinentry-*", "libksba*", "libnpth*", "libpam*", "libsem*", "libsepol*"),
        *("libaudit*", "libcap-ng*", "libdebconfclient0", "readline-common", "libreadline8*", "tzdata", "pci.ids"),
        *("libc-gconv-modules-extra", "openssl-provider-legacy", "asterisk-config", "freetds-common"),
        # Libraries of modules that are never loaded: SNMP, Codec2, calendars, Jabber, RADIUS, Lua, JACK, ODBC.
        *("libsnmp*", "libcodec2-*", "libicu*", "libical3*", "libneon27*", "libiksemel*", "libradcli*", "libsybdb*"),
        *("libsamplerate0", "libjack-*", "libportaudio2", "libasound2*", "liblua5*", "libodbc2", "libnl-*", "libpci3"),
        *("libspandsp*", "libtiff6", "libwebp7", "liblerc4", "libjbig0", "libjpeg62-turbo", "libsensors*", "libgmime*"),
        *("libgpgme*", "libglib2.0-*", "libmount1", "libblkid1", "libvo-amrwbenc0", "libopencore-*", "libunbound*"),
    ),
)


@dataclass(frozen=True)
class AsteriskInstall:
    """An Asterisk to start: `argv` (dynamic loader and binary), and the folders for asterisk.conf."""

    argv: tuple[str, ...]
    module_dir: Path
    data_dir: Path
    version: str


def asterisk(environ: Mapping[str, str] = os.environ) -> AsteriskInstall:
    """The Asterisk this checkout runs. Raises RuntimeUnavailable."""
    if named := environ.get(VARIABLE):
        return _named(Path(named))
    for binary in ("/usr/sbin/asterisk", shutil.which("asterisk")):
        if binary and (own := _installed(Path(binary))):
            return own
    return _fetched()


def _named(binary: Path) -> AsteriskInstall:
    if not os.access(binary, os.X_OK):
        raise RuntimeUnavailable(f"{VARIABLE}={binary} is no program that can be started; set it to Asterisk's path.")
    found = _installed(binary)
    if not found:
        raise RuntimeUnavailable(
            f"{VARIABLE}={binary} is older than Asterisk {OLDEST[0]}.{OLDEST[1]} or lacks its modules; "
            "point it to a newer one or unset it, and one is fetched."
        )
    return found


def _installed(binary: Path) -> AsteriskInstall | None:
    if not os.access(binary, os.X_OK):
        return None
    version = _version(binary)
    prefix = binary.resolve().parents[1]
    modules = [*prefix.glob("lib/*/asterisk/modules"), *prefix.glob("lib*/asterisk/modules")]
    data = [path for path in (prefix / "share/asterisk", Path("/var/lib/asterisk")) if _has_documentation(path)]
    if numbers(version) < OLDEST or not modules or not data:
        return None
    return AsteriskInstall((str(binary),), modules[0], data[0], version)


def _has_documentation(data_dir: Path) -> bool:
    # Asterisk 22 refuses to start modules whose configuration it has no documentation for.
    return (data_dir / "documentation" / "core-en_US.xml").exists()


def _version(binary: Path) -> str:
    try:
        said = subprocess.run([binary, "-V"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+\.\d+(?:\.\d+)?", said)
    return match[0] if match else ""


def numbers(version: str) -> tuple[int, ...]:
    """`22.10.1~dfsg+~cs6` as (22, 10, 1); an unreadable version as ()."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _fetched() -> AsteriskInstall:
    part = fetch(RECIPE)
    packaged = part.packages.version_of("asterisk") or ""
    version = ".".join(map(str, numbers(packaged.partition(":")[2])))
    if numbers(version) < OLDEST:
        raise RuntimeUnavailable(
            f"The mirror's {RECIPE.suite} has Asterisk {version}, older than {OLDEST[0]}.{OLDEST[1]}; "
            f"set {machine.MIRROR_VARIABLE} to a newer mirror or {VARIABLE} to a newer Asterisk."
        )
    libraries = ":".join(map(str, machine.library_folders(part.tree)))
    modules = next(part.tree.glob("usr/lib/*/asterisk/modules"))
    binary = part.tree / "usr/sbin/asterisk"
    argv = (str(machine.loader(part.tree)), "--library-path", libraries, str(binary))
    return AsteriskInstall(argv, modules, part.tree / "usr/share/asterisk", version)
