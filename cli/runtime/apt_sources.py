"""PURE. Reads the machine's own apt sources: they name the mirror, so that this repository need not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

_ONE_LINE = re.compile(r"^(?P<type>deb|deb-src)\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<rest>\S.*)$")
_OPTION_NAMES = {"signed-by": "Signed-By", "trusted": "Trusted"}
# What a machine's sources may call its release instead of the codename.
_ALIASES = ("stable", "testing", "sid", "unstable")
_DEBIAN_SUITES = "bullseye|bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable"
_DEBIAN_SUITE = re.compile(rf"^(?:{_DEBIAN_SUITES})(?:-updates|-backports)?$")


@dataclass(frozen=True)
class AptSource:
    """One place packages come from: sources.list(5). `options` holds only what says how it is trusted."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...] = ("main",)
    options: tuple[tuple[str, str], ...] = ()

    def as_deb822(self) -> str:
        """The stanza of a `.sources` file."""
        fields = [
            ("Types", "deb"),
            ("URIs", " ".join(self.uris)),
            ("Suites", " ".join(self.suites)),
            ("Components", " ".join(self.components)),
            *self.options,
        ]
        return "".join(f"{name}: {value}\n" for name, value in fields if value)


def parse_one_line(text: str) -> list[AptSource]:
    """The sources of a `sources.list` in the old style, one in a line."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [source for line in lines if (source := _one_line_source(line))]


def _one_line_source(line: str) -> AptSource | None:
    match = _ONE_LINE.match(line)
    if not match or match["type"] != "deb":
        return None
    uri, suite, *components = match["rest"].split()
    options = (option.partition("=") for option in (match["options"] or "").split())
    kept = tuple((_OPTION_NAMES[k.lower()], v) for k, _, v in options if k.lower() in _OPTION_NAMES)
    return AptSource((uri,), (suite,), tuple(components), kept)


def parse_deb822(text: str) -> list[AptSource]:
    """The enabled binary sources of a `.sources` file (deb822; keys may be embedded in Signed-By)."""
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stanzas = (_fields(stanza) for stanza in re.split(r"\n\s*\n", without_comments))
    return [source for fields in stanzas if (source := _deb822_source(fields))]


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace() and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _deb822_source(fields: dict[str, str]) -> AptSource | None:
    enabled = fields.get("enabled", "yes").lower() not in {"no", "false", "0", "off", "without", "disable"}
    if not enabled or "deb" not in fields.get("types", "").split() or not fields.get("uris"):
        return None
    kept = tuple((name, fields[key]) for key, name in _OPTION_NAMES.items() if key in fields)
    return AptSource(
        tuple(fields["uris"].split()),
        tuple(fields.get("suites", "").split()),
        tuple(fields.get("components", "").split()),
        kept,
    )


def debian_mirror(sources: Iterable[AptSource]) -> str | None:
    """The address of the first Debian mirror among them (not of the security archive), or None."""
    for source in sources:
        suites = [suite for suite in source.suites if _DEBIAN_SUITE.match(suite)]
        if suites and "main" in source.components:
            for uri in source.uris:
                if _is_archive_of(uri, ("debian",)) and not _is_archive_of(uri, ("debian-security",)):
                    return uri
    return None


def of_release(sources: Iterable[AptSource], codename: str, wanted: str | None = None) -> list[AptSource]:
    """The distribution's own sources for `codename`, its updates and its security; others' are left out.

    With `wanted` the suites are renamed to another release of the same distribution (for locking it).
    """
    everything = list(sources)
    for name in (codename, *_ALIASES):
        if kept := [s for source in everything if (s := _narrowed(source, name, wanted or name))]:
            return kept
    return []


def _narrowed(source: AptSource, name: str, wanted: str) -> AptSource | None:
    pockets = {name, f"{name}-updates", f"{name}-security", f"{name}/updates"}
    own = [suite for suite in source.suites if suite in pockets]
    uris = tuple(uri for uri in source.uris if _is_archive_of(uri, ("debian", "ubuntu")))
    if not own or not uris or not {"main", "universe"} & set(source.components):
        return None
    return replace(source, uris=uris, suites=tuple(wanted + suite[len(name) :] for suite in own))


def _is_archive_of(uri: str, distributions: tuple[str, ...]) -> bool:
    # A snapshot's address goes on after /debian/; Debian's cloud images name a list file, mirrors/debian.list;
    # caching proxies call the folder debian-something.
    return any(segment.startswith(distributions) for segment in urlsplit(uri).path.split("/"))
