"""How a bare machine gets its parts, without root and inside this checkout only.

Only the standard library is imported on the way in: the first start runs before any package is installed.
"""

from cli.runtime.asterisk import AsteriskInstall, asterisk
from cli.runtime.chromium import ChromiumInstall, chromium
from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.espeak import EspeakInstall, espeak
from cli.runtime.graphviz import GraphvizInstall, graphviz
from cli.runtime.postgres import PostgresInstall, postgres
from cli.runtime.sipp import SippInstall, sipp

__all__ = [
    "AsteriskInstall",
    "ChromiumInstall",
    "EspeakInstall",
    "GraphvizInstall",
    "PostgresInstall",
    "RuntimeUnavailable",
    "SippInstall",
    "asterisk",
    "chromium",
    "espeak",
    "graphviz",
    "postgres",
    "sipp",
]
