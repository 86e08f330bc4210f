"""SIPp, the callers of the benchmarks: the machine's own, else its own release's, unpacked here."""

import shutil
from dataclasses import dataclass, field

from cli.runtime import machine
from cli.runtime.debian import Recipe, fetch

RECIPE = Recipe(name="sipp", title="SIPp", roots=("sip-tester",))


@dataclass(frozen=True)
class SippInstall:
    """`argv` starts SIPp; `env` is added to its environment."""

    argv: tuple[str, ...]
    env: dict[str, str] = field(hash=False)


def sipp() -> SippInstall:
    """The SIP load generator. Raises RuntimeUnavailable."""
    if own := shutil.which("sipp"):
        return SippInstall((own,), {})
    part = fetch(RECIPE)
    libraries = ":".join(map(str, machine.library_folders(part.tree)))
    return SippInstall((str(part.tree / "usr/bin/sipp"),), {"LD_LIBRARY_PATH": libraries})
