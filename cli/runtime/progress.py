"""Somebody who waits for 80 MB must see that it moves; on stderr, because `demo --json` owns stdout."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Told how far the work is, in the unit the total was given in."""

    def at(self, done: int) -> None: ...


def say(sentence: str) -> None:
    """One line for the person in front of the terminal."""
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def progress(title: str, total: int, unit: str = "MB") -> Iterator[Progress]:
    """A bar on a terminal, a line every few seconds elsewhere. `unit` "MB" means that counts are bytes."""
    if sys.stderr.isatty():
        try:
            with _bar(title, total, unit) as bar:
                yield bar
            return
        except ModuleNotFoundError:
            pass  # the very first start, before rich is installed
    yield _Lines(title, total, unit)


class _Lines:
    EVERY_SECONDS = 3.0

    def __init__(self, title: str, total: int, unit: str) -> None:
        self._title, self._total, self._unit = title, max(total, 1), unit
        self._said = 0.0
        self.at(0)

    def at(self, done: int) -> None:
        now = time.monotonic()
        if done < self._total and now - self._said < self.EVERY_SECONDS:
            return
        self._said = now
        counted = 1e6 if self._unit == "MB" else 1
        say(f"{self._title}: {done / counted:.0f} of {self._total / counted:.0f} {self._unit}")


@contextmanager
def _bar(title: str, total: int, unit: str) -> Iterator[Progress]:
    from rich import progress as rich_progress
    from rich.console import Console

    amount = rich_progress.DownloadColumn() if unit == "MB" else rich_progress.MofNCompleteColumn()
    with rich_progress.Progress(
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        amount,
        rich_progress.TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as display:
        task = display.add_task(title, total=total)

        class Bar:
            def at(self, done: int) -> None:
                display.update(task, completed=done)

        yield Bar()
