"""libespeak-ng, the voice behind pyttsx3: the machine's own, else its own release's, unpacked here.

pyttsx3 loads `libespeak-ng.so.1` by name, so an unpacked one is found only through LD_LIBRARY_PATH, which the
dynamic linker reads when a process starts: synthesis runs in a child process with `EspeakInstall.env`.
"""

import ctypes
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cli.runtime import machine
from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import RUNTIME

_LIBRARY = "libespeak-ng.so.1"

# Loaded into our own Python, so it must be built against this machine's own C library: its own release.
RECIPE = Recipe(name="espeak", title="eSpeak NG (the Hindi voice)", roots=("libespeak-ng1", "espeak-ng-data"))


@dataclass(frozen=True)
class EspeakInstall:
    """`library` as the linker finds it, the folder above `espeak-ng-data`, what a process needs in its environment."""

    library: Path
    data_path: Path
    env: dict[str, str] = field(hash=False)


def espeak() -> EspeakInstall:
    """The speech synthesiser. Raises RuntimeUnavailable."""
    return _installed() or _fetched()


@cache
def _installed() -> EspeakInstall | None:
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    # Loaded for certain, so its path is among this process's mappings.
    maps = Path("/proc/self/maps").read_text()
    library = next((Path(line.split()[-1]) for line in maps.splitlines() if "libespeak-ng.so" in line), None)
    if library is None:
        return None
    places = (os.environ.get("ESPEAK_DATA_PATH"), library.parent, "/usr/lib", "/usr/share")
    data = next((Path(p) for p in places if p and (Path(p) / "espeak-ng-data").is_dir()), None)
    return EspeakInstall(library, data, _quiet_sound()) if data else None


def _quiet_sound() -> dict[str, str]:
    """Keep PulseAudio, which libespeak-ng opens though it only writes files, from making folders in /tmp and HOME."""
    folder = str(RUNTIME / "pulse")
    return {"PULSE_RUNTIME_PATH": folder, "PULSE_STATE_PATH": folder, "PULSE_COOKIE": f"{folder}/cookie"}


def _fetched() -> EspeakInstall:
    part = fetch(RECIPE)
    folders = machine.library_folders(part.tree)
    library = next((path for folder in folders if (path := folder / _LIBRARY).exists()), None)
    data = next(iter(part.tree.rglob("espeak-ng-data/hi_dict")), None)
    if library is None or data is None:
        raise RuntimeUnavailable("The fetched eSpeak NG lacks its Hindi voice; install espeak-ng on this machine.")
    data_path = data.parents[1]
    env = {"LD_LIBRARY_PATH": ":".join(map(str, folders)), "ESPEAK_DATA_PATH": str(data_path), **_quiet_sound()}
    return EspeakInstall(library, data_path, env)
