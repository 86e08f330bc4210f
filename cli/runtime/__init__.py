"""How a bare machine gets its parts, without root and inside this checkout only.

Only the standard library is imported on the way in: the first start runs before any package is installed.
"""

from cli.runtime.asterisk import AsteriskInstall, asterisk
from cli.runtime.errors import RuntimeUnavailable

__all__ = ["AsteriskInstall", "RuntimeUnavailable", "asterisk"]
