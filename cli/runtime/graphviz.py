"""Graphviz's `dot`, which lays out the drawings of the flows: the machine's own, else its release's, unpacked here."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cli.runtime import machine
from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import alone

# Only positions are asked of it, so whatever paints (cairo, pango, X) stays away.
RECIPE = Recipe(
    name="graphviz",
    title="Graphviz (for drawings)",
    roots=("graphviz",),
    unneeded=(
        *("libann0", "libgts-*", "libgvpr*", "liblab-gamut*", "libgd3", "libcairo*", "libpango*", "libharfbuzz*"),
        *("libx11*", "libxaw*", "libxmu*", "libxt6*", "libxext6", "libxpm4", "libxrender1", "libxcb*", "libxau6"),
        *("libxdmcp6", "libsm6", "libice6", "x11-*", "libglib2.0-*", "libgtk*", "libgdk*", "librsvg*", "libpoppler*"),
        *("fonts-*", "fontconfig*", "libfontconfig1", "libfreetype6", "libfribidi0", "libthai*", "libdatrie1"),
        *("libpixman*", "libpng16*", "libjpeg*", "libtiff6", "libwebp*", "libavif*", "libheif*", "libaom3"),
        *("libabsl*", "libblkid1", "libbrotli1", "libbsd0", "libmd0", "libdeflate0", "libgav1-*", "libgraphite2-3"),
        *("libjbig0", "liblerc4", "libmount1", "libnuma1", "libuuid1", "lsb-base", "sysvinit-utils", "debconf"),
        *("libatomic1", "libffi8", "libgomp1", "libsharpyuv0"),
        *("libdav1d*", "libde265*", "libx265*", "librav1e*", "libsvtav1*", "libyuv0", "libimagequant0", "libraqm0"),
    ),
)
_PLUGINS = ("dot_layout", "core")
# Its own place is found at every start: a checkout may be moved.
_STARTER = """#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
LD_LIBRARY_PATH="{libraries}" GVBINDIR="$here/plugins" exec "$here/usr/bin/dot" "$@"
"""


@dataclass(frozen=True)
class GraphvizInstall:
    """`dot` can be started as it is, with no environment of its own."""

    dot: Path


def graphviz() -> GraphvizInstall:
    """The layout program. Raises RuntimeUnavailable."""
    if own := shutil.which("dot"):
        return GraphvizInstall(Path(own))
    tree = fetch(RECIPE).tree
    starter = tree / "dot"
    if not starter.exists():
        with alone(RECIPE.name):
            _make_ready(tree, starter)
    return GraphvizInstall(starter)


def _make_ready(tree: Path, starter: Path) -> None:
    """Let dot write its list of plugins (`dot -c`) beside the two that are used, and make the starter."""
    folders = machine.library_folders(tree)
    plugins = tree / "plugins"
    plugins.mkdir(exist_ok=True)
    for found in (path for name in _PLUGINS for path in tree.rglob(f"graphviz/libgvplugin_{name}.so.[0-9]")):
        link = plugins / found.name
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(found, plugins))
    libraries = ":".join(f"$here/{folder.relative_to(tree)}" for folder in folders)
    fresh = starter.with_suffix(f".{os.getpid()}")
    fresh.write_text(_STARTER.format(libraries=libraries))
    fresh.chmod(0o755)
    done = subprocess.run([fresh, "-c"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not any(plugins.glob("config*")):
        raise RuntimeUnavailable(
            f"The fetched Graphviz does not start ({done.stderr.strip()}); install graphviz on this machine."
        )
    fresh.replace(starter)
