"""A PostgreSQL to run storage tests on: the machine's own server programs, else its release's, unpacked here."""

from dataclasses import dataclass, field
from pathlib import Path

from cli.runtime import machine
from cli.runtime.debian import Part, Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable

RECIPE = Recipe(
    name="postgres",
    title="PostgreSQL",
    roots=("postgresql",),
    unneeded=(
        # Just-in-time compilation is off, and the cluster scripts are not how it is started here.
        *("libllvm*", "libz3-*", "perl*", "libperl*", "lib*-perl", "libgdbm*", "locales", "libc-l10n", "openssl"),
        *("postgresql-common*", "postgresql-client-common", "ucf", "ssl-cert", "sensible-utils", "netbase", "usrmerge"),
        *("init-system-helpers", "sysvinit-utils", "lsb-base", "readline-common", "tzdata", "adduser", "debconf"),
    ),
)


@dataclass(frozen=True)
class PostgresInstall:
    """`bin_dir` holds initdb and postgres; `env` is added to the environment of both."""

    bin_dir: Path
    share_dir: Path
    env: dict[str, str] = field(hash=False)
    version: str


def postgres() -> PostgresInstall:
    """The newest PostgreSQL of the machine, else a fetched one. Raises RuntimeUnavailable."""
    if own := _newest_below(Path("/usr"), {}):
        return own
    return postgres_in(fetch(RECIPE))


def postgres_in(part: Part) -> PostgresInstall:
    """The server in an unpacked part. Raises RuntimeUnavailable."""
    env = {"LD_LIBRARY_PATH": ":".join(map(str, machine.library_folders(part.tree)))}
    if fetched := _newest_below(part.tree / "usr", env):
        return fetched
    raise RuntimeUnavailable("The fetched PostgreSQL lacks its server; install postgresql on this machine.")


def _newest_below(usr: Path, env: dict[str, str]) -> PostgresInstall | None:
    servers = [path for path in usr.glob("lib/postgresql/*/bin/postgres") if (path.parent / "initdb").exists()]
    if not servers:
        return None
    newest = max(servers, key=lambda path: int(path.parts[-3]))
    major = newest.parts[-3]
    return PostgresInstall(newest.parent, usr / "share/postgresql" / major, env, major)
