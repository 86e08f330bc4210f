"""One helpline per data folder: two of them on one database and one run folder would wreck each other's calls."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.supervisor.errors import AlreadyRunning

NAME = "helpline.lock"


@contextmanager
def sole_user(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` for this process; raises AlreadyRunning with the other's pid. The kernel lets go at any death."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _taken(descriptor):
            raise AlreadyRunning(_sentence(data_dir, os.pread(descriptor, 32, 0)))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(data_dir: Path) -> int | None:
    """The pid of a helpline, or of one of its parts started alone, that works in `data_dir` now, or None."""
    places = (data_dir, *sorted((data_dir / "parts").glob("*")))
    return next((pid for place in places if (pid := _holder(place / NAME)) is not None), None)


def _taken(descriptor: int) -> bool:
    for _ in range(4):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)  # whoever only asks (holder) has it for a moment
        else:
            return True
    return False


def _holder(lock: Path) -> int | None:
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(descriptor, 32, 0) or 0)
    else:
        return None
    finally:
        os.close(descriptor)


def _sentence(data_dir: Path, pid: bytes) -> str:
    who = f"process {pid.decode()}" if pid else "another process"
    return (
        f"A helpline already works in {data_dir} ({who}). Stop it, or set HELPLINE_DATA_DIR to another folder "
        "(and other ports) to run a second one."
    )
