"""Every part that is fetched, in one list for whoever walks over all of them (locking, checking)."""

from cli.runtime.asterisk import RECIPE as ASTERISK
from cli.runtime.chromium import FONTS
from cli.runtime.chromium import RECIPE as CHROMIUM
from cli.runtime.debian import Recipe
from cli.runtime.espeak import RECIPE as ESPEAK
from cli.runtime.faketime import RECIPE as FAKETIME
from cli.runtime.graphviz import RECIPE as GRAPHVIZ
from cli.runtime.pip import RECIPE as PIP
from cli.runtime.postgres import RECIPE as POSTGRES
from cli.runtime.sipp import RECIPE as SIPP

RECIPES: tuple[Recipe, ...] = (ASTERISK, ESPEAK, POSTGRES, CHROMIUM, FONTS, SIPP, GRAPHVIZ, FAKETIME, PIP)
ARCHITECTURES = ("amd64", "arm64")
# The releases of Debian whose own packages are locked; elsewhere the distribution's signatures alone vouch.
LOCKED_RELEASES = ("bookworm", "trixie")
