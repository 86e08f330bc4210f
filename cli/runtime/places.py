"""Where the checkout keeps what it fetched, so that nothing is ever left outside it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
RUNTIME = CHECKOUT / ".runtime"
LOCKS = CHECKOUT / "locks"
REQUIREMENTS = CHECKOUT / "requirements"


@contextmanager
def alone(name: str, runtime: Path = RUNTIME) -> Iterator[None]:
    """Hold the part `name` against every other process of this checkout (waits for them)."""
    runtime.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(runtime / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Delete a folder that a broken-off attempt may have left behind."""
    shutil.rmtree(folder, ignore_errors=True)
