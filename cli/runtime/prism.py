"""Prism, which checks requests and answers against an OpenAPI description, and Twilio's own description: for tests.

Both come from npm: Prism by `npm ci` with locks/prism, whose every package has its hash; the description out of one
checked archive, because its package stands on a hundred others that only Twilio's command line needs.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import LOCKS, RUNTIME, alone, remove
from cli.runtime.progress import say

_DESCRIPTION = ("@twilio/cli-core", "8.3.2", "package/src/services/twilio-api/twilio_api_v2010.json")
_DESCRIPTION_HASH = (
    "qRTAZS15i/nseKHu2zZIb1BD78WFRVOWM65iC9JqjZdNpz5KQaiEI1klsLcWDi1pwXH9JG6pbFXJrIiYRJw/dw=="  # SHA-512
)
_OLDEST_NODE = (18, 20, 1)  # Prism 5.14's
_LONGEST_SECONDS = 150
_QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
_SOON_TOLD = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # a machine without a network is no reason to wait


@dataclass(frozen=True)
class PrismInstall:
    """`argv` starts Prism; `twilio` is the OpenAPI description of Twilio's REST interface, version 2010-04-01."""

    argv: tuple[str, ...]
    twilio: Path


def prism(runtime: Path = RUNTIME) -> PrismInstall:
    """Prism for tests. Raises RuntimeUnavailable, also where this machine has no Node.js."""
    node = _node()
    lock = LOCKS / "prism" / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes() + _DESCRIPTION_HASH.encode()).hexdigest()[:12]
    tree = runtime / f"prism-{digest}"
    if not tree.exists():
        with alone("prism", runtime):
            if not tree.exists():
                _fetch(tree)
    return PrismInstall((node, str(tree / "node_modules/@stoplight/prism-cli/dist/index.js")), tree / "twilio.json")


def _node() -> str:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise RuntimeUnavailable("Prism needs Node.js 18.20.1 or newer with npm; install them on this machine.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(number) for number in re.findall(r"\d+", said)[:3])
    if version < _OLDEST_NODE:
        raise RuntimeUnavailable(f"Prism needs Node.js 18.20.1 or newer, and this machine has {said.strip()}.")
    return node


def _fetch(tree: Path) -> None:
    say(f"Fetching Prism into {tree.parent.name}/ (once)…")
    half, cache = tree.with_name(f"{tree.name}.half"), tree.with_name(f"{tree.name}.npm")
    remove(half)
    half.mkdir(parents=True)
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(LOCKS / "prism" / name, half / name)
        _npm(["ci"], half, cache)
        package, version, _ = _DESCRIPTION
        _npm(["pack", f"{package}@{version}"], half, cache)
        _take_description(half)
        half.rename(tree)
    finally:
        remove(half)
        remove(cache)


def _npm(arguments: list[str], folder: Path, cache: Path) -> None:
    command = ["npm", *arguments, *_QUIET, *_SOON_TOLD, "--cache", str(cache)]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeUnavailable(f"npm took longer than {_LONGEST_SECONDS} s; check the network.") from error
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[:120]
        raise RuntimeUnavailable(f"Prism could not be fetched; check the network and npm's settings ({words}).")


def _take_description(folder: Path) -> None:
    (archive,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != _DESCRIPTION_HASH:
        raise RuntimeUnavailable(f"{archive.name} does not match its locked SHA-512.")
    with tarfile.open(archive) as files:
        member = files.extractfile(_DESCRIPTION[2])
        assert member is not None
        (folder / "twilio.json").write_bytes(member.read())
    archive.unlink()
