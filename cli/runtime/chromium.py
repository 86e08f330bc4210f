"""A headless Chromium that can write Hindi, for testing the console: the machine's own, else its release's."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.runtime import machine
from cli.runtime.debian import Recipe, fetch
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.places import RUNTIME

VARIABLE = "HELPLINE_CHROMIUM"
_NAMES = ("chromium", "chromium-headless-shell", "google-chrome-stable", "google-chrome", "chromium-browser")

RECIPE = Recipe(
    name="chromium",
    title="Chromium (for tests)",
    roots=("chromium-headless-shell",),
    unneeded=(
        # It draws in software by itself; desktops' helpers and drivers are never called.
        *("libllvm*", "libz3-*", "libgl1-mesa-dri", "mesa-*", "libglx-mesa0", "x11-*", "xdg-utils", "libxaw7"),
        *("xkb-data", "libsensors*", "sysvinit-utils", "lsb-base", "libxt6*", "libxmu*", "libxv1", "libxxf86*"),
        *("libxnvctrl0", "fonts-*", "fontconfig*", "libelf1*", "libxft2", "libgl1", "libglx0"),
    ),
)
FONTS = Recipe(name="fonts", title="Fonts for Hindi", roots=("fonts-lohit-deva", "fonts-dejavu-core"))

_FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias>
    <family>sans-serif</family>
    <prefer><family>DejaVu Sans</family><family>Lohit Devanagari</family></prefer>
  </alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class ChromiumInstall:
    """For Playwright: `chromium.launch(executable_path=executable, args=list(args), env={**os.environ, **env})`."""

    executable: Path
    args: tuple[str, ...]
    env: dict[str, str] = field(hash=False)


def chromium(environ: Mapping[str, str] = os.environ) -> ChromiumInstall:
    """The browser of the tests. Raises RuntimeUnavailable."""
    # The set-user-id sandbox cannot be unpacked without root; these pages are our own.
    args = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    if own := _installed(environ):
        return ChromiumInstall(own, args, _fonts())
    try:
        part = fetch(RECIPE)
    except RuntimeUnavailable as error:
        raise RuntimeUnavailable(f"No Chromium is on this machine; install one or set {VARIABLE} ({error})") from error
    executable = part.tree / "usr/lib/chromium/chromium-headless-shell"
    libraries = ":".join(map(str, machine.library_folders(part.tree)))
    return ChromiumInstall(executable, args, {**_fonts(), "LD_LIBRARY_PATH": libraries})


def _installed(environ: Mapping[str, str]) -> Path | None:
    if named := environ.get(VARIABLE):
        if not os.access(named, os.X_OK):
            raise RuntimeUnavailable(f"{VARIABLE}={named} cannot be started; set it to a Chromium's path.")
        return Path(named)
    found = (Path(path) for name in _NAMES if (path := shutil.which(name)))
    # Ubuntu's package of that name is a doorway to snap, which cannot see into hidden folders.
    return next((path for path in found if "snap" not in str(path.resolve()) and not _is_snap_script(path)), None)


def _is_snap_script(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(4096)
    return head.startswith(b"#!") and b"snap" in head


def _fonts() -> dict[str, str]:
    part = fetch(FONTS)
    conf = part.tree / "fonts.conf"
    if not conf.exists():
        fresh = conf.with_suffix(f".{os.getpid()}")
        fresh.write_text(_FONTS_CONF.format(fonts=part.tree / "usr/share/fonts", cache=RUNTIME / "fonts-cache"))
        fresh.replace(conf)
    return {"FONTCONFIG_FILE": str(conf)}
