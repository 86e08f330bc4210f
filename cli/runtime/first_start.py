"""`python -m cli.runtime.first_start`: what ./helpline runs before any package is installed."""

import sys

from cli.runtime.errors import RuntimeUnavailable
from cli.runtime.python import ensure_run_packages


def main() -> int:
    """0, or 1 after one sentence on stderr that says what to do."""
    try:
        ensure_run_packages()
    except RuntimeUnavailable as error:
        print(f"helpline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("helpline: interrupted; the next start begins the set-up anew.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
