"""What the spool has taken is there after any death, in its order; a line that was never finished is recognised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.spool import Entry, Spool, SpoolError


def written(folder: Path, *numbers: int) -> Path:
    path = folder / "spool" / "controller.jsonl"
    spool = Spool(path)
    spool.write([("pages", {"number": number, "name": "आशा"}) for number in numbers])
    spool.close()
    return path


def numbers_in(path: Path) -> list[int]:
    return [entry.data["number"] for entry in Spool(path).next(100)]


def test_a_successor_reads_what_was_written_in_its_order(tmp_path: Path) -> None:
    assert numbers_in(written(tmp_path, 1, 2, 3)) == [1, 2, 3]


def test_ids_of_two_controllers_are_never_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, 1)
    written(tmp_path, 2)
    ids = [entry.id for entry in Spool(path).next(100)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("lost", [1, 2, 20])
def test_a_torn_last_line_is_cut_off_and_what_follows_is_readable(tmp_path: Path, lost: int) -> None:
    path = written(tmp_path, 1, 2)
    os.truncate(path, path.stat().st_size - lost)
    written(tmp_path, 3)
    assert numbers_in(path) == [1, 3]


def test_a_line_with_a_flipped_bit_ends_what_is_believed(tmp_path: Path) -> None:
    path = written(tmp_path, 1, 2)
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)
    assert numbers_in(path) == [1]


def test_it_is_emptied_only_when_everything_is_done(tmp_path: Path) -> None:
    path = written(tmp_path, 1, 2)
    spool = Spool(path)
    first, second = spool.next(2)
    spool.done(first)
    assert not spool.clear_if_done()
    assert [entry.id for entry in spool.next(2)] == [second.id]
    spool.write([("pages", {"number": 3, "name": ""})])
    spool.done(second)
    (third,) = spool.next(5)
    spool.done(third)
    assert spool.clear_if_done()
    assert path.stat().st_size == 0
    assert spool.next(5) == []


def test_a_full_disk_is_said_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, 1)
    spool = Spool(path)
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        write(descriptor, data[:7])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(SpoolError, match="No space left"):
            spool.write([("pages", {"number": 2, "name": ""})])
    spool.write([("pages", {"number": 3, "name": ""})])
    assert numbers_in(path) == [1, 3]


def test_what_the_database_never_takes_is_put_aside(tmp_path: Path) -> None:
    path = written(tmp_path)
    Spool(path).put_aside(Entry("spool-1-1", "pages", {"number": 1}, 0))
    assert b'"number":1' in path.with_suffix(".refused.jsonl").read_bytes()
